import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { agentMetadata } from '../../../src/events/content/agent-metadata.js';
import type { AgentDetails } from '../../../src/signals/signal.js';
import { plainSpan } from '../plain-span.js';

const known: AgentDetails = {
  instructions: 'Be brief.',
  model: 'gpt-5-mini',
  tools: ['weather', 'time'],
  handoffs: ['Billing'],
  handoffDescription: 'Answers first',
};

const onSpan: Attributes = { 'gen_ai.agent.description': 'From the span', 'gen_ai.request.model': 'gpt-4o' };

describe('agentMetadata', () => {
  it.each<
    [
      what: string,
      attributes: Attributes,
      details: AgentDetails | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['nothing known', {}, undefined, true, {}],
    [
      'everything',
      {},
      known,
      true,
      {
        role: 'Answers first',
        model: 'gpt-5-mini',
        instructions: 'Be brief.',
        tools: ['weather', 'time'],
        handoffs: ['Billing'],
      },
    ],
    ['what the span says', onSpan, undefined, true, { role: 'From the span', model: 'gpt-4o' }],
    [
      'what was told rather than what the span says',
      onSpan,
      { model: 'gpt-5-mini', handoffDescription: 'Told' },
      true,
      { role: 'Told', model: 'gpt-5-mini' },
    ],
    [
      'the span where nothing was told of it',
      onSpan,
      { tools: [] },
      true,
      { role: 'From the span', model: 'gpt-4o', tools: [] },
    ],
    [
      'no instructions where content is not wanted',
      {},
      known,
      false,
      { role: 'Answers first', model: 'gpt-5-mini', tools: ['weather', 'time'], handoffs: ['Billing'] },
    ],
    [
      'attributes of a wrong type',
      { 'gen_ai.agent.description': 5, 'gen_ai.request.model': ['x'] },
      undefined,
      true,
      {},
    ],
    [
      'not the input of the run: that is an event of its own',
      {},
      { runInput: [{ role: 'user', parts: [] }] },
      true,
      {},
    ],
  ])('%s', (_what, attributes, details, includeContent, expected) => {
    expect(agentMetadata(plainSpan(attributes), details, includeContent)).toStrictEqual(expected);
  });

  it('hands out lists of its own', () => {
    const tools = ['weather'];
    const metadata = agentMetadata(plainSpan(), { tools }, true);
    tools.push('time');
    expect(metadata.tools).toEqual(['weather']);
  });
});
