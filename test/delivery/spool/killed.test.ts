/** Real processes on one folder, killed under load: nothing that the spool has confirmed is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fixtureCommand, PROJECT } from '../../run-fixture.js';
import { drain, openSpool, range, spoolDirectory } from './spool-harness.js';

const FIXTURE = path.join(import.meta.dirname, 'fixtures/busy.ts');
const KILLS = 12;
const PER_PROCESS = 1_000_000;

/** The longest time between the acknowledgement of a line that is delivered again and the end of its process. */
const DOUBLED_MS = 2_500;

interface Run {
  readonly first: number;
  /** The last number that the spool has confirmed. */
  readonly confirmed: number;
  readonly errors: string;
}

/** Runs a process that is killed some milliseconds after the first line, or ends in order. */
async function run(
  folder: string,
  file: string,
  index: number,
  killAfter?: number,
  count = PER_PROCESS,
): Promise<Run> {
  const first = index * PER_PROCESS;
  const child = spawn(...fixtureCommand(FIXTURE, folder, file, String(first), String(count)), {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let output = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  const begun = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      resolve();
    });
  });
  if (killAfter !== undefined) {
    await begun;
    await pause(killAfter);
    child.kill('SIGKILL');
  }
  await closed;
  const numbers = output.trimEnd().split('\n').map(Number);
  return { first, confirmed: numbers.at(-1) ?? first - 1, errors };
}

interface Delivered {
  readonly number: number;
  readonly time: number;
  readonly pid: number;
}

function readDelivered(...files: string[]): Delivered[] {
  return files.flatMap((file) => {
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => {
      const [number = 0, time = 0, pid = 0] = line.split(' ').map(Number);
      return { number, time, pid };
    });
  });
}

/** The confirmed numbers that were not delivered. */
function lost(runs: readonly Run[], delivered: readonly Delivered[]): number[] {
  const numbers = new Set(delivered.map(({ number }) => number));
  return runs.flatMap(({ first, confirmed }) =>
    range(first, confirmed - first + 1).filter((number) => !numbers.has(number)),
  );
}

/** The lines that were delivered again though their delivery was older than a second or so when the process ended. */
function doubledTooLate(delivered: readonly Delivered[]): Delivered[] {
  const ends = new Map<number, number>();
  for (const { pid, time } of delivered) ends.set(pid, Math.max(time, ends.get(pid) ?? 0));
  const seen = new Map<number, Delivered>();
  return delivered
    .toSorted((a, b) => a.time - b.time)
    .filter((line) => {
      const before = seen.get(line.number);
      seen.set(line.number, line);
      return before !== undefined && (ends.get(before.pid) ?? 0) - before.time > DOUBLED_MS;
    });
}

/** Whether the lines of each process come in their order, apart from those that are delivered again. */
function isInOrder(delivered: readonly Delivered[]): boolean {
  const newest = new Map<number, number>();
  const seen = new Set<number>();
  return delivered.every(({ number }) => {
    if (seen.has(number)) return true;
    seen.add(number);
    const process = Math.floor(number / PER_PROCESS);
    const before = newest.get(process) ?? number - 1;
    newest.set(process, number);
    return number === before + 1;
  });
}

describe('Processes that are killed at random moments', () => {
  it('one after another, lose nothing, keep the order, and double what was delivered in the last second', async () => {
    const folder = spoolDirectory();
    const file = `${folder}-delivered`;
    const runs: Run[] = [];
    for (let index = 0; index < KILLS; index += 1) {
      // Some live long enough to have positions on the disk.
      runs.push(await run(folder, file, index, index % 4 === 3 ? 4_500 : Math.random() * 1_500));
    }
    runs.push(await run(folder, file, KILLS, undefined, 100));
    const delivered = readDelivered(file);
    expect(runs.map(({ errors }) => errors).join('')).toBe('');
    expect(lost(runs, delivered)).toEqual([]);
    expect(isInOrder(delivered)).toBe(true);
    expect(doubledTooLate(delivered)).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('three at a time, lose nothing and double no more than that', async () => {
    const folder = spoolDirectory();
    const files = [1, 2, 3].map((number) => `${folder}-delivered-${number}`);
    const runs = await Promise.all(
      files.map(async (file, at) => {
        const own: Run[] = [];
        for (let round = 0; round < 4; round += 1) {
          own.push(await run(folder, file, at * 10 + round, Math.random() * 1_000));
        }
        return own;
      }),
    );
    const last = `${folder}-delivered-last`;
    const all = [...runs.flat(), await run(folder, last, 99, undefined, 100)];
    const delivered = readDelivered(...files, last);
    expect(lost(all, delivered)).toEqual([]);
    expect(doubledTooLate(delivered)).toEqual([]);
    expect(all.map(({ errors }) => errors).join('')).toBe('');
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('Processes that run at the same time and end in order', () => {
  it('deliver each line once', async () => {
    const folder = spoolDirectory();
    const files = [1, 2, 3].map((number) => `${folder}-delivered-${number}`);
    await Promise.all(files.map((file, at) => run(folder, file, at, undefined, 2_000)));
    const delivered = readDelivered(...files);
    expect(delivered).toHaveLength(6_000);
    expect(new Set(delivered.map(({ number }) => number)).size).toBe(6_000);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('and take over from many ended ones at once deliver each of their lines once', async () => {
    const folder = spoolDirectory();
    for (let index = 0; index < 20; index += 1) {
      const { spool } = openSpool(folder);
      await spool.append(range(index * 100, 100).map((n) => JSON.stringify({ n })));
      await spool.close();
      // Otherwise the next one would take it over.
      fs.renameSync(folder, `${folder}-${index}`);
    }
    const sink = fs.readdirSync(`${folder}-0`)[0] ?? '';
    fs.mkdirSync(path.join(folder, sink), { recursive: true });
    for (let index = 0; index < 20; index += 1) {
      const from = path.join(`${folder}-${index}`, sink);
      for (const name of fs.readdirSync(from))
        fs.renameSync(path.join(from, name), path.join(folder, sink, name));
    }
    const files = [1, 2, 3, 4].map((number) => `${folder}-delivered-${number}`);
    await Promise.all(files.map((file, at) => run(folder, file, at + 1, undefined, 10)));
    const rest = await drain(openSpool(folder).spool);
    const numbers = [...readDelivered(...files).map(({ number }) => number), ...rest];
    expect(numbers.filter((number) => number < PER_PROCESS).sort((a, b) => a - b)).toEqual(range(0, 2_000));
  });
});
