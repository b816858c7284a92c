/** Responses over a WebSocket: the application and the server see the same with and without the instrumentation. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as agents from '@openai/agents';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { output } from './scripted-model.js';

type Frame = Readonly<Record<string, unknown>>;

/** The frames that answer one request; `close` cuts the connection. */
type Answer = readonly (Frame | 'close')[];

const USAGE = {
  input_tokens: 5,
  input_tokens_details: { cached_tokens: 2 },
  output_tokens: 3,
  output_tokens_details: { reasoning_tokens: 1 },
  total_tokens: 8,
};

const response = (status: string, items: readonly object[], more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-5-2026',
  status,
  output: items,
  usage: USAGE,
  ...more,
});
const created = { type: 'response.created', response: response('in_progress', []) };
const completed = (...items: object[]): Answer => [
  created,
  { type: 'response.completed', response: response('completed', items) },
];
const says = (text: string) =>
  completed({ ...output(text), content: [{ type: 'output_text', text, annotations: [] }] });
const callsTool: Answer = completed({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'lookup',
  arguments: '{"city":"Oslo"}',
  status: 'completed',
});

/** A server of the Responses API that keeps each handshake and each frame. */
class ResponsesServer {
  readonly #sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  seen: unknown[] = [];
  answers: Answer[] = [];

