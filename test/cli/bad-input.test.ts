// Bad input: each problem is reported, and the rest is read. Runs on real files.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { EVERY_TYPE, eventLine, runBin, runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();
const event = (event_id: string) => eventLine({ event_id });

/** Data that compresses badly, so that it takes more than one piece of gzip. */
const many = Array.from({ length: 3000 }, (_, index) =>
  eventLine({ event_id: `${index}`, metadata: { noise: Math.sin(index).toString(36) } }),
).join('');
const zipped = gzipSync(many);

const FILES: Readonly<Record<string, string | Buffer>> = {
  'good.jsonl': event('good'),
  'empty.jsonl': '',
  'blank.jsonl': '\n  \n\r\n',
  'garbage.jsonl': `${event('1')}not json\u001b[2J\n\n[1]\n"text"\nnull\n{"a":1}\n{"type":""}\n${event('2')}`,
  'torn.jsonl': event('1') + event('2').slice(0, 30),
  'no-last-newline.jsonl': event('1') + event('2').trimEnd(),
  'windows.jsonl': `\ufeff${(event('1') + event('2')).replaceAll('\n', '\r\n')}`,
  'newer.jsonl':
    eventLine({ event_id: '1', type: 'EVENT_TYPE_OF_TOMORROW' }) + eventLine({ event_id: '2', type: 77 }),
  'whole.jsonl.gz': zipped,
  'members.jsonl.gz': Buffer.concat([gzipSync(event('1')), gzipSync(event('2'))]),
  'truncated.jsonl.gz': zipped.subarray(0, zipped.length - 20),
  'damaged.jsonl.gz': Buffer.concat([
    zipped.subarray(0, 40_000),
    Buffer.alloc(100, 0xff),
    zipped.subarray(40_100),
  ]),
  'only-magic.gz': Buffer.from([0x1f, 0x8b]),
  'one-byte.jsonl': 'x',
  'binary.jsonl': Buffer.from(Array.from({ length: 400 }, (_, index) => (index % 20 === 19 ? 10 : 200))),
};

beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) writeFileSync(path.join(folder, name), content);
  mkdirSync(path.join(folder, 'folder'));
  writeFileSync(path.join(folder, 'secret.jsonl'), event('secret'));
  chmodSync(path.join(folder, 'secret.jsonl'), 0);
});

/** Root can read every file. */
const mayReadAll = process.getuid?.() === 0;

async function ids(...names: string[]) {
  const { exitCode, stdout, stderr } = await runCommand([
    'convert',
    '--json',
    ...names.map((name) => path.join(folder, name)),
  ]);
  const read = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).event_id);
  return { exitCode, read, stderr: stderr.replaceAll(`${folder}/`, '').replaceAll('agent-events: ', '') };
}

const CASES: readonly [name: string, exitCode: number, read: string[], stderr: string][] = [
  ['empty.jsonl', 0, [], 'empty.jsonl: is empty\n'],
  ['blank.jsonl', 0, [], 'blank.jsonl: is empty\n'],
  [
    'garbage.jsonl',
    3,
    ['1', '2'],
    `garbage.jsonl:2: not JSON (Unexpected token 'o', "not json\\u001b[2J" is not valid JSON)
garbage.jsonl:4: not an event: an array instead of an object
garbage.jsonl:5: not an event: a string instead of an object
garbage.jsonl:6: not an event: null instead of an object
garbage.jsonl:7: not an event: it has no "type"
garbage.jsonl:8: not an event: it has no "type"
`,
  ],
  ['torn.jsonl', 3, ['1'], 'torn.jsonl:2: cut off: the input ends within this line\n'],
  ['no-last-newline.jsonl', 0, ['1', '2'], ''],
  ['windows.jsonl', 0, ['1', '2'], ''],
  ['newer.jsonl', 0, ['1', '2'], ''],
  ['members.jsonl.gz', 0, ['1', '2'], ''],
  ['folder', 3, [], 'folder: is a directory; name the files in it, such as folder/*.jsonl\n'],
  ['missing.jsonl', 3, [], 'missing.jsonl: no such file\n'],
  ['only-magic.gz', 3, [], 'only-magic.gz: the gzip data ends early; the part before the end was read\n'],
  ['one-byte.jsonl', 3, [], 'one-byte.jsonl:1: cut off: the input ends within this line\n'],
];

