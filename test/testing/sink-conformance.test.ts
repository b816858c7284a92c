import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { decodeBatch, decodeEventRequest } from '../../src/chaukas/wire/event-binary.js';
import { batchFromRestJson, eventFromRestJson } from '../../src/chaukas/wire/event-rest-json.js';
import { fromCloudEvent } from '../../src/cloudevents/cloud-event.js';
import { fromHttpMessage } from '../../src/cloudevents/http-binding.js';
import { ChaukasApiSink } from '../../src/sinks/chaukas-api-sink.js';
import { DeliveryError } from '../../src/sinks/delivery-error.js';
import type { EventSink } from '../../src/sinks/event-sink.js';
import { FileSink } from '../../src/sinks/file-sink.js';
import { HttpSink } from '../../src/sinks/http-sink.js';
import { MemorySink } from '../../src/sinks/memory-sink.js';
import { OtlpLogSink } from '../../src/sinks/otlp-log-sink.js';
import { type SinkUnderTest, sinkConformance } from '../../src/testing/index.js';
import { fixtureCommand, PROJECT } from '../run-fixture.js';
import { accept, type Received, startReceiver, status } from '../sinks/http/receiver.js';

/** A sink that posts, with a receiver that fails and hangs. */
async function posting(
  make: (url: string) => EventSink,
  read: (request: Received) => ChaukasEvent[],
): Promise<SinkUnderTest> {
  const receiver = await startReceiver();
  const accepted: ChaukasEvent[] = [];
  const take: typeof accept = (response, request) => {
    accepted.push(...read(request));
    accept(response, request);
  };
  receiver.answer = take;
  const restore = () => {
    receiver.answer = take;
  };
  return {
    sink: make(receiver.url),
    received: () => accepted,
    fail() {
      // A sink with a request for each event has delivered two then.
      let n = 0;
      receiver.answer = (response, request) =>
        isOneEvent(request) && n++ < 2 ? take(response, request) : status(503)(response, request);
      return restore;
    },
    hang() {
      receiver.answer = () => {};
      return restore;
    },
  };
}

/** Whether HttpSink has posted one of several events. */
function isOneEvent({ path: address, headers }: Received): boolean {
  return address === '/events' && !/batch/.test(String(headers['content-type']));
}

const api = (encoding: 'protobuf' | 'json') =>
  posting(
    (url) => new ChaukasApiSink({ endpoint: `${url}/v1`, apiKey: 'key', encoding }),
    ({ path: address, body }) => {
      const isBatch = address.endsWith('/batch');
      if (encoding === 'protobuf')
        return isBatch ? [...decodeBatch(body).events] : [decodeEventRequest(body)];
      return isBatch ? [...batchFromRestJson(String(body)).events] : [eventFromRestJson(String(body))];
    },
  );
const http = (mode: 'batched' | 'structured' | 'binary') =>
  posting(
    (url) => new HttpSink({ url: `${url}/events`, mode }),
    ({ headers, body }) => fromHttpMessage(headers, body).map(fromCloudEvent),
  );

function file(): SinkUnderTest {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  const target = path.join(folder, 'events.jsonl');
  return {
    sink: new FileSink({ path: target }),
    received: () =>
      fs
        .readFileSync(target, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ChaukasEvent),
    close: () => fs.rmSync(folder, { recursive: true }),
  };
}

function memory(): SinkUnderTest {
  const sink = new MemorySink();
  return { sink, received: () => sink.events };
}

function otlp(): SinkUnderTest {
  const bodies: string[] = [];
  let state: 'takes' | 'fails' | 'hangs' = 'takes';
  const become = (next: typeof state) => () => {
    state = next;
    return () => {
      state = 'takes';
    };
  };
  const exporter = {
    export(records: object[], done: (result: { code: number }) => void) {
      if (state === 'hangs') return;
      if (state === 'takes') bodies.push(...(records as { body: string }[]).map(({ body }) => body));
      done({ code: state === 'takes' ? 0 : 1 });
    },
    shutdown: async () => {},
  };
  return {
    sink: new OtlpLogSink({ exporter, rawLine: true }),
    received: () => bodies.map((body) => JSON.parse(body) as ChaukasEvent),
    fail: become('fails'),
    hang: become('hangs'),
  };
}

