/** The life of a stream: resumed, left, slow, and many at once. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelServer, Scenario } from '../../../examples/model-server/server.js';
import {
  allEvents,
  picture,
  post,
  type ReceivedEvent,
  readEvents,
  startInProcess,
  startModel,
  startWire,
  type TestService,
  type Wire,
} from './harness.js';

/** The server streams word by word, so each of these words is an event of 64 kB, 19 MB in all. */
const LARGE: Scenario = {
  id: 'large',
  description: 'A long answer in large pieces.',
  match: { lastUserIncludes: 'large answer' },
  steps: [{ reply: { text: Array.from({ length: 300 }, () => 'x'.repeat(65_536)).join(' ') } }],
};

/** Takes half a second. */
const SLOW: Scenario = {
  id: 'slow',
  description: 'Counts, slowly.',
  match: { lastUserIncludes: 'count' },
  steps: [
    {
      faults: [{ fault: 'slow-chunk', ms: 10 }],
      reply: { text: Array.from({ length: 50 }, (_, index) => `${index}`).join(' ') },
    },
  ],
};

/** Takes half a minute, which is longer than any test needs before it leaves. */
const LONG: Scenario = {
  id: 'long',
  description: 'Counts on and on.',
  match: { lastUserIncludes: 'on and on' },
  steps: [
    {
      faults: [{ fault: 'slow-chunk', ms: 20 }],
      reply: { text: Array.from({ length: 1_500 }, (_, index) => `${index}`).join(' ') },
    },
  ],
};

let model: ModelServer;
let wire: Wire;
let service: TestService;

beforeAll(async () => {
  model = await startModel([LARGE, LONG, SLOW]);
});

// A new address of the model each time, to which the client of openai keeps no connection.
beforeEach(async () => {
  wire = await startWire(model);
  service = await startService();
});

/** A client that is to come back in time has half a minute for it. */
function startService(graceMillis = 30_000): Promise<TestService> {
  return startInProcess(wire, {
    HEARTBEAT_SECONDS: '1',
    DISCONNECT_GRACE_MS: String(graceMillis),
    RUN_SECONDS: '60',
  });
}

afterEach(async () => {
  await service.close();
  await wire.close();
});

afterAll(() => model.close());

const COUNT = { input: 'Please count' };
const COUNT_ON = { input: 'Please go on and on' };

function chat(): string {
  return `${service.url}/chat/stream`;
}

/** Reads the first events, and leaves. */
async function firstEvents(body: unknown, count: number): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for await (const event of readEvents({ url: chat(), body })) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

function streamId(events: readonly ReceivedEvent[]): string {
  return events[0]?.id.split(':')[0] ?? '';
}

