import * as agents from '@openai/agents';
import { readAll, type Situation, type Tools } from './situation.js';
import { toolA } from './tools.js';

const failing = agents.tool({
  name: 'b',
  description: 'tool b',
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
  execute: () => {
    throw new TypeError('tool broke');
  },
});

const withTools = () =>
  new agents.Agent({
    name: 'Main',
    model: 'calls-a-and-b',
    tools: [toolA(), failing],
    inputGuardrails: [
      { name: 'in_guard', execute: async () => ({ tripwireTriggered: false, outputInfo: {} }) },
    ],
  });

const withOneTool = () => new agents.Agent({ name: 'Main', model: 'calls-a', tools: [toolA()] });

const off = (tools: Tools) => tools.runner({ tracingDisabled: true });

/** Runs whose own configuration switches the SDK's tracing off. */
export const tracingOff: readonly Situation[] = [
  {
    name: 'tracing-disabled-run',
    run: async (tools) => (await off(tools).run(withOneTool(), 'go')).finalOutput,
  },
  {
    name: 'disabled-runconfig-tools',
    parallel: true,
    run: async (tools) => (await off(tools).run(withTools(), 'go')).finalOutput,
  },
  {
    name: 'disabled-runconfig-stream',
    run: async (tools) => readAll(await off(tools).run(withOneTool(), 'go', { stream: true })),
  },
];

/** Runs while the application has switched the SDK's tracing off. */
export const tracingSwitchedOff: readonly Situation[] = [
  {
    name: 'disabled-by-function',
    run: async (tools) => {
      agents.setTracingDisabled(true);
      try {
        return (await tools.runner().run(withOneTool(), 'go')).finalOutput;
      } finally {
        agents.setTracingDisabled(false);
      }
    },
  },
];

/** Runs in a process of their own, with `OPENAI_AGENTS_DISABLE_TRACING=1`. */
export const tracingOffByEnvironment: readonly Situation[] = [
  {
    name: 'disabled-env-tools',
    parallel: true,
    run: async (tools) => (await tools.runner().run(withTools(), 'go')).finalOutput,
  },
  {
    name: 'disabled-env-stream',
    run: async (tools) => readAll(await tools.runner().run(withOneTool(), 'go', { stream: true })),
  },
  {
    name: 'disabled-env-handoff',
    run: async (tools) => {
      const billing = new agents.Agent({ name: 'Billing', model: 'hands-over' });
      const main = agents.Agent.create({ name: 'Main', model: 'hands-over', handoffs: [billing] });
      return (await tools.runner().run(main, 'invoice')).finalOutput;
    },
  },
  {
    name: 'disabled-env-subagent',
    run: async (tools) => {
      const sub = new agents.Agent({ name: 'Sub', model: 'says-sub' });
      const main = new agents.Agent({
        name: 'Main',
        model: 'asks-sub',
        tools: [sub.asTool({ toolName: 'ask_sub', toolDescription: 'asks Sub' })],
      });
      return (await tools.runner().run(main, 'go')).finalOutput;
    },
  },
];