describe.each<[name: string, open: () => SinkUnderTest | Promise<SinkUnderTest>]>([
  ['MemorySink', memory],
  ['FileSink', file],
  ['ChaukasApiSink with protobuf', () => api('protobuf')],
  ['ChaukasApiSink with JSON', () => api('json')],
  ['HttpSink in batched mode', () => http('batched')],
  ['HttpSink in structured mode', () => http('structured')],
  ['HttpSink in binary mode', () => http('binary')],
  ['OtlpLogSink', otlp],
])('%s', (_name, open) => {
  for (const { name, run } of sinkConformance(open)) test(name, run);
});

it('StdoutSink, whose output goes to a file, passes each case', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const output = path.join(folder, 'stdout');
  const fixture = path.join(import.meta.dirname, 'fixtures/stdout-conformance.ts');
  const [command, args] = fixtureCommand(fixture, output);
  const stdout = fs.openSync(output, 'a');
  const { stderr } = spawnSync(command, args, { cwd: PROJECT, stdio: ['ignore', stdout, 'pipe'] });
  fs.closeSync(stdout);
  const passed = sinkConformance(memory).map(({ name }) => `passed: ${name}`);
  expect(String(stderr).trimEnd().split('\n')).toEqual(passed);
});

/** Returns the names of the cases that a sink does not pass. */
async function failedCases(open: () => SinkUnderTest): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of sinkConformance(open)) {
    await run().catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ERR_ASSERTION' });
      failed.push(name);
    });
  }
  return failed;
}

type Methods = Partial<EventSink> & Partial<SinkUnderTest>;

/** A sink into an array, with the methods that are given. */
function faulty(methods: (kept: ChaukasEvent[]) => Methods): SinkUnderTest {
  const kept: ChaukasEvent[] = [];
  const { fail, hang, ...sink } = methods(kept);
  const send = async (events: readonly ChaukasEvent[]) => void kept.push(...structuredClone([...events]));
  return {
    sink: { name: 'faulty', send, forceFlush: async () => {}, shutdown: async () => {}, ...sink },
    received: () => kept,
    ...(fail && { fail }),
    ...(hang && { hang }),
  };
}

/** A sink that rejects with an error while its destination fails. */
function failing(error: Error): (kept: ChaukasEvent[]) => Methods {
  return (kept) => {
    let fails = false;
    return {
      async send(events) {
        if (fails) throw error;
        kept.push(...events);
      },
      fail() {
        fails = true;
        return () => {
          fails = false;
        };
      },
    };
  };
}

const ORDER = [
  'delivers a batch in order and unchanged before its promise resolves',
  'delivers one batch after another',
  'delivers a single event, and one that is large',
  'keeps what it has delivered when it is flushed and shut down',
];
const FAILURE = 'rejects while its destination fails, and delivers everything afterwards';
const ABORT = 'rejects when the time of an attempt is over, and delivers everything afterwards';