  constructor() {
    this.#sockets.on('connection', (socket, { url, headers }) => {
      const { 'sec-websocket-key': _random, ...kept } = headers;
      this.seen.push(['connection', url, kept]);
      socket.on('close', (code) => this.seen.push(['closed', code]));
      socket.on('message', (data) => {
        this.seen.push(['frame', String(data)]);
        for (const frame of this.answers.shift() ?? []) {
          if (frame === 'close') socket.close(1011);
          else socket.send(JSON.stringify(frame));
        }
      });
    });
  }

  async url(): Promise<string> {
    if (this.#sockets.address() === null) await once(this.#sockets, 'listening');
    return `ws://127.0.0.1:${(this.#sockets.address() as AddressInfo).port}/v1`;
  }

  /** Resolves when each connection is closed. */
  async quiet(): Promise<void> {
    while (this.#sockets.clients.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#sockets.close(resolve));
  }
}

let server: ResponsesServer;

const lookup = () =>
  agents.tool({
    name: 'lookup',
    description: 'Looks up',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => `${city}: rain`,
  });

/** Makes settings whose members count their reads. */
function counted(reads: string[]): agents.ModelSettings {
  const metadata = {
    get team() {
      reads.push('team');
      return 'a';
    },
    toJSON() {
      reads.push('toJSON');
      return { team: `read ${reads.length}` };
    },
  };
  return { temperature: 0.5, providerData: { metadata } };
}

interface Seen {
  readonly outcome: unknown;
  readonly reads: readonly string[];
  readonly server: readonly unknown[];
}

type Use = (runner: agents.Runner, agent: agents.Agent) => Promise<unknown>;

const toTheEnd: Use = async (runner, agent) => {
  const { finalOutput, rawResponses } = await runner.run(agent, 'Weather?');
  return [finalOutput, rawResponses];
};

const streamed: Use = async (runner, agent) => {
  const result = await runner.run(agent, 'Weather?', { stream: true });
  const events: unknown[] = [];
  for await (const event of result)
    events.push(event.type === 'raw_model_stream_event' ? event.data : event.type);
  await result.completed;
  return [result.finalOutput, events];
};

const failing: Use = async (runner, agent) => {
  try {
    return await toTheEnd(runner, agent);
  } catch (error) {
    const { name, message, stack: _stack, ...members } = error as Error;
    return [name, message, Object.keys(members)];
  }
};

const failed: Answer = [
  created,
  {
    type: 'response.failed',
    response: response('failed', [], { error: { code: 'server_error', message: 'overloaded' } }),
  },
];

const PROGRAMS: readonly { name: string; answers: readonly Answer[]; use: Use; tree: readonly string[] }[] = [
  {
    name: 'a run with a tool, on one connection',
    answers: [callsTool, says('Rain.')],
    use: toTheEnd,
    tree: [
      'invoke_workflow desk [INTERNAL]',
      '  invoke_agent a [INTERNAL]',
      '    chat gpt-5 [CLIENT]',
      '    execute_tool lookup [INTERNAL]',
      '    chat gpt-5 [CLIENT]',
    ],
  },
  {
    name: 'a streamed run with a tool',
    answers: [callsTool, says('Rain.')],
    use: streamed,
    tree: [
      'invoke_workflow desk [INTERNAL]',
      '  invoke_agent a [INTERNAL]',
      '    chat gpt-5 [CLIENT]',
      '    execute_tool lookup [INTERNAL]',
      '    chat gpt-5 [CLIENT]',
    ],
  },
  {
    name: 'a response that failed',
    answers: [failed],
    use: failing,
    tree: [
      'invoke_workflow desk [INTERNAL] ✗ ModelBehaviorError',
      '  invoke_agent a [INTERNAL] ✗ ModelBehaviorError',
      '    chat gpt-5 [CLIENT] ✗ server_error',
    ],
  },
  {
    name: 'a connection that is cut within a response',
    answers: [[created, 'close']],
    use: failing,
    tree: [
      'invoke_workflow desk [INTERNAL] ✗ connection_closed_before_terminal_response_event',
      '  invoke_agent a [INTERNAL] ✗ ResponsesWebSocketInternalError',
      '    chat gpt-5 [CLIENT] ✗ connection_closed_before_terminal_response_event',
    ],
  },
  {
    name: 'a connection that is cut before a response',
    answers: [['close']],
    use: failing,
    tree: [
      'invoke_workflow desk [INTERNAL] ✗ connection_closed_before_terminal_response_event',
      '  invoke_agent a [INTERNAL] ✗ ResponsesWebSocketInternalError',
      '    chat gpt-5 [CLIENT] ✗ connection_closed_before_terminal_response_event',
    ],
  },
];

async function play({ answers, use }: (typeof PROGRAMS)[number]): Promise<Seen> {
  server.seen = [];
  server.answers = [...answers];
  const reads: string[] = [];
  const websocketBaseURL = await server.url();
  const outcome = await agents.withResponsesWebSocketSession(
    ({ runner }) =>
      use(
        runner,
        new agents.Agent({ name: 'a', model: 'gpt-5', modelSettings: counted(reads), tools: [lookup()] }),
      ),
    {
      providerOptions: { apiKey: 'sk-local', websocketBaseURL },
      runnerConfig: { workflowName: 'desk' },
    },
  );
  await server.quiet();
  return { outcome, reads, server: server.seen };
}

const bare = new Map<string, Seen>();
const globalSocket = globalThis.WebSocket;
let harness: Harness;
beforeAll(async () => {
  // Node 20 has none; an application sets the one of `ws`, as the SDK's documents say.
  globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;
  server = new ResponsesServer();
  agents.setTraceProcessors([]);
  agents.setTracingDisabled(false);
  for (const program of PROGRAMS) bare.set(program.name, await play(program));
  harness = await startHarness({ instrumentation: { captureMessageContent: 'SPAN_AND_EVENT' } });
});
afterAll(async () => {
  globalThis.WebSocket = globalSocket;
  await server.stop();
  await harness.stop();
});

describe('Over a WebSocket, the application and the server see the same of', () => {
  it.each(PROGRAMS)('$name', async (program) => {
    await harness.reset();
    const seen = await play(program);
    expect(seen).toEqual(bare.get(program.name));
    await expect.poll(() => harness.openSpanCount()).toBe(0);
    expect(spanTree(harness.spans())).toEqual(program.tree);
    expect(streamViolations(await harness.events())).toEqual([]);
  });
});

/**
 * A call that fails is described as over HTTP.
 *
 * Sources: maximhq/bifrost#6265 (empty model, unattributed), openai/openai-agents-js#1004 (Responses over a WebSocket).
 */
describe('Over a WebSocket, a call of an agent', () => {
  const refused: Answer = [
    {
      type: 'error',
      status: 429,
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'no' },
    },
  ];
  const failures: readonly [name: string, answer: Answer, use: Use, type: string][] = [
    // The SDK keeps what the server sent to itself.
    ['that an error frame refuses', refused, toTheEnd, 'ModelBehaviorError'],
    ['that an error frame refuses, streamed', refused, streamed, 'rate_limit_exceeded'],
    ['that failed', failed, toTheEnd, 'server_error'],
    ['that failed, streamed', failed, streamed, 'server_error'],
    ['that is cut', ['close'], toTheEnd, 'connection_closed_before_terminal_response_event'],
    ['that is cut, streamed', ['close'], streamed, 'connection_closed_before_terminal_response_event'],
    [
      'that is cut in its answer, streamed',
      [created, 'close'],
      streamed,
      'connection_closed_before_terminal_response_event',
    ],
  ];

  const attributes = async () => {
    await expect.poll(() => harness.openSpanCount()).toBe(0);
    return harness.spans().filter(({ name }) => name.startsWith('chat'));
  };

  const place = async () => ({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5',
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(await server.url()).port),
  });

  it.each(failures)('%s has model, address and its own error', async (_name, answer, use, type) => {
    await harness.reset();
    const seen = await play({ name: '', answers: [answer], use: failingUse(use), tree: [] });
    expect(seen.outcome).not.toEqual(['no error']);
    const [chat, ...more] = await attributes();
    expect(more).toEqual([]);
    expect(chat?.name).toBe('chat gpt-5');
    expect(chat?.attributes).toMatchObject({ ...(await place()), 'error.type': type });
    const [error] = (await harness.events()).filter((event) => event.type === 'EVENT_TYPE_ERROR');
    expect(error?.error?.error_code).toBe(type);
  });

  it('over a connection that was used before has the same if it is cut', async () => {
    await harness.reset();
    const websocketBaseURL = await server.url();
    server.answers = [says('Rain.'), ['close']];
    await agents.withResponsesWebSocketSession(
      async ({ runner }) => {
        const agent = new agents.Agent({ name: 'a', model: 'gpt-5' });
        await runner.run(agent, 'Weather?');
        await expect(runner.run(agent, 'And tomorrow?')).rejects.toThrow('closed');
      },
      { providerOptions: { apiKey: 'sk-local', websocketBaseURL } },
    );
    const chats = await attributes();
    expect(chats.map((span) => span.attributes)).toMatchObject([
      { ...(await place()), 'gen_ai.response.model': 'gpt-5-2026' },
      { ...(await place()), 'error.type': 'connection_closed' },
    ]);
  });

  it('that reaches no server has its address, too', async () => {
    await harness.reset();
    const unused = new ResponsesServer();
    const websocketBaseURL = await unused.url();
    await unused.stop();
    await agents.withResponsesWebSocketSession(
      ({ run }) => expect(run(new agents.Agent({ name: 'a', model: 'gpt-5' }), 'Weather?')).rejects.toThrow(),
      { providerOptions: { apiKey: 'sk-local', websocketBaseURL } },
    );
    const [chat] = await attributes();
    expect(chat?.attributes).toMatchObject({
      'gen_ai.request.model': 'gpt-5',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(websocketBaseURL).port),
      'error.type': expect.stringMatching(/^(?!_OTHER$)/),
    });
  });
});

/** Like {@link failing}, for any way to run. */
function failingUse(use: Use): Use {
  return async (runner, agent) => {
    try {
      await use(runner, agent);
      return ['no error'];
    } catch (error) {
      return [String(error)];
    }
  };
}
