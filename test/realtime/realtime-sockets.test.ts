import { connect as connectTcp } from 'node:net';
import { OpenAI } from 'openai';
import * as betaSockets from 'openai/beta/realtime/ws';
import * as platformSockets from 'openai/realtime/websocket';
import * as nodeSockets from 'openai/realtime/ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { type RealtimeServer, SOUND, startRealtimeServer, USAGE } from './realtime-server.js';

let harness: Harness;
let server: RealtimeServer;
let client: OpenAI;
const platformSocket = globalThis.WebSocket;

/** The clients want TLS, which these connections leave out. */
const options = () => ({ createConnection: () => connectTcp(Number(new URL(server.url).port), '127.0.0.1') });

beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
  for (const sockets of [nodeSockets, platformSockets, betaSockets]) {
    harness.instrumentation.manuallyInstrument({ sockets });
  }
  server = await startRealtimeServer();
  client = new OpenAI({ apiKey: 'k', baseURL: server.url.replace('ws:', 'https:').replace('/realtime', '') });
  // Node has one from 22 on, which takes no connection of the application.
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, options() as object);
    }
  } as unknown as typeof globalThis.WebSocket;
});
beforeEach(() => harness.reset());
afterAll(async () => {
  globalThis.WebSocket = platformSocket;
  await server.close();
  await harness.stop();
});

interface Socket {
  on(type: 'event' | 'error', listener: (event: { type: string }) => void): unknown;
  send(event: never): void;
  close(): void;
}

const model = 'gpt-realtime';
const CLIENTS: readonly (readonly [name: string, make: () => Socket])[] = [
  [
    'OpenAIRealtimeWS',
    () => new nodeSockets.OpenAIRealtimeWS({ model, options: options() as never }, client) as Socket,
  ],
  [
    'OpenAIRealtimeWebSocket',
    () => new platformSockets.OpenAIRealtimeWebSocket({ model }, client) as unknown as Socket,
  ],
  [
    'OpenAIRealtimeWS of the beta',
    () =>
      new betaSockets.OpenAIRealtimeWS({ model, options: options() as never }, client) as unknown as Socket,
  ],
];

async function connect(make: () => Socket): Promise<{ socket: Socket; events: string[]; errors: unknown[] }> {
  const socket = make();
  const events: string[] = [];
  const errors: unknown[] = [];
  socket.on('event', ({ type }) => events.push(type));
  socket.on('error', (error) => errors.push(error));
  await expect.poll(() => events, { interval: 2 }).toContain('session.created');
  return { socket, events, errors };
}

const ask = (socket: Socket, text: string) => {
  const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
  socket.send({ type: 'conversation.item.create', item } as never);
  socket.send({ type: 'response.create' } as never);
};

const spansEnded = (count: number) => expect.poll(() => harness.spans().length, { interval: 2 }).toBe(count);

