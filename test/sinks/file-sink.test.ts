import { execFileSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { EventQueue } from '../../src/delivery/event-queue.js';
import { FileSink } from '../../src/sinks/file-sink.js';
import { makeEvent, makeEvents, numberOf } from '../delivery/make-event.js';
import { runFixture } from '../run-fixture.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'file-sink-'));
  file = path.join(folder, 'events.jsonl');
  return () => fs.rmSync(folder, { recursive: true });
});

function open(at = file): FileSink {
  const sink = new FileSink({ path: at });
  onTestFinished(() => sink.shutdown());
  return sink;
}

const content = (at = file) => fs.readFileSync(at, 'utf8');
const modeOf = (at: string) => (fs.statSync(at).mode & 0o777).toString(8);
const line = (...numbers: number[]) => numbers.map((n) => `${JSON.stringify(makeEvent(n))}\n`).join('');

/** Returns the events in the file. Every line must be an event, and the last line must be ended. */
function eventsIn(at = file): ChaukasEvent[] {
  const lines = content(at).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((each) => JSON.parse(each));
}

describe('A new file', () => {
  it('is created by the constructor, readable by its owner only', () => {
    open();
    expect([content(), modeOf(file)]).toEqual(['', '600']);
  });

  it('is created together with the folders above it', async () => {
    const deep = path.join(folder, 'a/b/c/events.jsonl');
    await open(deep).send([makeEvent(1)]);
    expect([content(deep), modeOf(deep)]).toEqual([line(1), '600']);
  });

  it('may be in the working folder, with only a name', async () => {
    const name = path.relative(process.cwd(), file);
    await open(name).send([makeEvent(1)]);
    expect(content()).toBe(line(1));
  });
});

describe('An existing file', () => {
  it.each(['644', '640', '600', '666'])('keeps its mode %s and its content', async (mode) => {
    fs.writeFileSync(file, line(1));
    fs.chmodSync(file, mode);
    await open().send([makeEvent(2)]);
    expect([content(), modeOf(file)]).toEqual([line(1, 2), mode]);
  });

  it.each<[what: string, before: string, after: string]>([
    ['an empty file', '', ''],
    ['a complete last line', line(1), line(1)],
    ['a last line that breaks off', `${line(1)}{"event_id":"ev`, `${line(1)}{"event_id":"ev\n`],
    ['a last line without its line break', line(1).trimEnd(), line(1)],
  ])('gets new events on a line of their own: %s', async (_what, before, after) => {
    fs.writeFileSync(file, before);
    const sink = open();
    await sink.send([makeEvent(2)]);
    await sink.send([makeEvent(3)]);
    expect(content()).toBe(after + line(2, 3));
  });

  it('does not change before the first event', () => {
    fs.writeFileSync(file, '{"torn"');
    open();
    expect(content()).toBe('{"torn"');
  });

  it('may be written by two sinks', async () => {
    const [one, two] = [open(), open()];
    await one.send([makeEvent(1)]);
    await two.send([makeEvent(2)]);
    await one.send([makeEvent(3)]);
    expect(content()).toBe(line(1, 2, 3));
  });
});

describe('send', () => {
  it('appends one line per event, whatever the event contains', async () => {
    const texts = ['two\nlines\r\n', '\u2028\u2029', 'ключ 🔑', '\0', '\ud800', '"quoted" \\', '{"a":1}\n'];
    const events = texts.map((each, index) => makeEvent(index, each));
    await open().send(events);
    expect(eventsIn()).toEqual(events);
    expect(content().split('\n')).toHaveLength(texts.length + 1);
  });

  it('keeps the order of the batches', async () => {
    const sink = open();
    for (let n = 1; n <= 50; n += 1) await sink.send([makeEvent(n)]);
    expect(content()).toBe(line(...Array.from({ length: 50 }, (_, index) => index + 1)));
  });

  it('writes a large batch whole', async () => {
    const large = 'x'.repeat(100_000);
    const events = Array.from({ length: 100 }, (_, n) => makeEvent(n, large));
    await open().send(events);
    expect(eventsIn()).toEqual(events);
  });

  it('writes a short batch of another queue while a long one is encoded, and then that one', async () => {
    const sink = open();
    const sending = sink.send([makeEvent(1, 'x'.repeat(3_000_000))]);
    await sink.send([makeEvent(2)]);
    await sending;
    expect(eventsIn().map(numberOf)).toEqual([2, 1]);
  });

  it('writes a line of megabytes with characters of several bytes whole', async () => {
    const events = ['é', '€', '😀', 'x😀'].map((text, n) => makeEvent(n, text.repeat(700_000)));
    await open().send(events);
    expect(eventsIn()).toEqual(events);
  });

  it('writes nothing for no events', async () => {
    await open().send([]);
    expect(content()).toBe('');
  });
});

