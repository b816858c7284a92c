// The width of lines: on a terminal, elsewhere, and with --full.
import { describe, expect, test } from 'vitest';
import { cutLine, renderLine } from '../../src/cli/output/text-line.js';
import { eventLine, runCommand } from './run-command.js';

const LONG = 'word '.repeat(80).trim();
const stdin =
  eventLine({ type: 'EVENT_TYPE_SESSION_START' }) +
  eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', message: { role: 'user', text: LONG } });

/** The longest printed line, without colours. */
async function longest(args: readonly string[], options: object = {}) {
  const { stdout } = await runCommand([...args, '-'], { stdin, env: { NO_COLOR: '1' }, ...options });
  const lines = stdout.split('\n');
  return lines.reduce((a, b) => (b.length > a.length ? b : a));
}

describe.each([['tree'], ['tail']])('agent-events %s', (command) => {
  test.each([
    ['40 columns', 40, 40],
    ['200 columns', 200, 200],
    // Neither the terminal nor COLUMNS says it.
    ['an unknown width', true, 80],
  ])('cuts lines at the edge of a terminal of %s', async (_, terminal, width) => {
    const line = await longest([command], { terminal });
    expect(line).toHaveLength(width);
    expect(line).toMatch(/…$/);
  });

  test('takes the width of COLUMNS if the terminal does not say it', async () => {
    expect(await longest([command], { terminal: true, env: { NO_COLOR: '1', COLUMNS: '50' } })).toHaveLength(
      50,
    );
  });

  test('gives each text 72 characters elsewhere, whatever COLUMNS says', async () => {
    for (const env of [{}, { COLUMNS: '30' }]) {
      const text = /"(.*)"/.exec(await longest([command], { env }))?.[1];
      expect(text).toMatch(/^word .*…$/);
      expect(text?.length).toBeGreaterThan(66);
      expect(text?.length).toBeLessThanOrEqual(72);
    }
  });

  test('cuts nothing with --full, on a terminal and elsewhere', async () => {
    expect(await longest([command, '--full'])).toContain(LONG);
    expect(await longest([command, '--full'], { terminal: 40 })).toContain(LONG);
  });
});

test('The texts in JSON do not depend on the terminal, and --full does not cut them', async () => {
  const summary = async (args: readonly string[], terminal?: number) => {
    const { stdout } = await runCommand(['tree', '--json', ...args, '-'], {
      stdin,
      ...(terminal !== undefined && { terminal }),
    });
    return JSON.parse(stdout).children[0].children[0].summary;
  };
  const short = await summary([]);
  expect(short).toMatch(/^"word .*…"$/);
  expect(await summary([], 30)).toBe(short);
  expect(await summary(['--full'], 30)).toBe(`"${LONG}"`);
});

describe('cutLine', () => {
  const printed = (line: Parameters<typeof cutLine>[0], columns: number) =>
    renderLine(cutLine(line, columns), false).trimEnd();
  test.each([
    [['abc'], 3, 'abc'],
    [['abcd'], 3, 'ab…'],
    [['ab', ['red', 'cd']] as const, 3, 'ab…'],
    [['a', ['red', 'bcd'], 'e'] as const, 3, 'ab…'],
    [['abc', '   '], 3, 'abc'],
    [['', 'abcd', ''], 2, 'a…'],
    // An escaped character has the width of its escape, which is not cut into something else.
    [['a\nb'], 4, 'a\\nb'],
    [['😀😀😀'], 2, '😀…'],
    [['abc'], 1, '…'],
  ])('of %j at %i is %s', (line, columns, text) => expect(printed(line, columns)).toBe(text));
});