describe.each(CLIENTS)('A connection of %s', (_name, make) => {
  it('is a span with its responses beneath it', async () => {
    const { socket, events, errors } = await connect(make);
    server.replies.push({ speech: 'Hello there.', usage: USAGE });
    ask(socket, 'Good morning');
    await spansEnded(1);
    socket.close();
    await spansEnded(2);
    expect(spanTree(harness.spans())).toEqual([
      'realtime gpt-realtime [INTERNAL]',
      '  chat gpt-realtime [CLIENT]',
    ]);
    const [call, connection] = harness.spans();
    expect(call?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-realtime',
      'gen_ai.usage.input_tokens': 200,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.input.messages': expect.stringContaining('Good morning'),
      'gen_ai.output.messages': expect.stringContaining('Hello there.'),
    });
    expect(connection?.attributes).toMatchObject({
      'openai_agents.span.type': 'realtime',
      'openai_agents.realtime.session.id': expect.stringMatching(/^sess_/),
      'server.address': '127.0.0.1',
      'gen_ai.usage.output_tokens': 100,
    });
    expect(connection?.status.code).toBe(0);
    const recorded = JSON.stringify([
      harness.spans().map(({ attributes }) => attributes),
      await harness.events(),
    ]);
    expect(recorded).not.toContain(SOUND);
    expect(recorded).not.toContain('invoke_agent');
    expect((await harness.events()).map(({ type }) => type.slice('EVENT_TYPE_'.length))).toEqual([
      'SESSION_START',
      'MODEL_INVOCATION_START',
      'MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(events).toContain('response.done');
    expect(errors).toEqual([]);
  });

  it.each<[how: string, end: (socket: Socket) => void, outcome: string]>([
    ['the connection is lost in a response', () => server.peer.socket.terminate(), 'connection_closed'],
    ['the application closes it', (socket) => socket.close(), 'cancelled'],
    ['the instrumentation is disabled', () => harness.instrumentation.disable(), 'cancelled'],
  ])('ends its response if %s', async (_how, end, outcome) => {
    const { socket, events } = await connect(make);
    server.replies.push({ speech: 'Hello', unfinished: true });
    ask(socket, 'Good morning');
    await expect.poll(() => events).toContain('response.created');
    end(socket);
    await spansEnded(2);
    const [call] = harness.spans();
    expect(call?.attributes['openai_agents.outcome'] ?? call?.attributes['error.type']).toBe(outcome);
    expect(harness.openSpanCount()).toBe(0);
    harness.instrumentation.enable();
    socket.close();
  });

  it('has an error after which it continues', async () => {
    const { socket, errors } = await connect(make);
    server.peer.send({ type: 'error', error: { type: 'invalid_request_error', code: 'bad', message: 'no' } });
    await expect.poll(() => errors.length).toBe(1);
    socket.close();
    await spansEnded(1);
    const [connection] = harness.spans();
    expect(connection?.events.map(({ name, attributes }) => [name, attributes?.['error.type']])).toEqual([
      ['openai_agents.realtime.error', 'bad'],
    ]);
    expect(connection?.status.code).toBe(0);
  });
});

/** Endings, refusals and waits are those of a session: `connection-endings.test.ts` has the whole table. */
describe.each(CLIENTS)('A connection of %s', (_name, make) => {
  const called = async (socket: Socket, events: string[]) => {
    server.replies.push({ calls: [{ name: 'work', callId: 'call_1', arguments: '{}' }] });
    ask(socket, 'Work!');
    await expect.poll(() => events, { interval: 2 }).toContain('response.done');
  };

  it.each<[due: string | undefined, prepare: (socket: Socket, events: string[]) => unknown]>([
    [undefined, (_socket, events) => events.length],
    [
      'question',
      async (socket) => {
        ask(socket, 'Where is it?');
        await expect
          .poll(() => server.peer.received.map(({ type }) => type), { interval: 2 })
          .toContain('response.create');
      },
    ],
    [
      'speech',
      async (_socket, events) => {
        server.peer.send({ type: 'input_audio_buffer.speech_started', item_id: 'item_1', audio_start_ms: 0 });
        await expect.poll(() => events, { interval: 2 }).toContain('input_audio_buffer.speech_started');
      },
    ],
    [
      'reply',
      async (_socket, events) => {
        server.peer.hear();
        await expect.poll(() => events, { interval: 2 }).toContain('conversation.item.done');
      },
    ],
    ['tool', called],
  ])('that is lost while %s is due is an error with its close code', async (due, prepare) => {
    for (const [end, code, isError] of [
      [() => server.peer.socket.terminate(), 1006, true],
      [() => server.peer.socket.close(1011), 1011, true],
      [() => server.peer.socket.close(1001), 1001, due !== undefined],
      [() => server.peer.socket.close(1000), 1000, false],
    ] as const) {
      await harness.reset();
      const { socket, events } = await connect(make);
      await prepare(socket, events);
      end();
      await expect.poll(() => harness.openSpanCount(), { interval: 2 }).toBe(0);
      const connection = harness.spans().find(({ name }) => name.startsWith('realtime'));
      expect([code, connection?.status.code === 2]).toEqual([code, isError]);
      expect(connection?.attributes['openai_agents.realtime.close.code']).toBe(code);
      expect(connection?.attributes['openai_agents.realtime.due']).toBe(due);
      if (isError) expect(connection?.attributes['error.type']).toBe('connection_closed');
    }
  });

  it('waits for no tool that the application has answered', async () => {
    const { socket, events } = await connect(make);
    await called(socket, events);
    const item = { type: 'function_call_output', call_id: 'call_1', output: 'done' };
    socket.send({ type: 'conversation.item.create', item } as never);
    socket.close();
    await expect.poll(() => harness.openSpanCount(), { interval: 2 }).toBe(0);
    const connection = harness.spans().find(({ name }) => name.startsWith('realtime'));
    expect(connection?.attributes).not.toHaveProperty('openai_agents.realtime.due');
  });

  it('has a failed call for a request that is refused, and counts the wait from the request', async () => {
    const { socket } = await connect(make);
    socket.send({ type: 'response.create', event_id: 'mine' } as never);
    await expect.poll(() => server.peer.received.length, { interval: 2 }).toBeGreaterThan(0);
    const error = { type: 'server_error', code: 'rate_limit_exceeded', message: 'no', event_id: 'mine' };
    server.peer.send({ type: 'error', error });
    await spansEnded(1);
    ask(socket, 'Again');
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.peer.respond({ text: 'Hello' });
    await spansEnded(2);
    socket.close();
    await spansEnded(3);
    const [refused, answered, connection] = harness.spans();
    expect(refused?.attributes).toMatchObject({
      'error.type': 'rate_limit_exceeded',
      'openai_agents.realtime.request.id': 'mine',
    });
    expect(answered?.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0.09);
    expect(connection?.status.code).toBe(0);
  });
});

describe('A connection that cannot be made', () => {
  it('is a span with the error', async () => {
    const refused = new OpenAI({ apiKey: 'k', baseURL: 'https://127.0.0.1:9/v1' });
    const socket = new nodeSockets.OpenAIRealtimeWS({ model }, refused);
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    await spansEnded(1);
    const [connection] = harness.spans();
    expect(connection?.name).toBe('realtime gpt-realtime');
    expect(connection?.attributes['error.type']).toBe('ECONNREFUSED');
    expect(connection?.status.code).toBe(2);
    expect(errors).toHaveLength(1);
  });
});
