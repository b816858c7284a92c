// Runs on every version of the Agents SDK; `npm run test:matrix` installs the other versions.
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { streamViolations } from '../../harness/check-stream.js';
import { spanTree } from '../../harness/span-tree.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import {
  askingAgent,
  guardedAgent,
  handingAgent,
  lostAgent,
  plainAgent,
  slowAgent,
  workingAgent,
} from './agents-in-test.js';
import { readStream } from './read-stream.js';
import { SCENARIOS } from './scenarios.js';

interface Case {
  readonly agent: () => agents.Agent;
  /** The output that the application gets, or the class of the error that it catches. */
  readonly outcome: unknown;
  readonly tree: readonly string[];
}

const PARIS = 'The capital of France is Paris.';

const PLAIN_TREE = [
  'invoke_workflow plain [INTERNAL]',
  '  invoke_agent plain [INTERNAL]',
  '    chat plain [CLIENT]',
];

const TOOLS_TREE = [
  'invoke_workflow worker [INTERNAL]',
  '  invoke_agent worker [INTERNAL]',
  '    chat two-tools [CLIENT]',
  '    execute_tool a [INTERNAL]',
  '    execute_tool b [INTERNAL]',
  '    chat two-tools [CLIENT]',
];

const CASES: Readonly<Record<string, Case>> = {
  'a plain run': { agent: plainAgent, outcome: PARIS, tree: PLAIN_TREE },
  'parallel tools': {
    agent: workingAgent,
    outcome: 'Tool a said a of first and tool b said b of second.',
    tree: TOOLS_TREE,
  },
  'a handoff': {
    agent: handingAgent,
    outcome: 'The specialist answers: Hello',
    tree: [
      'invoke_workflow first [INTERNAL]',
      '  invoke_agent first [INTERNAL]',
      '    chat handoff [CLIENT]',
      '    handoff specialist [INTERNAL]',
      '  invoke_agent specialist [INTERNAL]',
      '    chat handoff [CLIENT]',
    ],
  },
  'an agent as tool': {
    agent: askingAgent,
    outcome: 'Asked.',
    tree: [
      'invoke_workflow outer [INTERNAL]',
      '  invoke_agent outer [INTERNAL]',
      '    chat asks-an-agent [CLIENT]',
      '    execute_tool ask [INTERNAL]',
      '      invoke_agent plain [INTERNAL]',
      '        chat plain [CLIENT]',
      '    chat asks-an-agent [CLIENT]',
    ],
  },
  'a guardrail that trips': {
    agent: guardedAgent,
    outcome: 'OutputGuardrailTripwireTriggered',
    tree: [
      'invoke_workflow guarded [INTERNAL] ✗ OutputGuardrailTripwireTriggered',
      '  invoke_agent guarded [INTERNAL] ✗ OutputGuardrailTripwireTriggered',
      '    chat plain [CLIENT]',
      '    guardrail strict [INTERNAL]',
    ],
  },
  'a run that fails': {
    agent: lostAgent,
    outcome: 'NotFoundError',
    tree: [
      'invoke_workflow lost [INTERNAL] ✗ model_not_found',
      '  invoke_agent lost [INTERNAL] ✗ model_not_found',
      '    chat no-such-model [CLIENT] ✗ model_not_found',
    ],
  },
  ...('ToolTimeoutError' in agents && {
    'a tool that takes too long': {
      agent: slowAgent,
      outcome: 'It took too long.',
      tree: [
        'invoke_workflow slow [INTERNAL]',
        '  invoke_agent slow [INTERNAL]',
        '    chat calls-slow [CLIENT]',
        '    execute_tool slow [INTERNAL] ✗ timeout',
        '    chat calls-slow [CLIENT]',
      ],
    },
  }),
};

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: SCENARIOS });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const WAYS = {
  'not streamed': async (agent: agents.Agent) => (await agents.run(agent, 'Hello')).finalOutput,
  streamed: async (agent: agents.Agent) =>
    (await readStream(await agents.run(agent, 'Hello', { stream: true }))).finalOutput,
};

describe.each(Object.entries(WAYS))('A run, %s:', (_mode, play) => {
  it.each(Object.entries(CASES))(
    '%s is one tree of spans and a complete stream of events',
    async (_name, { agent, outcome, tree }) => {
      expect(await outcomeOf(() => play(agent()))).toBe(outcome);
      expect(spanTree(harness.spans())).toEqual(tree);
      expect(harness.openSpanCount()).toBe(0);
      expect(streamViolations(await harness.events())).toEqual([]);
    },
  );
});

describe.each(Object.entries(WAYS))("A run, %s while the SDK's tracing is off:", (_mode, play) => {
  it.each(Object.entries(CASES))(
    '%s is the same tree and stream',
    async (_name, { agent, outcome, tree }) => {
      agents.setTracingDisabled(true);
      try {
        expect(await outcomeOf(() => play(agent()))).toBe(outcome);
      } finally {
        agents.setTracingDisabled(false);
      }
      expect(spanTree(harness.spans())).toEqual(tree);
      expect(harness.openSpanCount()).toBe(0);
      expect(streamViolations(await harness.events())).toEqual([]);
    },
  );
});

test('Runs with a session of the SDK are one session of events, which does not end', async () => {
  const session = new agents.MemorySession({ sessionId: 'memory-1' });
  await agents.run(plainAgent(), 'first', { session });
  await agents.run(plainAgent(), 'second', { session });
  expect(await session.getItems()).toHaveLength(4);

  expect(spanTree(harness.spans())).toEqual([...PLAIN_TREE, ...PLAIN_TREE]);
  expect(harness.openSpanCount()).toBe(0);
  const events = await harness.events();
  expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['memory-1']));
  expect(streamViolations(events)).toEqual([
    expect.stringMatching(/\(session memory-1\): SESSION_START has no END/),
  ]);
});

test('Two concurrent runs are two trees and two sessions', async () => {
  const outcomes = await Promise.all([WAYS['not streamed'](plainAgent()), WAYS.streamed(workingAgent())]);
  expect(outcomes).toEqual([PARIS, 'Tool a said a of first and tool b said b of second.']);

  const spans = harness.spans();
  const traces = [...new Set(spans.map((span) => span.spanContext().traceId))];
  const trees = traces.map((id) => spanTree(spans.filter((span) => span.spanContext().traceId === id)));
  expect(trees.sort((a, b) => a.length - b.length)).toEqual([PLAIN_TREE, TOOLS_TREE]);
  expect(harness.openSpanCount()).toBe(0);
  const events = await harness.events();
  expect(new Set(events.map((event) => event.session_id)).size).toBe(2);
  expect(streamViolations(events)).toEqual([]);
});

async function outcomeOf(play: () => Promise<unknown>): Promise<unknown> {
  try {
    return await play();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}