describe('A stream', () => {
  it('goes on after the last event that the client has, with GET', async () => {
    const first = await firstEvents(COUNT, 20);
    const lastEventId = first.at(-1)?.id ?? '';
    const rest = await allEvents({ url: `${chat()}/${streamId(first)}`, lastEventId });
    expect([...first, ...rest].map(({ n }) => n)).toEqual([...first, ...rest].map((_, index) => index + 1));
    const text = [...first, ...rest].map(({ data }) => data.delta ?? '').join('');
    expect(rest.at(-1)?.data).toMatchObject({ type: 'stream_complete', final_output: text });
  });

  it('goes on with the same POST and a header, without a second run', async () => {
    const before = model.requests.length;
    const first = await firstEvents(COUNT, 10);
    const rest = await allEvents({ url: chat(), body: COUNT, lastEventId: first.at(-1)?.id ?? '' });
    expect(rest[0]?.n).toBe(11);
    expect(rest.at(-1)?.data.type).toBe('stream_complete');
    expect(model.requests.length - before).toBe(1);
  });

  it('goes on with a query parameter, which an EventSource can set', async () => {
    const first = await firstEvents(COUNT, 5);
    const query = new URLSearchParams({ last_event_id: first.at(-1)?.id ?? '' });
    const response = await fetch(`${chat()}/${streamId(first)}?${query}`);
    expect(await response.text()).toContain(`id: ${streamId(first)}:6\n`);
  });

  it('can be read from its beginning when it is over, several times', async () => {
    const events = await allEvents({ url: chat(), body: { input: 'ping' } });
    for (let time = 0; time < 2; time += 1) {
      expect(await allEvents({ url: `${chat()}/${streamId(events)}` })).toEqual(events);
    }
  });

  it('has nothing for a client that has all of it', async () => {
    const events = await allEvents({ url: chat(), body: { input: 'ping' } });
    const headers = { 'last-event-id': events.at(-1)?.id ?? '' };
    expect((await fetch(`${chat()}/${streamId(events)}`, { headers })).status).toBe(204);
    expect((await post(chat(), { input: 'ping' }, headers)).status).toBe(204);
  });

  it('that is not known is gone', async () => {
    const id = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
    const response = await fetch(`${chat()}/${id}`, { headers: { 'last-event-id': `${id}:3` } });
    expect(response.status).toBe(410);
    expect(await response.json()).toMatchObject({ code: 'stream_gone' });
  });

  it('of another agent is gone', async () => {
    const events = await allEvents({ url: chat(), body: { input: 'ping' } });
    expect((await fetch(`${service.url}/assistant/stream/${streamId(events)}`)).status).toBe(410);
    expect((await fetch(`${service.url}/research/stream/${streamId(events)}`)).status).toBe(410);
  });

  it('is not found by an id that is none', async () => {
    const response = await post(chat(), { input: 'ping' }, { 'last-event-id': 'seven' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_last_event_id' });
  });

  it('begins with the time to wait, and has comments while nothing happens', async () => {
    const response = await post(chat(), { input: 'Fail in silence' });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-store');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('heartbeat')) break;
    }
    expect(text).toMatch(
      /^retry: 1000\n\nid: [\da-f-]{36}:1\nevent: stream_started\ndata: .*\n\n: heartbeat\n\n$/,
    );
  });
});

describe('A client that leaves', () => {
  beforeEach(async () => {
    await service.close();
    service = await startService(300);
  });

  it('stops the request to the model', async () => {
    const leaving = new AbortController();
    const body = JSON.stringify({ ...COUNT_ON, session_id: 'left' });
    const response = await fetch(chat(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('long');
    expect(wire.open()).toBe(1);
    leaving.abort();
    await expect.poll(() => wire.open(), { timeout: 30_000 }).toBe(0);
    const received = wire.received();
    await sleep(300);
    expect(wire.received()).toBe(received);

    const next = await post(`${service.url}/chat/run`, { input: 'ping', session_id: 'left' });
    expect(next.status).toBe(200);
  });

  it('and comes back too late finds the reason', async () => {
    const first = await firstEvents(COUNT_ON, 5);
    await expect.poll(() => wire.open(), { timeout: 30_000 }).toBe(0);
    const rest = await allEvents({
      url: `${chat()}/${streamId(first)}`,
      lastEventId: first.at(-1)?.id ?? '',
    });
    expect(rest.at(-1)?.data).toMatchObject({ type: 'error', code: 'client_disconnected' });
  });

  it('stops a run without a stream as well', async () => {
    const leaving = new AbortController();
    const body = JSON.stringify({ input: 'Fail in silence', session_id: 'impatient' });
    const headers = { 'content-type': 'application/json' };
    const answer = fetch(`${service.url}/chat/run`, {
      method: 'POST',
      headers,
      body,
      signal: leaving.signal,
    });
    await expect.poll(() => model.requests.at(-1)?.scenario).toBe('silent');
    expect(wire.open()).toBe(1);
    leaving.abort();
    await expect(answer).rejects.toThrow();
    await expect
      .poll(() => readFile(`${service.folder}/service.log`, 'utf8'))
      .toContain('"client_left":true');
    await expect.poll(() => wire.open(), { timeout: 30_000 }).toBe(0);
  });
});

describe('A client that does not read', () => {
  it('holds the model back, and gets everything when it reads on', async () => {
    const { hostname, port } = new URL(service.url);
    const body = JSON.stringify({ input: 'A large answer, please' });
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `POST /chat/stream HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
        `content-length: ${body.length}\r\n\r\n${body}`,
    );
    const before = wire.received();
    // The buffers of the sockets on the way take some megabytes.
    const settled = async () => {
      for (let last = -1; last !== wire.received(); await sleep(500)) last = wire.received();
      return wire.received() - before;
    };
    await expect.poll(() => wire.received() - before).toBeGreaterThan(500_000);
    const held = await settled();
    expect(held).toBeLessThan(16_000_000);

    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'end');
    expect(wire.received() - before).toBeGreaterThan(held);
    const text = Buffer.concat(chunks).toString('latin1');
    const numbers = Array.from(text.matchAll(/\nid: [\da-f-]+:(\d+)\r?\n/g), ([, n]) => Number(n));
    // The start, each word, the message and the end.
    expect(numbers).toEqual(Array.from({ length: 303 }, (_, index) => index + 1));
    expect(text).toContain('event: stream_complete');
  });
});

describe('200 streams at once', () => {
  it('all arrive whole and in order', async () => {
    const streams = await Promise.all(
      Array.from({ length: 200 }, (_, index) => allEvents({ url: chat(), body: { input: `ping ${index}` } })),
    );
    for (const events of streams) {
      expect(picture(events)).toEqual([
        'stream_started',
        'raw_response text_delta',
        'run_item message',
        'stream_complete',
      ]);
      expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1));
    }
    expect(new Set(streams.map(streamId)).size).toBe(200);
  });
});
