/** The stream of a call: every way to read it, to leave it and to break it. */
import { Readable } from 'node:stream';
import type { Stream } from 'openai/streaming';
import { STREAMING_APIS, type StreamingApi, withFault } from './model-api.js';
import { outcome, readAll, type Scenario, sleep } from './scenario.js';
import { shapeOf } from './shape-of.js';

const scenariosOf = (api: StreamingApi): Scenario[] => [
  {
    name: 'the stream shows itself as the SDK made it',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const shape = shapeOf(stream);
      return { shape, read: await readAll(stream) };
    },
  },
  {
    name: 'the iterator of the stream shows itself as the SDK made it',
    spans: 1,
    async run({ client }) {
      const iterator = (await api.open(client))[Symbol.asyncIterator]();
      return {
        tag: Object.prototype.toString.call(iterator),
        keys: Object.keys(iterator),
        methods: (['next', 'return', 'throw'] as const).map((name) => typeof iterator[name]),
        itself: iterator === iteratorOf(iterator),
        read: await readAll({ [Symbol.asyncIterator]: () => iterator }),
      };
    },
  },
  {
    name: 'for await reads it to its end',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      return { read: await readAll(stream), aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'awaited twice gives the same stream',
    spans: 1,
    async run({ client }) {
      const promise = api.open(client);
      const [first, second] = [await promise, await promise];
      return { same: first === second, read: await readAll(first) };
    },
  },
  {
    name: 'withResponse() gives the stream and the response',
    spans: 1,
    async run({ client }) {
      const { data, response, request_id } = await api.open(client).withResponse();
      return { bodyUsed: response.bodyUsed, request_id, read: await readAll(data), response };
    },
  },
  {
    name: 'asResponse() leaves the bytes to the application',
    spans: 1,
    async run({ client }) {
      const response = await api.open(client).asResponse();
      return { bodyUsed: response.bodyUsed, text: await response.text() };
    },
  },
  {
    name: '_thenUnwrap() over the stream',
    spans: 1,
    async run({ client }) {
      const { stream } = await api.open(client)._thenUnwrap((data) => ({ stream: data }));
      return readAll(stream);
    },
  },
  {
    name: 'its iterator, step by step, also beyond the end',
    spans: 1,
    async run({ client }) {
      const iterator = (await api.open(client))[Symbol.asyncIterator]();
      const results: unknown[] = [];
      let result: IteratorResult<object>;
      do {
        result = await iterator.next();
        results.push(result);
      } while (!result.done);
      results.push(await iterator.next(), await iterator.return?.());
      return results;
    },
  },
  {
    name: 'several steps asked for at once come in their order',
    spans: 1,
    async run({ client }) {
      const iterator = (await api.open(client))[Symbol.asyncIterator]();
      const first = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
      return { first, rest: await readAll({ [Symbol.asyncIterator]: () => iterator }) };
    },
  },
  {
    name: 'return() of its iterator ends it with the value given',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const iterator = stream[Symbol.asyncIterator]();
      const first = await iterator.next();
      const left = await iterator.return?.('left');
      return { first, left, after: await iterator.next(), aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'return() before the first step',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const iterator = stream[Symbol.asyncIterator]();
      const left = await iterator.return?.('left');
      const after = await iterator.next();
      const { aborted } = stream.controller.signal;
      // The request has not ended yet.
      stream.controller.abort();
      return { left, after, aborted };
    },
  },
  {
    name: 'throw() of its iterator rejects with what was thrown',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      const thrown = await outcome(iterator.throw?.(new RangeError('thrown in')));
      return { thrown, after: await iterator.next(), aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'break leaves it, and aborts the request',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-chunk;ms=5'));
      const read: object[] = [];
      for await (const chunk of stream) if (read.push(chunk) === 2) break;
      return { read, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'an error in the loop leaves it, and is the error of the loop',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const failed = await outcome(
        (async () => {
          for await (const _chunk of stream) throw new RangeError('thrown in the loop');
        })(),
      );
      return { failed, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'reading it a second time is an error',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const first = await readAll(stream);
      return { first, second: await readAll(stream), third: await readAll(stream) };
    },
  },
  {
    name: 'reading it a second time while the first goes on is an error of the second',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-chunk;ms=2'));
      const [first, second] = await Promise.all([readAll(stream), readAll(stream)]);
      return { first, second };
    },
  },
  {
    name: 'two streams at once do not mix',
    spans: 2,
    parallel: true,
    async run({ client }) {
      const streams = await Promise.all([
        api.open(client, withFault('slow-chunk;ms=2')),
        api.open(client, withFault('slow-chunk;ms=3')),
      ]);
      return Promise.all(streams.map(readAll));
    },
  },
  {
    name: 'tee(), both branches at once',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const branches = stream.tee();
      return { kinds: branches.map(shapeOf), read: await Promise.all(branches.map(readAll)) };
    },
  },
  {
    name: 'tee(), one branch after the other',
    spans: 1,
    async run({ client }) {
      const [left, right] = (await api.open(client)).tee();
      return { left: await readAll(left), right: await readAll(right) };
    },
  },
  {
    name: 'tee(), one branch left early',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const [left, right] = stream.tee();
      const begun: object[] = [];
      for await (const chunk of left) if (begun.push(chunk) === 2) break;
      return { begun, right: await readAll(right), aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'tee(), both branches left early',
    spans: 1,
    // Up to 7.0.0 the SDK does not notify the source.
    dropsResult: true,
    async run({ client }) {
      const stream = await api.open(client);
      const begun: object[] = [];
      for (const branch of stream.tee()) {
        for await (const chunk of branch) {
          begun.push(chunk);
          break;
        }
      }
      return { begun, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'toReadableStream() gives the bytes of all chunks, which make a stream again',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client);
      const [bytes, copy] = stream.toReadableStream().tee();
      const text = await new Response(bytes as ReadableStream).text();
      const controller = new AbortController();
      const again = classOf(stream).fromReadableStream(copy, controller);
      return { text, shape: shapeOf(again), again: await readAll(again), aborted: controller.signal.aborted };
    },
  },
  {
    name: 'toReadableStream() that is cancelled',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-chunk;ms=5'));
      const reader = stream.toReadableStream().getReader();
      const first = await reader.read();
      await reader.cancel();
      return { done: first.done, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: "as a stream of Node's",
    spans: 1,
    async run({ client }) {
      return readAll(Readable.from(await api.open(client)));
    },
  },
  {
    name: 'controller.abort() while it is read ends it without an error',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-chunk;ms=15'));
      const read: object[] = [];
      for await (const chunk of stream) if (read.push(chunk) === 2) stream.controller.abort();
      return { read, again: await readAll(stream) };
    },
  },
  {
    name: 'controller.abort() while a chunk is awaited',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-first-chunk;ms=2000'));
      setTimeout(() => stream.controller.abort(), 10);
      return readAll(stream);
    },
  },
  {
    name: 'controller.abort() with a reason',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-first-chunk;ms=2000'));
      setTimeout(() => stream.controller.abort(new RangeError('the reason')), 10);
      return { read: await readAll(stream), reason: stream.controller.signal.reason };
    },
  },
  {
    name: 'controller.abort() before it is read',
    spans: 1,
    async run({ client }) {
      const stream = await api.open(client, withFault('slow-chunk;ms=5'));
      stream.controller.abort();
      return readAll(stream);
    },
  },
  {
    name: "the request's signal ends it while it is read",
    spans: 1,
    async run({ client }) {
      const abort = new AbortController();
      const options = { ...withFault('slow-chunk;ms=15'), signal: abort.signal };
      const stream = await api.open(client, options);
      const read: object[] = [];
      const failed = await outcome(
        (async () => {
          for await (const chunk of stream) if (read.push(chunk) === 2) abort.abort();
        })(),
      );
      return { read, failed, aborted: stream.controller.signal.aborted };
    },
  },
  {
    name: 'the connection is cut',
    spans: 1,
    run: async ({ client }) => readAll(await api.open(client, withFault('cut;after-chunks=2'))),
  },
  {
    name: 'the server sends an error event',
    spans: 1,
    run: async ({ client }) => readAll(await api.open(client, withFault('error-event;after-chunks=2'))),
  },
  {
    name: 'a chunk is no JSON',
    spans: 1,
    run: async ({ client }) => readAll(await api.open(client, withFault('malformed-sse;after-chunks=2'))),
  },
  {
    name: 'the model fails, or stops short',
    spans: 2,
    async run({ client }) {
      const play = async (scenario: string) =>
        readAll(await api.open(client, { headers: { 'x-scenario': scenario } }));
      return [await play('failed'), await play('incomplete')];
    },
  },
  {
    name: 'refused before it begins',
    spans: 1,
    run: ({ client }) => outcome(api.open(client, withFault('http-error;status=400;message=No'))),
  },
  {
    name: 'never read, it disturbs nobody',
    spans: 1,
    dropsResult: true,
    async run({ client }) {
      const isStream = await (async () => (await api.open(client)).controller instanceof AbortController)();
      await sleep(20);
      return isStream;
    },
  },
  {
    name: 'dropped after its first chunk, it disturbs nobody',
    spans: 1,
    dropsResult: true,
    async run({ client }) {
      const first = await (async () => (await api.open(client))[Symbol.asyncIterator]().next())();
      await sleep(20);
      return first;
    },
  },
];

function iteratorOf(iterator: AsyncIterator<unknown>): unknown {
  return (iterator as AsyncIterator<unknown> & AsyncIterable<unknown>)[Symbol.asyncIterator]?.();
}

/** The class `Stream` of the compared version. */
function classOf(stream: Stream<object>): typeof Stream {
  return stream.constructor as typeof Stream;
}

export const streams: readonly Scenario[] = STREAMING_APIS.flatMap((api) =>
  scenariosOf(api).map((scenario) => ({ ...scenario, name: `${api.name}: ${scenario.name}` })),
);