test.each(CASES)('%s is reported', async (name, exitCode, read, stderr) => {
  expect(await ids(name)).toEqual({ exitCode, read, stderr });
});

test.each(CASES)('the input after %s is read', async (name, exitCode, read, stderr) => {
  expect(await ids(name, 'good.jsonl')).toEqual({ exitCode, read: [...read, 'good'], stderr });
});

test.skipIf(mayReadAll)('a file without permission is reported', async () => {
  expect(await ids('secret.jsonl', 'good.jsonl')).toEqual({
    exitCode: 3,
    read: ['good'],
    stderr: 'secret.jsonl: no permission to read the file\n',
  });
});

describe('A gzip file', () => {
  test('is read', async () => {
    const { exitCode, read, stderr } = await ids('whole.jsonl.gz');
    expect({ exitCode, stderr, count: read.length }).toEqual({ exitCode: 0, stderr: '', count: 3000 });
  });

  test('that ends early is read up to its end', async () => {
    const { exitCode, read, stderr } = await ids('truncated.jsonl.gz', 'good.jsonl');
    expect(read.slice(0, 2).concat(read.at(-1))).toEqual(['0', '1', 'good']);
    expect(read.length).toBeGreaterThan(2900);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: `truncated.jsonl.gz: the gzip data ends early; the part before the end was read
truncated.jsonl.gz:${read.length}: cut off: the input ends within this line
`,
    });
  });

  test('that is damaged is read up to the damage', async () => {
    const { exitCode, read, stderr } = await ids('damaged.jsonl.gz');
    expect(read.length).toBeGreaterThan(100);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^damaged\.jsonl\.gz: the gzip data is damaged \(.+\); the part before the damage was read\n/,
    );
  });
});

test('a file of another format does not fill the screen', async () => {
  const { exitCode, stderr } = await ids('binary.jsonl');
  expect(exitCode).toBe(3);
  expect(stderr.split('\n').length).toBe(12);
  expect(stderr).toMatch(/binary\.jsonl: 10 more lines are not events\n$/);
});

describe('Every command', () => {
  const files = ['garbage.jsonl', 'missing.jsonl', 'newer.jsonl'].map((name) => path.join(folder, name));
  test.each([
    ['tree', 3],
    ['stats', 3],
    ['tail', 3],
    ['convert', 3],
    // It has findings as well: these events have no hashes.
    ['verify', 1],
  ])('%s --json continues after bad input and returns its exit code', async (command, exitCode) => {
    const result = await runCommand([command, '--json', ...files]);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain('missing.jsonl: no such file\n');
    if (command !== 'verify') expect(result.stderr).toContain('garbage.jsonl:2: not JSON');
    expect(result.stdout).toMatch(command === 'verify' ? /newer\.jsonl/ : /of.tomorrow/i);
  });
});

test('the bin prints messages on standard error and exits with 3', async () => {
  expect(await runBin(['tree', 'torn.jsonl', 'newer.jsonl'], { cwd: folder })).toEqual({
    exitCode: 3,
    stderr: 'agent-events: torn.jsonl:2: cut off: the input ends within this line\n',
    stdout: `09:26:53.000  session s1  no SESSION_START  2026-03-14
09:26:53.000  ├─ system
09:26:53.000  ├─ of tomorrow
09:26:53.000  └─ 77
`,
  });
});

test('standard input may be gzip', async () => {
  const stdin = gzipSync(readFileSync(EVERY_TYPE));
  // The first chunks are single bytes.
  const chunks = [stdin.subarray(0, 1), stdin.subarray(1, 2), stdin.subarray(2)];
  expect((await runCommand(['convert', '--json', '-'], { stdin: chunks })).stdout).toBe(
    readFileSync(EVERY_TYPE, 'utf8'),
  );
});
