import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
beforeEach(() => harness.reset());
afterAll(() => harness.stop());

const CHAT = {
  model: 'plain',
  messages: [{ role: 'user' as const, content: 'hi' }],
  stream: true as const,
  stream_options: { include_usage: true },
};

const chat = (client = harness.client) => client.chat.completions.create(CHAT).asResponse();
const response = () =>
  harness.client.responses.create({ model: 'plain', input: 'hi', stream: true }).asResponse();

/** Reads a body to its end. */
type Reading = (body: ReadableStream<Uint8Array>, response: Response) => Promise<string>;

const drain = async (stream: AsyncIterable<Uint8Array>): Promise<string> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
};

const ends = async (stream: ReadableStream<Uint8Array>): Promise<string> => {
  const pieces: Uint8Array[] = [];
  const sink = new WritableStream<Uint8Array>({
    write(piece) {
      pieces.push(piece);
    },
  });
  await stream.pipeTo(sink);
  return Buffer.concat(pieces).toString();
};

const READINGS: [name: string, read: Reading][] = [
  ['text()', (_body, answer) => answer.text()],
  ['arrayBuffer()', async (_body, answer) => Buffer.from(await answer.arrayBuffer()).toString()],
  ['for await', (body) => drain(body as unknown as AsyncIterable<Uint8Array>)],
  ['values()', (body) => drain((body as unknown as { values(): AsyncIterable<Uint8Array> }).values())],
  [
    'a reader',
    async (body) => {
      const reader = body.getReader();
      const pieces: Uint8Array[] = [];
      for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value);
      await reader.closed;
      return Buffer.concat(pieces).toString();
    },
  ],
  [
    'two readers, one after the other',
    async (body) => {
      const first = body.getReader();
      const { value } = await first.read();
      first.releaseLock();
      return (
        Buffer.from(value ?? []).toString() + (await drain(body as unknown as AsyncIterable<Uint8Array>))
      );
    },
  ],
  [
    'a reader with buffers of the application',
    async (body) => {
      const reader = body.getReader({ mode: 'byob' });
      const pieces: Buffer[] = [];
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(64));
        if (done) return Buffer.concat(pieces).toString();
        pieces.push(Buffer.from(value));
      }
    },
  ],
  ['pipeTo()', ends],
  ['pipeThrough()', (body) => ends(body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>()))],
  ['Readable.fromWeb()', (body) => drain(Readable.fromWeb(body as never))],
  ['a new Response', (body) => new Response(body).text()],
  [
    'tee()',
    async (body) => {
      const [first, second] = body.tee();
      const [one, two] = await Promise.all([ends(first), new Response(second).text()]);
      expect(one).toBe(two);
      return one;
    },
  ],
];

/** From Node 26 on, a response is cloned out of sight: docs/limits.md. */
if (Number(process.versions.node.split('.')[0]) < 26) {
  READINGS.push(
    ['clone()', (_body, answer) => answer.clone().text()],
    [
      'clone() and itself',
      async (_body, answer) => {
        const [copy, own] = await Promise.all([answer.clone().text(), answer.text()]);
        expect(copy).toBe(own);
        return own;
      },
    ],
  );
}

