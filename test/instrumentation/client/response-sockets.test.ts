import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAI } from 'openai';
import * as responsesSockets from 'openai/resources/responses/ws';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Harness, startHarness } from '../../harness/telemetry.js';

let harness: Harness;
let sockets: WebSocketServer;
let client: OpenAI;
/** The server's side of the newest connection. */
let peer: WebSocket;
let received: Record<string, unknown>[] = [];

beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
  harness.instrumentation.manuallyInstrument({ sockets: responsesSockets });
  const server = createServer().listen(0, '127.0.0.1');
  sockets = new WebSocketServer({ server });
  await new Promise((resolve) => server.once('listening', resolve));
  sockets.on('connection', (socket) => {
    peer = socket;
    socket.on('message', (data) => received.push(JSON.parse(String(data)) as Record<string, unknown>));
  });
  sockets.on('close', () => server.close());
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1` });
});
beforeEach(async () => {
  received = [];
  await harness.reset();
});
afterAll(async () => {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  await harness.stop();
});

type Socket = responsesSockets.ResponsesWS;

async function connect(): Promise<{ socket: Socket; events: string[]; errors: unknown[] }> {
  const connected = new Promise((resolve) => sockets.once('connection', resolve));
  const socket = new responsesSockets.ResponsesWS(client);
  const events: string[] = [];
  const errors: unknown[] = [];
  socket.on('event', ({ type }) => events.push(type));
  socket.on('error', (error) => errors.push(error));
  await connected;
  return { socket, events, errors };
}

const request = (input: string, options: object = {}) =>
  ({ type: 'response.create', model: 'gpt-5', input, ...options }) as never;

async function sent(count: number): Promise<void> {
  await expect.poll(() => received.length, { interval: 2 }).toBe(count);
}

async function spansEnded(count: number): Promise<void> {
  await expect.poll(() => harness.spans().length, { interval: 2 }).toBe(count);
}

function answer(id: string, options: { lane?: string; status?: string; tokens?: number } = {}): void {
  const { lane, status = 'completed', tokens = 5 } = options;
  const send = (event: object) =>
    peer.send(JSON.stringify({ ...event, ...(lane !== undefined && { stream_id: lane }) }));
  const message = {
    type: 'message',
    id: `m_${id}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: `Answer ${id}`, annotations: [] }],
  };
  const response = { id, object: 'response', model: 'gpt-5-2026', status: 'in_progress', output: [] };
  send({ type: 'response.created', response });
  send({ type: 'response.output_item.done', output_index: 0, item: message });
  send({
    type: `response.${status}`,
    response: {
      ...response,
      status,
      output: [message],
      usage: { input_tokens: 7, output_tokens: tokens, total_tokens: 7 + tokens },
      ...(status === 'failed' && { error: { code: 'server_error', message: 'no' } }),
      ...(status === 'incomplete' && { incomplete_details: { reason: 'max_output_tokens' } }),
    },
  });
}

const outcomes = () =>
  harness
    .spans()
    .map(({ name, attributes, status }) => [
      name,
      attributes['gen_ai.response.id'],
      attributes['openai_agents.outcome'] ?? attributes['error.type'] ?? status.code,
    ]);

