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

/** The file's events; each line has to be one, and the last one ended. */
function eventsIn(at = file): ChaukasEvent[] {
  const lines = content(at).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((each) => JSON.parse(each));
}

describe('a new file', () => {
  it("is there at once, and its owner's alone", () => {
    open();
    expect([content(), modeOf(file)]).toEqual(['', '600']);
  });

  it('is made together with the folders above it', async () => {
    const deep = path.join(folder, 'a/b/c/events.jsonl');
    await open(deep).send([makeEvent(1)]);
    expect([content(deep), modeOf(deep)]).toEqual([line(1), '600']);
  });

  it('may stand beside the working folder by its bare name', async () => {
    const name = path.relative(process.cwd(), file);
    await open(name).send([makeEvent(1)]);
    expect(content()).toBe(line(1));
  });
});

describe('an existing file', () => {
  it.each(['644', '640', '600', '666'])('keeps its mode %s and its content', async (mode) => {
    fs.writeFileSync(file, line(1));
    fs.chmodSync(file, mode);
    await open().send([makeEvent(2)]);
    expect([content(), modeOf(file)]).toEqual([line(1, 2), mode]);
  });

  it.each<[what: string, before: string, after: string]>([
    ['is empty', '', ''],
    ['ends with a whole line', line(1), line(1)],
    ['ends in the middle of a line', `${line(1)}{"event_id":"ev`, `${line(1)}{"event_id":"ev\n`],
    ['has a line without its end', line(1).trimEnd(), line(1)],
  ])('%s: what is written begins a line of its own', async (_what, before, after) => {
    fs.writeFileSync(file, before);
    const sink = open();
    await sink.send([makeEvent(2)]);
    await sink.send([makeEvent(3)]);
    expect(content()).toBe(after + line(2, 3));
  });

  it('is not touched before there is an event', () => {
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
  it('appends one line an event, whatever is in it', async () => {
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

  it('writes nothing for no events', async () => {
    await open().send([]);
    expect(content()).toBe('');
  });
});

describe('sendSync', () => {
  it('has written when it returns, after what was sent before', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    sink.sendSync([makeEvent(2), makeEvent(3)]);
    expect(content()).toBe(line(1, 2, 3));
  });

  it('closes a torn line too', () => {
    fs.writeFileSync(file, '{"torn"');
    open().sendSync([makeEvent(1)]);
    expect(content()).toBe(`{"torn"\n${line(1)}`);
  });

  it('stands after a batch that is still being written', async () => {
    const sink = open();
    // Node writes in a few threads; with each of them busy, the batch has not even begun when sendSync is called.
    for (let thread = 0; thread < 8; thread += 1) pbkdf2('x', 'y', 20_000, 64, 'sha512', () => {});
    const sending = sink.send(makeEvents(2000));
    sink.sendSync([makeEvent(2001)]);
    await sending;
    expect(eventsIn().map(numberOf)).toEqual(Array.from({ length: 2001 }, (_, index) => index + 1));
  });
});

describe('forceFlush and shutdown', () => {
  it('can be called in any order and as often as one likes', async () => {
    const sink = open();
    await sink.send([makeEvent(1)]);
    await sink.forceFlush();
    await sink.forceFlush();
    await sink.shutdown();
    await sink.forceFlush();
    await sink.shutdown();
    expect(content()).toBe(line(1));
  });

  it("can be called twice at once: what is closed twice may be somebody else's the second time", async () => {
    const sink = open();
    await Promise.all([sink.shutdown(), sink.shutdown(), sink.forceFlush()]);
    expect(content()).toBe('');
  });

  it('release the file', async () => {
    // Linux lists what a process has open; elsewhere there is nothing to look at.
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

  it("refuse what is sent afterwards, and never write it to what has the file's number now", async () => {
    const sink = open();
    await sink.shutdown();
    const other = path.join(folder, 'other');
    // The system gives the number that is free: one of these has the one that the sink had.
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

describe('a path that cannot be written to', () => {
  it.each<[what: string, place: () => string, reason: string]>([
    ['a folder', () => folder, 'EISDIR'],
    [
      'a file beneath a file',
      () => {
        fs.writeFileSync(file, '');
        return path.join(file, 'events.jsonl');
      },
      'E(NOTDIR|EXIST)',
    ],
    [
      'a file far beneath a file',
      () => {
        fs.writeFileSync(file, '');
        return path.join(file, 'a/b/events.jsonl');
      },
      'ENOTDIR',
    ],
    ['a name that is too long', () => path.join(folder, 'x'.repeat(300)), 'ENAMETOOLONG'],
    ['a name that no file can have', () => path.join(folder, 'a\0b'), 'null bytes'],
  ])('%s: the constructor says which and why', (_what, place, reason) => {
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
  ])('%o: the constructor says what it needs', (value, shown) => {
    // @ts-expect-error: what a caller without types may write.
    const construct = () => new FileSink({ path: value });
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(
      `opentelemetry-instrumentation-openai-agents: FileSink: option "path" is ${shown}; it must be the path of a file to append to`,
    );
  });

  it.each<[options: unknown]>([[undefined], [null], ['events.jsonl'], [{}]])(
    '%o for options: the same',
    (options) => {
      // @ts-expect-error: what a caller without types may write.
      expect(() => new FileSink(options)).toThrow(
        'FileSink: option "path" is missing; it must be the path of a file to append to',
      );
    },
  );

  it('has a name for diagnostics that says which file', () => {
    expect(open().name).toBe(`file ${file}`);
  });
});

// A device that takes no data; a system without it has nothing to test with.
describe.skipIf(!fs.existsSync('/dev/full'))('a disk that is full', () => {
  it('rejects what is sent, and can be flushed and shut down', async () => {
    const sink = open('/dev/full');
    await expect(sink.send([makeEvent(1)])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(() => sink.sendSync([makeEvent(2)])).toThrow('ENOSPC');
    await sink.forceFlush();
    await sink.shutdown();
  });

  it('is counted and told by the queue, and nothing is thrown', async () => {
    const told: unknown[] = [];
    const queue = new EventQueue(open('/dev/full'), {
      maxSize: 100,
      onError: (message, error) => told.push([message, (error as NodeJS.ErrnoException).code]),
    });
    for (const event of makeEvents(3)) queue.push({ event, line: JSON.stringify(event) });
    await queue.shutdown();
    expect([queue.delivered, queue.dropped]).toEqual([0, 3]);
    expect(told).toEqual([['file /dev/full: events could not be delivered and were dropped', 'ENOSPC']]);
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

describe.skipIf(!hasPrlimit())('a disk that was full for a while', () => {
  const torn = (size: number) => 'x'.repeat(size);
  const whole = (size: number) => `${'x'.repeat(size - 1)}\n`;

  it.each<[what: string, before: string, room: number, after: string]>([
    [
      'half of an event was written: the rest is another line',
      whole(100),
      150,
      `${whole(100) + line(1).slice(0, 50)}\n`,
    ],
    ['nothing was written: nothing is between the lines', whole(100), 100, whole(100)],
    ['nothing was written, and the line before is torn still', torn(100), 100, `${torn(100)}\n`],
    ['nothing but the end of the torn line was written', torn(100), 101, `${torn(100)}\n`],
    [
      'half of an event was written after a torn line',
      torn(100),
      151,
      `${torn(100)}\n${line(1).slice(0, 50)}\n`,
    ],
    ['all but the end of the line was written', whole(100), 100 + line(1).length - 1, whole(100) + line(1)],
  ])('%s', (_what, before, room, after) => {
    fs.writeFileSync(file, before);
    const child = runFixture(path.join(import.meta.dirname, 'fixtures/full-disk.ts'), file, String(room));
    expect([child.stdout, child.status]).toEqual(['EFBIG', 0]);
    expect(content()).toBe(after + line(2));
  });

  it('with room enough nothing is lost', () => {
    const child = runFixture(path.join(import.meta.dirname, 'fixtures/full-disk.ts'), file, '10000');
    expect([child.stdout, child.status]).toEqual(['none', 0]);
    expect(content()).toBe(line(1, 2));
  });
});
