/** Tools that run in this process and whose result says that they failed, though they return. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { idleComputer } from './idle-computer.js';
import { countingTurns } from './situations/counting-turns.js';
import { itemsThenSays } from './situations/scenarios.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    scenarios: [
      itemsThenSays(
        'runs',
        [{ type: 'shell_call', call_id: 'c1', status: 'completed', action: { commands: ['a', 'b'] } }],
        'done',
      ),
      itemsThenSays(
        'patches',
        [
          {
            type: 'apply_patch_call',
            call_id: 'c2',
            status: 'completed',
            operation: { type: 'create_file', path: 'note.md', diff: '+hello\n' },
          },
        ],
        'done',
      ),
      itemsThenSays(
        'clicks',
        [
          {
            type: 'computer_call',
            call_id: 'c3',
            status: 'completed',
            action: { type: 'screenshot' },
            pending_safety_checks: [],
          },
        ],
        'done',
      ),
    ],
  });
});
afterEach(async () => {
  const violations = streamViolations(await harness.events());
  expect(harness.processor.stats().errors).toBe(0);
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(() => harness.stop());

type Outcome = agents.ShellOutputResult['outcome'];

const exit = (exitCode: number | null): Outcome => ({ type: 'exit', exitCode });
const timeout: Outcome = { type: 'timeout' };

const shell = (...outcomes: Outcome[]) =>
  agents.shellTool({
    shell: {
      run: async () => ({ output: outcomes.map((outcome) => ({ stdout: 'out', stderr: '', outcome })) }),
    },
  });

const patch = (result: agents.ApplyPatchResult | undefined) => {
  const answer = async () => result;
  return agents.applyPatchTool({ editor: { createFile: answer, updateFile: answer, deleteFile: answer } });
};

const throwing = (): never => {
  throw new TypeError('no such thing');
};

const computer = (screenshot: () => Promise<string>) =>
  agents.computerTool({ computer: idleComputer(screenshot) });

interface LocalTool {
  readonly what: string;
  readonly model: string;
  readonly tool: () => agents.Tool;
  /** `error.type`; absent if the tool succeeded. */
  readonly type?: string;
}

const TOOLS: readonly LocalTool[] = [
  { what: 'commands that succeed', model: 'runs', tool: () => shell(exit(0), exit(0)) },
  { what: 'a command that fails', model: 'runs', tool: () => shell(exit(0), exit(2)), type: 'exit_code_2' },
  { what: 'a command that times out', model: 'runs', tool: () => shell(exit(0), timeout), type: 'timeout' },
  {
    what: 'a command that fails and one that times out',
    model: 'runs',
    tool: () => shell(exit(1), timeout),
    type: 'timeout',
  },
  { what: 'a command whose end nobody knows', model: 'runs', tool: () => shell(exit(null)) },
  { what: 'no command', model: 'runs', tool: () => shell() },
  { what: 'a patch that is applied', model: 'patches', tool: () => patch({ status: 'completed' }) },
  { what: 'a patch without a status', model: 'patches', tool: () => patch(undefined) },
  {
    what: 'a patch that is not applied',
    model: 'patches',
    tool: () => patch({ status: 'failed', output: 'the context does not match' }),
    type: 'tool_error',
  },
  { what: 'a screenshot', model: 'clicks', tool: () => computer(async () => 'iVBORw0KGgo=') },
  {
    what: 'a screen that is not there',
    model: 'clicks',
    tool: () => computer(async () => ''),
    type: 'tool_error',
  },
];

describe.each([{ stream: false }, { stream: true }])(
  'A tool of the SDK with a local effect ($stream)',
  (options) => {
    it.each(TOOLS)('has the outcome that its result says: $what', async ({ model, tool, type }) => {
      const agent = new agents.Agent({ name: 'A', model, instructions: countingTurns(), tools: [tool()] });
      const result = await agents.run(agent, 'go', options as { stream: false });
      await (result as { completed?: Promise<void> }).completed;
      expect(result.finalOutput).toBe('done');
      await expect.poll(() => harness.openSpanCount()).toBe(0);
      const span = harness.spans().find(({ name }) => name.startsWith('execute_tool'));
      expect(span?.attributes['error.type']).toBe(type);
      expect(span?.status.code).toBe(type === undefined ? 0 : 2);
      const lines = eventLines(await harness.events()).map((line) => line.trim());
      const failures = type === undefined ? [] : [`ERROR ${type}`, 'TOOL_CALL_END (failed)'];
      expect(lines.filter((line) => /^ERROR|^TOOL_CALL_END.*failed/.test(line))).toEqual(failures);
    });

    it.each<[what: string, model: string, tool: () => agents.Tool]>([
      ['a shell', 'runs', () => agents.shellTool({ shell: { run: throwing } })],
      [
        'an editor',
        'patches',
        () =>
          agents.applyPatchTool({
            editor: { createFile: throwing, updateFile: throwing, deleteFile: throwing },
          }),
      ],
      ['a computer', 'clicks', () => computer(throwing)],
    ])('has failed if %s throws', async (_what, model, tool) => {
      const agent = new agents.Agent({ name: 'A', model, instructions: countingTurns(), tools: [tool()] });
      const result = await agents.run(agent, 'go', options as { stream: false });
      await (result as { completed?: Promise<void> }).completed;
      const span = harness.spans().find(({ name }) => name.startsWith('execute_tool'));
      expect(span?.status.code).toBe(2);
      expect(harness.spans().filter(({ name }) => name.startsWith('execute_tool'))).toHaveLength(1);
    });
  },
);

it('The result of a tool that failed is kept', async () => {
  const agent = new agents.Agent({
    name: 'A',
    model: 'runs',
    instructions: countingTurns(),
    tools: [shell(exit(2))],
  });
  await agents.run(agent, 'go');
  const ends = (await harness.events()).filter(({ type }) => type === 'EVENT_TYPE_TOOL_CALL_END');
  expect(JSON.stringify(ends[0]?.tool_response)).toContain('out');
});

it('A patch that failed does not quote itself if content is withheld', async () => {
  const runner = new agents.Runner({ traceIncludeSensitiveData: false });
  const tool = patch({ status: 'failed', output: 'the secret line does not match' });
  await runner.run(
    new agents.Agent({ name: 'A', model: 'patches', instructions: countingTurns(), tools: [tool] }),
    'go',
  );
  const span = harness.spans().find(({ name }) => name.startsWith('execute_tool'));
  expect(span?.status).toEqual({ code: 2, message: 'the patch was not applied' });
  expect(JSON.stringify(await harness.events())).not.toContain('secret line');
});