describe('sendSync', () => {
  it('has written when it returns, after the earlier batch', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    sink.sendSync([makeEvent(2), makeEvent(3)]);
    expect(content()).toBe(line(1, 2, 3));
  });

  it('ends an unfinished line first', () => {
    fs.writeFileSync(file, '{"torn"');
    open().sendSync([makeEvent(1)]);
    expect(content()).toBe(`{"torn"\n${line(1)}`);
  });

  it('writes behind a batch whose write is pending', async () => {
    const sink = open();
    // Node writes in a few threads. All of them are busy, so the batch has not even started when sendSync is called.
    for (let thread = 0; thread < 8; thread += 1) pbkdf2('x', 'y', 20_000, 64, 'sha512', () => {});
    const sending = sink.send(makeEvents(2000));
    sink.sendSync([makeEvent(2001)]);
    await sending;
    expect(eventsIn().map(numberOf)).toEqual(Array.from({ length: 2001 }, (_, index) => index + 1));
  });
});

describe('sendSync during the encoding of a long batch', () => {
  const long = 'x'.repeat(3_000_000);

  it('writes that batch first, and once', async () => {
    const sink = open();
    const sending = sink.send([makeEvent(1, long), makeEvent(2)]);
    sink.sendSync([makeEvent(3)]);
    expect(eventsIn().map(numberOf)).toEqual([1, 2, 3]);
    await sending;
    await sink.send([makeEvent(4)]);
    expect(eventsIn().map(numberOf)).toEqual([1, 2, 3, 4]);
  });

  it('writes all batches that several queues have begun', async () => {
    const sink = open();
    const sending = [sink.send([makeEvent(1, long)]), sink.send([makeEvent(2, long)])];
    sink.sendSync([makeEvent(3)]);
    expect(eventsIn().map(numberOf)).toEqual([1, 2, 3]);
    await Promise.all(sending);
    expect(eventsIn().map(numberOf)).toEqual([1, 2, 3]);
  });

  it('writes that batch without events of its own', async () => {
    const sink = open();
    const sending = sink.send([makeEvent(1, long)]);
    sink.sendSync([]);
    expect(eventsIn().map(numberOf)).toEqual([1]);
    await sending;
  });
});

describe('forceFlush and shutdown', () => {
  it('can be called in any order and any number of times', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    await sink.forceFlush();
    await sink.forceFlush();
    await sink.shutdown();
    await sink.forceFlush();
    await sink.shutdown();
    expect(content()).toBe(line(1));
  });

  it('can be called twice at the same time, without closing a descriptor that is in use again', async () => {
    const sink = open();
    await Promise.all([sink.shutdown(), sink.shutdown(), sink.forceFlush()]);
    expect(content()).toBe('');
  });

  it('release the file', async () => {
    // Only Linux lists the open files of a process.
    const openFiles = () =>
      fs.existsSync('/proc/self/fd')
        ? fs.readdirSync('/proc/self/fd').flatMap((fd) => {
            try {
              return [fs.readlinkSync(`/proc/self/fd/${fd}`)];
            } catch {
              return [];
            }
          })
        : [];
    const sink = open();
    if (fs.existsSync('/proc/self/fd')) expect(openFiles()).toContain(file);
    await sink.shutdown();
    expect(openFiles()).not.toContain(file);
  });

  it('reject later events, and never write them to another file with the same descriptor', async () => {
    const sink = open();
    await sink.shutdown();
    const other = path.join(folder, 'other');
    // The system reuses free descriptors: one of these files gets the sink's.
    const fds = Array.from({ length: 20 }, () => fs.openSync(other, 'a'));
    try {
      await expect(sink.send([makeEvent(1)])).rejects.toThrow('shut down');
      sink.sendSync([makeEvent(2)]);
      expect([content(), content(other)]).toEqual(['', '']);
    } finally {
      for (const fd of fds) fs.closeSync(fd);
    }
  });
});