describe('A stream that the application takes as a response', () => {
  it.each(READINGS)('has its tokens and its content if it is read by %s', async (_name, read) => {
    for (const ask of [chat, response]) {
      await harness.reset();
      const answer = await ask();
      expect(harness.spans()).toEqual([]);
      const { body } = answer;
      if (body === null) throw new Error('no body');
      const text = await read(body, answer);
      expect(text).toContain('data:');
      const [span] = harness.spans();
      expect(span?.attributes).toMatchObject({
        'gen_ai.response.model': expect.stringMatching(/./),
        'gen_ai.usage.input_tokens': expect.any(Number),
        'gen_ai.usage.output_tokens': expect.any(Number),
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.output.messages': expect.stringContaining('"role":"assistant"'),
      });
      expect(span?.status.code).toBe(0);
    }
  });

  it('is as without us to the application', async () => {
    const seen = async () => {
      const promise = harness.client.chat.completions.create(CHAT);
      const [first, second] = await Promise.all([promise.asResponse(), promise.asResponse()]);
      const { body } = first;
      if (body === null) throw new Error('no body');
      const prototype = Object.getPrototypeOf(body) as object;
      const facts: unknown[] = [
        first === second,
        first.body === body,
        prototype === ReadableStream.prototype,
        Object.keys(body),
        JSON.stringify(body),
        ['getReader', 'tee', 'pipeTo', 'pipeThrough', 'cancel', 'values'].map((name) => {
          const method = (body as unknown as Record<string, (() => void) | undefined>)[name];
          return [name, method?.name, method?.length];
        }),
        [body.locked, first.bodyUsed],
      ];
      const reader = body.getReader();
      facts.push([body.locked, first.bodyUsed, reader instanceof ReadableStreamDefaultReader]);
      await reader.read();
      facts.push([first.bodyUsed, Object.keys(reader)]);
      const caught = (action: () => unknown) => {
        try {
          return action();
        } catch (error) {
          return String(error);
        }
      };
      facts.push([
        caught(() => body.tee()),
        caught(() => body.getReader()),
        caught(() => body.pipeThrough(new TransformStream())),
        await body.pipeTo(new WritableStream()).catch(String),
        await body.cancel().catch(String),
        caught(() => ReadableStream.prototype.getReader.call(body)),
        caught(() => body.getReader.call({} as never)),
      ]);
      await reader.cancel();
      facts.push([await reader.read()]);
      return facts;
    };
    const withUs = await seen();
    harness.instrumentation.disable();
    const bare = await seen();
    harness.instrumentation.enable();
    expect(withUs).toEqual(bare);
  });

  it.each<[how: string, leave: (body: ReadableStream<Uint8Array>) => Promise<unknown>]>([
    ['cancels it', (body) => body.cancel('enough')],
    [
      'cancels its reader',
      async (body) => {
        const reader = body.getReader();
        await reader.read();
        await reader.cancel('enough');
      },
    ],
    [
      'leaves a loop over it',
      async (body) => {
        for await (const _ of body as unknown as AsyncIterable<Uint8Array>) break;
      },
    ],
    [
      'pipes it to a target that fails',
      (body) =>
        body
          .pipeTo(
            new WritableStream({
              write() {
                throw new Error('full');
              },
            }),
          )
          .catch(() => undefined),
    ],
    [
      'aborts the pipe',
      (body) => body.pipeTo(new WritableStream(), { signal: AbortSignal.abort() }).catch(() => undefined),
    ],
    ['destroys the stream of Node', async (body) => Readable.fromWeb(body as never).destroy()],
    [
      'cancels both of its branches',
      async (body) => {
        const branches = body.tee();
        await Promise.all(branches.map((branch) => branch.cancel()));
      },
    ],
  ])('is cancelled if the application %s', async (_how, leave) => {
    const server = await slowServer();
    const answer = await chat(server.client);
    await leave(answer.body as ReadableStream<Uint8Array>);
    await expect.poll(() => harness.spans().length).toBe(1);
    const [span] = harness.spans();
    expect(span?.attributes['openai_agents.outcome']).toBe('cancelled');
    expect(span?.status.code).toBe(0);
    await server.left;
    server.close();
  });

  it('is not cancelled by one of two branches', async () => {
    const answer = await chat();
    const [first, second] = (answer.body as ReadableStream<Uint8Array>).tee();
    void first.cancel();
    await new Response(second).text();
    expect(harness.spans()[0]?.attributes['openai_agents.outcome']).toBeUndefined();
    expect(harness.spans()[0]?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
  });

  it('goes on after a pipe that leaves it open', async () => {
    const read = async () => {
      const answer = await chat();
      const body = answer.body as ReadableStream<Uint8Array>;
      const target = new WritableStream({
        write() {
          throw new Error('full');
        },
      });
      const failure = await body.pipeTo(target, { preventCancel: true }).catch(String);
      return [
        failure,
        body.locked,
        (await drain(body as unknown as AsyncIterable<Uint8Array>)).includes('[DONE]'),
      ];
    };
    const withUs = await read();
    expect(harness.spans()[0]?.attributes['openai_agents.outcome']).toBeUndefined();
    harness.instrumentation.disable();
    expect(await read()).toEqual(withUs);
    harness.instrumentation.enable();
  });

  it('is cancelled if its request is aborted, and fails if its connection is lost', async () => {
    const server = await slowServer();
    const controller = new AbortController();
    const first = await server.client.chat.completions
      .create(CHAT, { signal: controller.signal })
      .asResponse();
    const reading = first.text().catch(() => undefined);
    controller.abort();
    await reading;
    expect(harness.spans()[0]?.attributes['openai_agents.outcome']).toBe('cancelled');
    const second = await chat(server.client);
    const body = second.body as ReadableStream<Uint8Array>;
    const piped = body.pipeTo(new WritableStream());
    server.break();
    await expect(piped).rejects.toThrow();
    expect(harness.spans()[1]?.attributes['error.type']).toMatch(/./);
    server.close();
  });

  it('fails if an event is an error', async () => {
    const server = await slowServer();
    const answer = await chat(server.client);
    const text = answer.text();
    server.send('data: {"error":{"message":"too busy","code":"overloaded"}}\n\n');
    server.end();
    expect(await text).toContain('overloaded');
    const [span] = harness.spans();
    expect(span?.attributes['error.type']).toBe('overloaded');
    expect(span?.status.code).toBe(2);
    server.close();
  });

  it('is asked for no more than the application asks for', async () => {
    const server = await slowServer();
    const body = (await chat(server.client)).body as ReadableStream<Uint8Array>;
    let room!: () => void;
    const hasRoom = new Promise<void>((resolve) => {
      room = resolve;
    });
    const written: string[] = [];
    const target = new WritableStream<Uint8Array>(
      {
        async write(piece) {
          written.push(Buffer.from(piece).toString());
          await hasRoom;
        },
      },
      { highWaterMark: 1 },
    );
    const piped = body.pipeTo(target);
    await expect.poll(() => written.length).toBe(1);
    for (let event = 0; event < 3; event += 1) {
      server.send(`data: {"n":${event}}\n\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(written).toHaveLength(1);
    room();
    server.end();
    await piped;
    expect(written.join('')).toContain('"n":2');
    server.close();
  });

  it('keeps the rejection of a pipe that is not awaited unhandled', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      const body = (await chat()).body as ReadableStream<Uint8Array>;
      void body.pipeTo(
        new WritableStream({
          write() {
            throw new Error('full');
          },
        }),
      );
      await expect.poll(() => unhandled.map(String)).toEqual(['Error: full']);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });

  it('of a transport of the application is left alone', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('data: {}\n\n'));
        controller.close();
      },
    });
    const client = new OpenAI({
      apiKey: 'k',
      fetch: async () => new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
    });
    const answer = await chat(client);
    expect(Reflect.ownKeys(stream).filter((key) => typeof key === 'string')).toEqual([]);
    expect(await answer.text()).toBe('data: {}\n\n');
    expect(harness.spans()).toHaveLength(1);
  });
});

/** A server that sends one event and waits. */
async function slowServer() {
  const open = new Set<ServerResponse>();
  let leave!: () => void;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const server = createServer((request, answer) => {
    request.resume();
    open.add(answer);
    answer.on('close', leave);
    answer.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    answer.write('data: {"id":"c_1","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const each = (action: (answer: ServerResponse) => void) => () => {
    for (const answer of open) action(answer);
  };
  return {
    client: new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 }),
    left,
    send: (text: string) => each((answer) => answer.write(text))(),
    end: each((answer) => answer.end()),
    break: each((answer) => answer.destroy()),
    close: () => server.close().closeAllConnections(),
  };
}