/** Sinks with a fault, and the cases that must find it. */
const FAULTS: readonly (readonly [
  what: string,
  methods: (kept: ChaukasEvent[]) => Methods,
  found: readonly string[],
])[] = [
  ['has no name', () => ({ name: '' }), ['has a name', 'has a name without credentials and query']],
  [
    'has a password in its name',
    () => ({ name: 'warehouse https://user:secret@db.example/events' }),
    ['has a name without credentials and query'],
  ],
  [
    'resolves before it has delivered',
    (kept) => ({
      async send(events) {
        const timer = setTimeout(() => kept.push(...events), 50);
        onTestFinished(() => clearTimeout(timer));
      },
    }),
    ORDER,
  ],
  [
    'loses a member',
    (kept) => ({
      async send(events) {
        for (const { tags, ...event } of events) kept.push(event as ChaukasEvent);
      },
    }),
    ORDER,
  ],
  [
    'turns a batch around',
    (kept) => ({ send: async (events) => void kept.push(...[...events].reverse()) }),
    ORDER.filter((name) => !name.includes('single')),
  ],
  [
    'cuts large events',
    (kept) => ({
      async send(events) {
        for (const event of events) {
          kept.push(JSON.stringify(event).length > 65_536 ? { ...event, tool_response: {} } : event);
        }
      },
    }),
    ['delivers a single event, and one that is large'],
  ],
  [
    'changes events',
    (kept) => ({
      async send(events) {
        kept.push(...structuredClone([...events]));
        for (const event of events) delete event.tags;
      },
    }),
    ['does not change the events, which other sinks get as well', ...ORDER],
  ],
  [
    'cannot be shut down twice',
    () => {
      let isOpen = true;
      return {
        async shutdown() {
          if (!isOpen) throw new Error('not open');
          isOpen = false;
        },
      };
    },
    ['flushes and shuts down without an event, and twice'],
  ],
  [
    'loses at its shutdown what it has delivered',
    (kept) => ({ shutdown: async () => void kept.splice(0) }),
    ['keeps what it has delivered when it is flushed and shut down'],
  ],
  [
    'does nothing in sendSync',
    () => ({ sendSync: () => {} }),
    ['delivers synchronously, if it has sendSync'],
  ],
  [
    'hides a failure',
    (kept) => {
      let isDown = false;
      return {
        send: async (events) => void (isDown || kept.push(...events)),
        fail() {
          isDown = true;
          return () => {
            isDown = false;
          };
        },
      };
    },
    [FAILURE],
  ],
  [
    'does not recover from a failure',
    (kept) => {
      let isBroken = false;
      return {
        async send(events) {
          if (isBroken) throw new Error('broken');
          kept.push(...events);
        },
        fail() {
          isBroken = true;
          return () => {};
        },
      };
    },
    [FAILURE],
  ],
  [
    'refuses events for good if its destination is down',
    failing(new DeliveryError('down', { outcome: 'refused' })),
    [FAILURE],
  ],
  [
    'counts events as delivered that are not',
    failing(new DeliveryError('down', { outcome: 'retry', delivered: 2 })),
    [FAILURE],
  ],
  [
    'does not heed its signal',
    (kept) => {
      let hangs = false;
      return {
        send: (events) => (hangs ? new Promise(() => {}) : Promise.resolve(void kept.push(...events))),
        hang() {
          hangs = true;
          return () => {
            hangs = false;
          };
        },
      };
    },
    [ABORT],
  ],
];

describe('A sink', { timeout: 60_000 }, () => {
  it('that does everything passes', async () => {
    expect(await failedCases(() => faulty(failing(new Error('down'))))).toEqual([]);
  });

  it('whose destination takes events from the second attempt on passes', async () => {
    const hesitant = (kept: ChaukasEvent[]): Methods => {
      let refusals = 0;
      return {
        async send(events) {
          refusals -= 1;
          if (refusals >= 0) throw new DeliveryError('not yet', { outcome: 'retry' });
          kept.push(...events);
        },
        fail() {
          refusals = 3;
          return () => {
            refusals = 1;
          };
        },
      };
    };
    expect(await failedCases(() => faulty(hesitant))).toEqual([]);
  });

  it.each(FAULTS)('that %s is found', async (_what, methods, found) => {
    const failed = await failedCases(() => faulty(methods));
    expect(failed.toSorted()).toEqual(found.toSorted());
  });

  it('can fail in each case', () => {
    const found = new Set(FAULTS.flatMap(([, , names]) => names));
    expect([...found].toSorted()).toEqual(
      sinkConformance(memory)
        .map(({ name }) => name)
        .toSorted(),
    );
  });
});