describe('A path that cannot be written', () => {
  it.each<[what: string, place: () => string, reason: string]>([
    ['a folder', () => folder, 'EISDIR'],
    [
      'a file below a file',
      () => {
        fs.writeFileSync(file, '');
        return path.join(file, 'events.jsonl');
      },
      'E(NOTDIR|EXIST)',
    ],
    [
      'a file far below a file',
      () => {
        fs.writeFileSync(file, '');
        return path.join(file, 'a/b/events.jsonl');
      },
      'ENOTDIR',
    ],
    ['a name that is too long', () => path.join(folder, 'x'.repeat(300)), 'ENAMETOOLONG'],
    ['a name that is not allowed', () => path.join(folder, 'a\0b'), 'null bytes'],
  ])('is an error of the constructor with the path and the reason: %s', (_what, place, reason) => {
    const at = place();
    let thrown: unknown;
    try {
      open(at);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    const { message, cause } = thrown as Error;
    expect(message).toContain(`FileSink: option "path" is '${at}', which cannot be written (`);
    expect(message).toMatch(
      new RegExp(`\\(.*${reason}.*\\); it must be a file that this process may create and append to$`),
    );
    expect(cause).toBeInstanceOf(Error);
  });

  it.each<[value: unknown, shown: string]>([
    [undefined, 'missing'],
    [null, 'null'],
    ['', "''"],
    [5, '5'],
    [5n, '5n'],
    [true, 'true'],
    [['events.jsonl'], "['events.jsonl']"],
    [{ file: 'events.jsonl' }, 'an object'],
  ])('is an error of the constructor: %o', (value, shown) => {
    // @ts-expect-error: a caller without types may pass this.
    const construct = () => new FileSink({ path: value });
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(
      `opentelemetry-instrumentation-openai-agents: FileSink: option "path" is ${shown}; it must be the path of a file to append to`,
    );
  });

  it.each<[options: unknown]>([[undefined], [null], ['events.jsonl'], [{}]])(
    'is missing in the options %o',
    (options) => {
      // @ts-expect-error: a caller without types may pass this.
      expect(() => new FileSink(options)).toThrow(
        'FileSink: option "path" is missing; it must be the path of a file to append to',
      );
    },
  );

  it('is not missing in the name of a sink', () => {
    expect(open().name).toBe(`file ${file}`);
  });
});

// A device that accepts no data. Some systems do not have it.
describe.skipIf(!fs.existsSync('/dev/full'))('A full disk', () => {
  it('makes send reject, while flush and shutdown still work', async () => {
    const sink = open('/dev/full');
    await expect(sink.send([makeEvent(1)])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(() => sink.sendSync([makeEvent(2)])).toThrow('ENOSPC');
    await sink.forceFlush();
    await sink.shutdown();
  });

  it('is counted and reported by the queue, which does not throw', async () => {
    const reports: unknown[] = [];
    const sink = Object.assign(open('/dev/full'), { delivery: { retry: false as const } });
    const queue = new EventQueue(sink, {
      maxSize: 100,
      maxBytes: 100_000,
      onError: (message, error) => reports.push([message, (error as NodeJS.ErrnoException).code]),
    });
    for (const event of makeEvents(3)) queue.push({ event, line: JSON.stringify(event) });
    await queue.shutdown();
    expect([queue.stats.delivered, queue.stats.dropped]).toEqual([0, 3]);
    expect(reports).toEqual([['file /dev/full: events could not be delivered and were dropped', 'ENOSPC']]);
  });
});

function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version']);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasPrlimit())('A disk that was full for a while', () => {
  const torn = (size: number) => 'x'.repeat(size);
  const whole = (size: number) => `${'x'.repeat(size - 1)}\n`;

  it.each<[what: string, before: string, room: number, after: string]>([
    [
      'keeps half of an event on a line of its own',
      whole(100),
      150,
      `${whole(100) + line(1).slice(0, 50)}\n`,
    ],
    ['writes no empty line if nothing was written', whole(100), 100, whole(100)],
    ['still ends the unfinished line if nothing was written', torn(100), 100, `${torn(100)}\n`],
    ['does not end the unfinished line again if only its end was written', torn(100), 101, `${torn(100)}\n`],
    [
      'keeps half of an event after an unfinished line',
      torn(100),
      151,
      `${torn(100)}\n${line(1).slice(0, 50)}\n`,
    ],
    [
      'ends the line if everything else was written',
      whole(100),
      100 + line(1).length - 1,
      whole(100) + line(1),
    ],
  ])('%s', (_what, before, room, after) => {
    fs.writeFileSync(file, before);
    const child = runFixture(path.join(import.meta.dirname, 'fixtures/full-disk.ts'), file, String(room));
    expect([child.stdout, child.status]).toEqual(['EFBIG', 0]);
    expect(content()).toBe(after + line(2));
  });

  it.each([
    ['in the middle of the third event', line(1, 2).length + 50, 3],
    ['after the third event', line(1, 2, 3).length, 2],
    ['at the end of the third event, before its line break', line(1, 2, 3).length - 1, 3],
    ['before the first event', 0, 5],
  ])('has each event once and whole if the queue sends again what was cut off %s', (_where, room, rest) => {
    const child = runFixture(
      path.join(import.meta.dirname, 'fixtures/full-disk.ts'),
      file,
      String(room),
      'queue',
    );
    const { retried, ...stats } = JSON.parse(child.stdout);
    expect(stats).toEqual({ failing: true, delivered: 5, dropped: 0 });
    // Each attempt sends the same rest. On a busy machine more than one finds the disk full.
    expect(retried).toBeGreaterThan(0);
    expect(retried % rest, `${retried} events sent again`).toBe(0);
    expect(content()).toBe(line(1, 2, 3, 4, 5));
  });

  it('loses nothing if there is enough room', () => {
    const child = runFixture(path.join(import.meta.dirname, 'fixtures/full-disk.ts'), file, '10000');
    expect([child.stdout, child.status]).toEqual(['none', 0]);
    expect(content()).toBe(line(1, 2));
  });
});
