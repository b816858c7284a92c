// --since, --until, --trace and --tool, which tree, stats, tail and convert share.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { timeNamed } from '../../src/cli/events/event-filter.js';
import { EVERY_TYPE, eventLine, runCommand } from './run-command.js';

const source = readFileSync(EVERY_TYPE, 'utf8');

/** The short types of the events that `convert` writes with these flags. */
async function selected(flags: readonly string[], stdin = source): Promise<string[]> {
  const { exitCode, stdout } = await runCommand(['convert', '--to', 'jsonl', ...flags], { stdin });
  expect(exitCode).toBe(0);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).type.replace('EVENT_TYPE_', ''));
}

describe('The events that pass', () => {
  test.each<[string, string[], string[]]>([
    [
      '--since is the first moment',
      ['--since', '2026-03-14T09:26:57.836Z'],
      ['AGENT_END', 'SESSION_END', 'SESSION_END'],
    ],
    [
      '--until is the first moment that does not pass',
      ['--until', '2026-03-14T09:26:53.001Z'],
      ['SESSION_START', 'SYSTEM'],
    ],
    [
      'a tool has its calls, and what happened in its span',
      ['--tool', 'refund_card'],
      ['TOOL_CALL_START', 'ERROR', 'TOOL_CALL_END'],
    ],
    [
      'a pattern stands for several tools',
      ['--tool', 'search*', '--tool', 'nothing'],
      ['TOOL_CALL_START', 'MCP_CALL_START', 'DATA_ACCESS', 'MCP_CALL_END', 'TOOL_CALL_END'],
    ],
    [
      'all criteria must be met',
      ['--tool', '*', '--since', '2026-03-14T09:26:55.600Z', '--trace', '2222*'],
      ['ERROR', 'TOOL_CALL_END'],
    ],
    ['a trace', ['--trace', '11111111111111111111111111111111'], ['SESSION_START', 'SYSTEM', 'SESSION_END']],
    ['no trace', ['--trace', '3'], []],
  ])('%s', async (_, flags, types) => {
    expect(await selected(flags)).toEqual(types);
  });

  test('are those of a tool also if its START is older than the time', async () => {
    const flags = ['--tool', 'refund_card', '--since', '2026-03-14T09:26:55.611Z'];
    expect(await selected(flags)).toEqual(['TOOL_CALL_END']);
  });

  test('have a time, if a time is asked for', async () => {
    const stdin = eventLine({ timestamp: 'yesterday' }) + eventLine({ timestamp: undefined });
    expect(await selected(['--since', '2000-01-01'], stdin)).toEqual([]);
    expect(await selected(['--until', '2100-01-01'], stdin)).toEqual([]);
    expect(await selected([], stdin)).toHaveLength(2);
  });
});

test('tail shows the last events that pass', async () => {
  const { stdout } = await runCommand(['tail', '-n', '1', '--tool', 'refund_card'], { stdin: source });
  expect(stdout).toMatch(/^2026-\S+ {2}TOOL_CALL_END .*\n$/);
});

test('stats counts the events that pass', async () => {
  const { stdout } = await runCommand(['stats', '--json', '--tool', '*'], { stdin: source });
  const { events, operations, tools } = JSON.parse(stdout);
  expect({ events, operations, tools: tools.map(({ name }: { name: string }) => name) }).toEqual({
    events: 8,
    operations: 2,
    tools: ['refund_card', 'search_orders'],
  });
});

test('tree shows sessions with an event that passes, and shows them whole', async () => {
  const whole = (await runCommand(['tree', '--session', 'order-1042'], { stdin: source })).stdout;
  for (const flags of [
    ['--tool', 'refund_card'],
    ['--trace', '2*'],
    ['--since', '2026-03-14T09:26:55Z', '--until', '2026-03-14T09:26:56Z'],
  ]) {
    expect((await runCommand(['tree', ...flags], { stdin: source })).stdout).toBe(whole);
  }
  expect((await runCommand(['tree', '--tool', 'nothing'], { stdin: source })).stdout).toBe('');
  expect((await runCommand(['tree', '--json', '--tool', 'nothing'], { stdin: source })).stdout).toBe('');
});

describe('A time', () => {
  const now = Date.UTC(2026, 2, 14, 12);
  test.each([
    ['2026-03-14', '2026-03-14T00:00:00.000Z'],
    ['2026-03-14T09:26', '2026-03-14T09:26:00.000Z'],
    ['2026-03-14 09:26:53.5', '2026-03-14T09:26:53.500Z'],
    ['2026-03-14T09:26:53Z', '2026-03-14T09:26:53.000Z'],
    ['2026-03-14T09:26:53+02:00', '2026-03-14T07:26:53.000Z'],
    ['90s', '2026-03-14T11:58:30.000Z'],
    ['30m', '2026-03-14T11:30:00.000Z'],
    ['1.5h', '2026-03-14T10:30:00.000Z'],
    ['1d12h', '2026-03-13T00:00:00.000Z'],
    ['1w', '2026-03-07T12:00:00.000Z'],
    ['0s', '2026-03-14T12:00:00.000Z'],
  ])('%s is read as %s', (text, time) => expect(new Date(timeNamed(text, now)).toISOString()).toBe(time));

  test.each(['', 'yesterday', '2', '-2h', '2 h', '2h later', '14.03.2026', '2026-13-01', '2026', '5y'])(
    '%j is wrong usage',
    async (text) => {
      for (const command of ['tree', 'stats', 'tail', 'convert']) {
        const { exitCode, stderr } = await runCommand([command, '--since', text], { stdin: source });
        expect(exitCode).toBe(2);
        expect(stderr).toContain('It must be a time such as 2026-03-14T09:26:53Z, or a duration such as 90s');
      }
    },
  );
});
