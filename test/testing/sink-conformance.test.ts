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
import type { EventSink } from '../../src/sinks/event-sink.js';
import { FileSink } from '../../src/sinks/file-sink.js';
import { HttpSink } from '../../src/sinks/http-sink.js';
import { MemorySink } from '../../src/sinks/memory-sink.js';
import { OtlpLogSink } from '../../src/sinks/otlp-log-sink.js';
import { type SinkUnderTest, sinkConformance } from '../../src/testing/index.js';
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

/** A sink into an array, with the methods that are given. */
function faulty(
  methods: (kept: ChaukasEvent[]) => Partial<EventSink> & Partial<SinkUnderTest>,
): SinkUnderTest {
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

describe('A sink', { timeout: 60_000 }, () => {
  const ORDER = [
    'delivers a batch in order and unchanged before its promise resolves',
    'delivers one batch after another',
    'delivers a single event, and one that is large',
    'keeps what it has delivered when it is flushed and shut down',
  ];

  it('that does everything passes', async () => {
    expect(await failedCases(() => faulty(() => ({})))).toEqual([]);
  });

  it('that resolves before it has delivered is found', async () => {
    const late = () =>
      faulty((kept) => ({
        async send(events) {
          const timer = setTimeout(() => kept.push(...events), 50);
          onTestFinished(() => clearTimeout(timer));
        },
      }));
    expect(await failedCases(late)).toEqual(ORDER);
  });

  it('that loses a member is found', async () => {
    const lossy = () =>
      faulty((kept) => ({
        async send(events) {
          for (const { tags, ...event } of events) kept.push(event as ChaukasEvent);
        },
      }));
    expect(await failedCases(lossy)).toEqual(ORDER);
  });

  it('that changes events is found', async () => {
    const changing = () =>
      faulty((kept) => ({
        async send(events) {
          kept.push(...structuredClone([...events]));
          for (const event of events) delete event.tags;
        },
      }));
    expect(await failedCases(changing)).toContain(
      'does not change the events, which other sinks get as well',
    );
  });

  it('that hides a failure is found', async () => {
    const hiding = () => faulty(() => ({ send: async () => {}, fail: () => () => {} }));
    expect(await failedCases(hiding)).toContain(
      'rejects while its destination fails, and delivers everything afterwards',
    );
  });

  it('that does not heed its signal is found', async () => {
    const deaf = () =>
      faulty((kept) => {
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
      });
    expect(await failedCases(deaf)).toEqual([
      'rejects when the time of an attempt is over, and delivers everything afterwards',
    ]);
  });
});
