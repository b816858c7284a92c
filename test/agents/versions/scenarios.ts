import type { Scenario } from '../../../examples/model-server/server.js';

/** Scenarios that the model server does not ship. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'asks-an-agent',
    steps: [
      { when: { hasToolResultFor: ['ask'] }, reply: { text: 'Asked.' } },
      { reply: { toolCalls: [{ name: 'ask', arguments: { input: 'Hello' } }] } },
    ],
  },
  {
    id: 'calls-slow',
    steps: [
      { when: { toolResultCount: 1 }, reply: { text: 'It took too long.' } },
      { reply: { toolCalls: [{ name: 'slow', arguments: {} }] } },
    ],
  },
  {
    id: 'calls-danger',
    steps: [
      { when: { toolResultCount: 1 }, reply: { text: 'Done.' } },
      { reply: { toolCalls: [{ name: 'danger', arguments: {} }] } },
    ],
  },
  {
    id: 'calls-danger-twice',
    steps: [
      { when: { toolResultCount: 2 }, reply: { text: 'Done.' } },
      { reply: { toolCalls: [{ name: 'danger', arguments: {} }] } },
    ],
  },
];
