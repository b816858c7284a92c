// `verify --jobs`: several threads find the same as one, in the same order.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SIGNING, WRITERS, written } from '../chaukas/verify/sample-files.js';
import { EVERY_TYPE, runBin, runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

const everyType = readFileSync(EVERY_TYPE, 'utf8');

function file(name: string, content: string | Buffer): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
}

/** More than one block, with findings of each kind: copies, forgeries, lines that are not events. */
const LARGE = Array.from({ length: 150 }, (_each, index) => {
  const copy = everyType.replaceAll('"order-1042"', `"order-${index}"`);
  if (index % 3 === 0) return copy.replace('"type":', '"type": ');
  if (index % 3 === 1) return `${copy}\n{"event_id":"${index}"\n[]\n`;
  return copy.replace('EVENT_TYPE_SYSTEM', 'EVENT_TYPE_OTHER');
}).join('');

/** The file of each writer and way to sign, with a line changed in the middle of every second one. */
const samples = Object.keys(SIGNING).flatMap((signing) =>
  Object.keys(WRITERS).map((writer, index) => {
    const lines = written(writer, SIGNING[signing]);
    const at = Math.floor(lines.length / 2);
    const changed =
      index % 2 === 0 ? lines : lines.with(at, lines[at]?.replace('_at', '_to') ?? '').toSpliced(at + 2, 1);
    return file(`${signing}-${index}.jsonl`, `${changed.join('\n')}\n`);
  }),
);

describe('Several threads', () => {
  it.each<[string, readonly string[], string?]>([
    ['a file without a finding', [EVERY_TYPE]],
    ['files of processes that were changed', samples],
    ['a file of several blocks', [file('large.jsonl', LARGE)]],
    [
      'compressed files, one of them damaged, one empty and one missing',
      [
        file('large.jsonl.gz', gzipSync(LARGE)),
        file('damaged.jsonl.gz', gzipSync(LARGE).subarray(0, 20_000)),
        file('empty.jsonl', '\n \n'),
        path.join(folder, 'missing.jsonl'),
        file('torn.jsonl', `\ufeff${everyType}{"event_id":"01931f2a-7c00`),
      ],
    ],
    ['standard input', ['-'], LARGE],
  ])('find the same as one in %s', async (_what, files, stdin = '') => {
    const one = await runCommand(['verify', '--json', '--jobs', '1', ...files], { stdin });
    expect(JSON.parse(one.stdout)).toMatchObject({ events: expect.any(Number) });
    for (const jobs of ['2', '4']) {
      const several = await runBin(['verify', '--json', '--jobs', jobs, ...files], { stdin, isBuilt: true });
      expect(several.exitCode).toBe(one.exitCode);
      expect(several.stderr).toBe(one.stderr);
      // Not one diff of megabytes.
      expect(several.stdout === one.stdout).toBe(true);
    }
  });

  it('are named when one of them fails', async () => {
    const preload = `data:text/javascript,${encodeURIComponent(
      `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('no luck');`,
    )}`;
    const { exitCode, stdout, stderr } = await runBin(['verify', '--jobs', '2', EVERY_TYPE], {
      env: { NODE_OPTIONS: `--import=${preload}` },
      isBuilt: true,
    });
    expect(stderr).toBe(
      'agent-events: a thread that checks lines failed (no luck); run it again with --jobs 1\n',
    );
    expect(stdout).toBe('');
    expect(exitCode).toBe(4);
  });
});

describe('The number of threads', () => {
  it.each(['0', 'two', '-1', '257'])('is refused if it is %s', async (count) => {
    const { exitCode, stderr } = await runCommand(['verify', '--jobs', count, EVERY_TYPE]);
    expect(stderr).toContain("error: option '--jobs <n>' argument");
    expect(exitCode).toBe(2);
  });
});
