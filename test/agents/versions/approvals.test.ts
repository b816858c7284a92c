// Runs that wait for an approval and go on, on every version of the Agents SDK; see runs.test.ts.
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../../src/testing/event-lines.js';
import { streamViolations } from '../../harness/check-stream.js';
import { spanTree } from '../../harness/span-tree.js';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { output } from '../scripted-model.js';
import { carefulAgent } from './agents-in-test.js';
import { readStream } from './read-stream.js';
import { SCENARIOS } from './scenarios.js';
import { hasRunSpans } from './spans-of-version.js';

type Careful = ReturnType<typeof carefulAgent>;
type Waiting = agents.RunState<undefined, Careful>;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: SCENARIOS });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

/** The spans while the run waits. Up to 0.13 the agent and the workflow stay open, so only the model call has ended. */
const WAITING = hasRunSpans
  ? {
      open: 0,
      tree: [
        'invoke_workflow careful [INTERNAL]',
        '  invoke_agent careful [INTERNAL]',
        '    chat calls-danger [CLIENT]',
      ],
    }
  : { open: 2, tree: ['chat calls-danger [CLIENT]'] };

/**
 * Returns the tree after the run.
 *
 * @param last - model of the call after the approval.
 * @param failed - mark of the failure on that call and its ancestors.
 */
function wholeTree(last: string, failed = ''): string[] {
  const workflow = 'invoke_workflow careful [INTERNAL]';
  const agent = '  invoke_agent careful [INTERNAL]';
  const first = '    chat calls-danger [CLIENT]';
  const resumed = ['    execute_tool danger [INTERNAL]', `    chat ${last} [CLIENT]${failed}`];
  return hasRunSpans
    ? [workflow, agent, first, workflow + failed, agent + failed, ...resumed]
    : [workflow + failed, agent + failed, first, ...resumed];
}

const BEFORE = [
  'SESSION_START',
  '  AGENT_START careful',
  '  STATE_UPDATE',
  '  INPUT_RECEIVED',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
];

const AFTER = [
  '    TOOL_CALL_START danger',
  '    TOOL_CALL_END',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '  OUTPUT_EMITTED',
  '  AGENT_END careful',
  'SESSION_END',
];

const EVENTS = hasRunSpans
  ? [
      ...BEFORE,
      '  AGENT_END careful',
      '  POLICY_DECISION review',
      'SESSION_END',
      'SESSION_START',
      '  POLICY_DECISION allow',
      '  AGENT_START careful',
      '  STATE_UPDATE',
      ...AFTER,
    ]
  : [...BEFORE, '  POLICY_DECISION review', '  POLICY_DECISION allow', ...AFTER];

const WAYS = {
  'not streamed': (agent: Careful, input: string | Waiting) => agents.run(agent, input),
  streamed: async (agent: Careful, input: string | Waiting) =>
    readStream(await agents.run(agent, input, { stream: true })),
};

const RESUMES: Readonly<Record<string, (agent: Careful, waiting: Waiting) => Promise<Waiting>>> = {
  'the same state': async (_agent, waiting) => waiting,
  'a string': (agent, waiting) => agents.RunState.fromString<undefined, Careful>(agent, waiting.toString()),
};

describe.each(Object.entries(RESUMES))('A run that is resumed from %s', (_source, read) => {
  it.each(Object.entries(WAYS))('leaves no span open, %s', async (_mode, play) => {
    const agent = carefulAgent();
    const asked = await play(agent, 'go');
    expect(asked.interruptions.map((item) => item.name)).toEqual(['danger']);
    expect(harness.openSpanCount()).toBe(WAITING.open);
    expect(spanTree(harness.spans())).toEqual(WAITING.tree);

    const state = await approved(read, agent, asked.state);
    expect((await play(agent, state)).finalOutput).toBe('Done.');
    expect(harness.openSpanCount()).toBe(0);
    expect(spanTree(harness.spans())).toEqual(wholeTree('calls-danger'));
    const events = await harness.events();
    expect(eventLines(events)).toEqual(EVENTS);
    expect(streamViolations(events)).toEqual([]);
  });
});

it('A resumed run fails as one run if its second part fails', async () => {
  const asked = await agents.run(carefulAgent(), 'go');
  const agent = carefulAgent('no-such-model');
  const read = RESUMES['a string'] as (typeof RESUMES)[string];
  const state = await approved(read, agent, asked.state);
  await expect(agents.run(agent, state)).rejects.toThrow('no-such-model');
  expect(harness.openSpanCount()).toBe(0);
  expect(spanTree(harness.spans())).toEqual(wholeTree('no-such-model', ' ✗ model_not_found'));
  expect(streamViolations(await harness.events())).toEqual([]);
});

it("A run resumes from the same state while the SDK's tracing is off", async () => {
  agents.setTracingDisabled(true);
  try {
    const agent = carefulAgent();
    const asked = await agents.run(agent, 'go');
    expect(harness.openSpanCount()).toBe(WAITING.open);
    for (const item of asked.interruptions) asked.state.approve(item);
    expect((await agents.run(agent, asked.state)).finalOutput).toBe('Done.');
  } finally {
    agents.setTracingDisabled(false);
  }
  expect(harness.openSpanCount()).toBe(0);
  expect(spanTree(harness.spans())).toEqual(wholeTree('calls-danger'));
  expect(streamViolations(await harness.events())).toEqual([]);
});

it('A shell whose call is refused has a tool call that ended so', async () => {
  const shellCall = {
    type: 'shell_call',
    callId: 's-1',
    status: 'completed',
    action: { commands: ['rm -rf /'] },
  };
  const outputs: unknown[][] = [[shellCall], [output('done')]];
  const model = {
    getResponse: async () => ({ usage: new agents.Usage(), output: outputs.shift() }),
  } as unknown as agents.Model;
  const shell = agents.shellTool({ shell: { run: async () => ({ output: [] }) }, needsApproval: true });
  const agent = new agents.Agent({ name: 'careful', model, tools: [shell] });
  const asked = await agents.run(agent, 'go');
  for (const item of asked.interruptions) asked.state.reject(item);
  expect((await agents.run(agent, asked.state)).finalOutput).toBe('done');
  const lines = eventLines(await harness.events()).map((line) => line.trim());
  expect(lines.filter((line) => /POLICY|TOOL/.test(line))).toEqual([
    'POLICY_DECISION review',
    'POLICY_DECISION deny',
    'TOOL_CALL_START shell',
    'TOOL_CALL_END (failed)',
  ]);
  expect(streamViolations(await harness.events())).toEqual([]);
});

/** Reads the state back and approves all calls that it waits for. */
async function approved(
  read: (agent: Careful, waiting: Waiting) => Promise<Waiting>,
  agent: Careful,
  waiting: Waiting,
): Promise<Waiting> {
  const state = await read(agent, waiting);
  for (const item of state.getInterruptions()) state.approve(item);
  return state;
}
