/** The file of a sink is rotated, by another program or by the sink itself. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileSink, type FileSinkOptions } from '../../src/sinks/file-sink.js';
import { makeEvent, numberOf } from '../delivery/make-event.js';

vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'));

let folder: string;
let file: string;
let sinks: FileSink[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rotation-'));
  file = path.join(folder, 'events.jsonl');
  sinks = [];
});

afterEach(async () => {
  await Promise.all(sinks.map((sink) => sink.shutdown()));
  fs.rmSync(folder, { recursive: true });
});

function open(options: Partial<FileSinkOptions> = {}): FileSink {
  const sink = new FileSink({ path: file, ...options });
  sinks.push(sink);
  return sink;
}

/** The numbers of the events in a file. */
function numbersIn(name: string): number[] {
  const bytes = fs.readFileSync(name);
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => numberOf(JSON.parse(line)));
}

const rename = () => fs.renameSync(file, `${file}.1`);

describe('A file that another program', () => {
  it('renamed and deleted is made anew at once', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    rename();
    fs.unlinkSync(`${file}.1`);
    await sink.send([makeEvent(2)]);
    expect(numbersIn(file)).toEqual([2]);
  });

  it('deleted with its folder is made anew by the last, synchronous write too', async () => {
    file = path.join(folder, 'a/events.jsonl');
    const sink = open();
    await sink.send([makeEvent(1)]);
    fs.rmSync(path.dirname(file), { recursive: true });
    sink.sendSync([makeEvent(2)]);
    expect(numbersIn(file)).toEqual([2]);
  });

  it('renamed is left within a second', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const sink = open();
    await sink.send([makeEvent(1)]);
    rename();
    vi.setSystemTime(Date.now() + 999);
    await sink.send([makeEvent(2)]);
    vi.setSystemTime(Date.now() + 1);
    await sink.send([makeEvent(3)]);
    expect([numbersIn(`${file}.1`), numbersIn(file)]).toEqual([[1, 2], [3]]);
  });

  it('renamed is left at once after reopen()', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    rename();
    sink.reopen();
    await sink.send([makeEvent(2)]);
    expect([numbersIn(`${file}.1`), numbersIn(file)]).toEqual([[1], [2]]);
  });

  it('replaced gets the next events, on a line of their own', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    rename();
    fs.writeFileSync(file, '{"torn"');
    sink.reopen();
    await sink.send([makeEvent(2)]);
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^\{"torn"\n\{.*\}\n$/);
  });

  it('renamed keeps the events while its path cannot be opened', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    rename();
    fs.mkdirSync(file);
    sink.reopen();
    await sink.send([makeEvent(2)]);
    expect(numbersIn(`${file}.1`)).toEqual([1, 2]);
    fs.unlinkSync(`${file}.1`);
    await expect(sink.send([makeEvent(3)])).rejects.toThrow('EISDIR');
    fs.rmdirSync(file);
    await sink.send([makeEvent(4)]);
    expect(numbersIn(file)).toEqual([4]);
  });

  it('renamed is left at SIGHUP, if the option says so and until shutdown', async () => {
    const before = process.listenerCount('SIGHUP');
    const sink = open({ reopenOnSighup: true });
    await sink.send([makeEvent(1)]);
    rename();
    const received = once(process, 'SIGHUP');
    process.kill(process.pid, 'SIGHUP');
    await received;
    await sink.send([makeEvent(2)]);
    expect([numbersIn(`${file}.1`), numbersIn(file)]).toEqual([[1], [2]]);
    await sink.shutdown();
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });
});

const rotated = () => fs.readdirSync(folder).filter((name) => name !== 'events.jsonl');