describe('A response over the WebSocket of openai', () => {
  it('is a model call with its tokens, content and events', async () => {
    const { socket, events, errors } = await connect();
    await harness.provider.getTracer('app').startActiveSpan('work', async (work) => {
      socket.send(request('hi', { instructions: 'Be brief.' }));
      work.end();
    });
    await sent(1);
    answer('resp_1');
    await spansEnded(2);
    const [work, call] = harness.spans();
    expect([work?.name, call?.name]).toEqual(['work', 'chat gpt-5']);
    expect((call as { parentSpanContext?: { spanId: string } }).parentSpanContext?.spanId).toBe(
      work?.spanContext().spanId,
    );
    expect(call?.kind).toBe(2);
    expect(call?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.response.model': 'gpt-5-2026',
      'gen_ai.response.id': 'resp_1',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 5,
      'server.address': '127.0.0.1',
      'gen_ai.input.messages': expect.stringContaining('hi'),
      'gen_ai.system_instructions': expect.stringContaining('Be brief.'),
      'gen_ai.output.messages': expect.stringContaining('Answer resp_1'),
    });
    expect((await harness.events()).map(({ type }) => type.slice('EVENT_TYPE_'.length))).toEqual(
      expect.arrayContaining(['MODEL_INVOCATION_START', 'MODEL_INVOCATION_END']),
    );
    expect(events).toEqual(['response.created', 'response.output_item.done', 'response.completed']);
    expect(errors).toEqual([]);
    socket.close();
  });

  it('is told from the next one, in the order of their lane', async () => {
    const { socket } = await connect();
    socket.send(request('a'));
    socket.send(request('b', { stream_id: 'two' }));
    socket.sendRaw(JSON.stringify(request('c')));
    await sent(3);
    answer('resp_b', { lane: 'two' });
    answer('resp_a');
    answer('resp_c');
    await spansEnded(3);
    expect(
      harness
        .spans()
        .map(({ attributes }) => [
          attributes['gen_ai.response.id'],
          JSON.parse(String(attributes['gen_ai.input.messages']))[0].parts[0].content,
        ]),
    ).toEqual([
      ['resp_b', 'b'],
      ['resp_a', 'a'],
      ['resp_c', 'c'],
    ]);
    socket.close();
  });

  it.each([
    ['failed', 'server_error'],
    ['incomplete', 0],
  ])('that is %s ends so', async (status, outcome) => {
    const { socket } = await connect();
    socket.send(request('hi'));
    await sent(1);
    answer('resp_1', { status });
    await spansEnded(1);
    expect(outcomes()).toEqual([['chat gpt-5', 'resp_1', outcome]]);
    socket.close();
  });

  it('fails if the server answers with an error, and the next one succeeds', async () => {
    const { socket, errors } = await connect();
    socket.send(request('hi'));
    socket.send(request('hi'));
    await sent(2);
    const error = { type: 'invalid_request_error', code: 'previous_response_not_found', message: 'no' };
    peer.send(JSON.stringify({ type: 'error', status: 400, error }));
    answer('resp_2');
    await spansEnded(2);
    expect(outcomes()).toEqual([
      ['chat gpt-5', undefined, 'previous_response_not_found'],
      ['chat gpt-5', 'resp_2', 0],
    ]);
    // A failed call has what it would have over HTTP.
    expect(harness.spans()[0]?.attributes).toMatchObject({
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.provider.name': 'openai',
      'server.address': '127.0.0.1',
      'server.port': expect.any(Number),
    });
    expect(errors).toHaveLength(1);
    socket.close();
  });

  it.each<[how: string, end: (socket: Socket) => void, outcome: string]>([
    ['the application closes the socket', (socket) => socket.close(), 'cancelled'],
    ['the connection is lost', () => peer.terminate(), 'connection_closed'],
    ['the instrumentation is disabled', () => harness.instrumentation.disable(), 'cancelled'],
  ])('ends if %s', async (_how, end, outcome) => {
    const { socket } = await connect();
    socket.send(request('hi'));
    await sent(1);
    peer.send(JSON.stringify({ type: 'response.created', response: { id: 'resp_1', model: 'm' } }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    end(socket);
    await spansEnded(1);
    expect(outcomes()).toEqual([['chat gpt-5', 'resp_1', outcome]]);
    harness.instrumentation.enable();
    socket.close();
    expect(harness.openSpanCount()).toBe(0);
  });

  it('that cannot be sent fails, as the application is told', async () => {
    const told = async () => {
      const { socket, errors } = await connect();
      socket.close();
      await expect
        .poll(() => (socket as unknown as { socket: { readyState: number } }).socket.readyState)
        .toBe(3);
      socket.send(request('hi'));
      const cyclic: Record<string, unknown> = { type: 'response.create', model: 'gpt-5' };
      cyclic.input = cyclic;
      socket.send(cyclic as never);
      return errors.map(String);
    };
    const withUs = await told();
    expect(outcomes().map(([name, , outcome]) => [name, typeof outcome])).toEqual([
      ['chat gpt-5', 'string'],
      ['chat gpt-5', 'string'],
    ]);
    harness.instrumentation.disable();
    expect(await told()).toEqual(withUs);
    harness.instrumentation.enable();
  });

  it('is not recorded for other events, which pass', async () => {
    const { socket } = await connect();
    socket.sendRaw('{"type":"response.create"');
    socket.send({ type: 'response.steer', response_id: 'r' } as never);
    answer('resp_unasked');
    await expect.poll(() => harness.openSpanCount()).toBe(0);
    expect(harness.spans()).toEqual([]);
    socket.close();
  });
});