describe('A sink with rotation', () => {
  it.each([false, true])('loses no event and keeps each file within its size (gzip: %s)', async (gzip) => {
    const sink = open({ rotation: { maxBytes: 1_000, gzip } });
    for (let n = 1; n <= 20; n += 1) await sink.send([makeEvent(n)]);
    await sink.forceFlush();
    const names = rotated();
    expect(names.length).toBeGreaterThan(2);
    expect(names.every((name) => /^events\.jsonl\.\d{8}T\d{6}Z(-\d+)?(\.gz)?$/.test(name))).toBe(true);
    expect(names.every((name) => name.endsWith('.gz'))).toBe(gzip);
    const files = [...names, 'events.jsonl'].map((name) => path.join(folder, name));
    expect(files.flatMap(numbersIn).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    for (const name of files) {
      expect(fs.statSync(name).size).toBeLessThanOrEqual(1_000);
      expect(fs.statSync(name).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps a rotated file that cannot be compressed, and says so', async () => {
    const warnings: unknown[] = [];
    const ignore = () => {};
    const logger = { error: ignore, info: ignore, debug: ignore, verbose: ignore };
    diag.setLogger({ ...logger, warn: (message) => warnings.push(message) }, DiagLogLevel.WARN);
    try {
      const sink = open({ rotation: { maxBytes: 300, gzip: true } });
      await sink.send([makeEvent(1)]);
      const rename = fs.promises.rename;
      vi.spyOn(fs.promises, 'rename').mockImplementation(async (from, to) => {
        if (String(to).endsWith('.gz')) throw new Error('ENOSPC');
        await rename(from, to);
      });
      await sink.send([makeEvent(2)]);
      await sink.forceFlush();
      expect(rotated().map((name) => numbersIn(path.join(folder, name)))).toEqual([[1]]);
      expect(warnings).toEqual([expect.stringMatching(/was rotated but not compressed: ENOSPC$/)]);
    } finally {
      vi.restoreAllMocks();
      diag.disable();
    }
  });

  it('rotates a file that is old, but no empty one', async () => {
    const sink = open({ rotation: { maxAgeMillis: 1 } });
    await sleep(5);
    await sink.send([makeEvent(1)]);
    expect(rotated()).toEqual([]);
    await sleep(5);
    await sink.send([makeEvent(2)]);
    expect([rotated().length, numbersIn(file)]).toEqual([1, [2]]);
  });

  it('keeps the events in one file if it cannot rotate', async () => {
    const sink = open({ rotation: { maxBytes: 1 } });
    await sink.send([makeEvent(1)]);
    rename();
    await sink.send([makeEvent(2)]);
    expect([...numbersIn(`${file}.1`), ...(fs.existsSync(file) ? numbersIn(file) : [])]).toEqual([1, 2]);
  });

  it.each([
    [{ rotation: { maxBytes: 0 } }, 'option "rotation.maxBytes" is 0; it must be a whole number above 0'],
    [
      { rotation: { size: 1 } },
      'unknown option "rotation.size"; known options: maxBytes, maxAgeMillis, gzip',
    ],
    [{ reopenOnSighup: 1 }, 'option "reopenOnSighup" is 1; it must be true or false'],
    [{ sync: true }, 'unknown option "sync"; known options: path, rotation, reopenOnSighup'],
  ])('refuses %j', (options, message) => {
    expect(() => new FileSink({ path: file, ...options } as FileSinkOptions)).toThrow(message);
  });
});

describe('A path', () => {
  it.each<[what: string, make: () => void, reason: string]>([
    ['a FIFO', () => execFileSync('mkfifo', [file]), 'it is a FIFO, which keeps nothing'],
    [
      'a symbolic link',
      () => {
        fs.writeFileSync(path.join(folder, 'target'), '');
        fs.symlinkSync(path.join(folder, 'target'), file);
      },
      'it is a symbolic link, which is not followed',
    ],
    ['a folder', () => fs.mkdirSync(file), 'EISDIR: it is a directory'],
  ])('that is %s is refused', (_what, make, reason) => {
    make();
    expect(() => open()).toThrow(`FileSink: option "path" is '${file}', which cannot be written (${reason})`);
  });

  it('has folders that only the owner can read', () => {
    file = path.join(folder, 'a/b/events.jsonl');
    open();
    for (const name of ['a', 'a/b']) expect(fs.statSync(path.join(folder, name)).mode & 0o777).toBe(0o700);
  });
});
