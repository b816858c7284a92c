import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { decodeBatch, decodeEventRequest } from '../../src/chaukas/wire/event-binary.js';
import { batchFromRestJson, eventFromRestJson } from '../../src/chaukas/wire/event-rest-json.js';
import { ChaukasApiSink, type ChaukasApiSinkOptions } from '../../src/sinks/chaukas-api-sink.js';
import type { DeliveryError } from '../../src/sinks/delivery-error.js';
import { makeEvent, makeEvents, numberOf } from '../delivery/make-event.js';
import { type Receiver, startReceiver, status } from './http/receiver.js';

const KEY = 'key-7f3a';

async function start(
  options: Partial<ChaukasApiSinkOptions> = {},
): Promise<{ receiver: Receiver; sink: ChaukasApiSink }> {
  const receiver = await startReceiver();
  return { receiver, sink: new ChaukasApiSink({ endpoint: `${receiver.url}/v1`, apiKey: KEY, ...options }) };
}

async function failure(sending: Promise<void>): Promise<DeliveryError> {
  return sending.then(
    () => Promise.reject(new Error('it was delivered')),
    (error: unknown) => error as DeliveryError,
  );
}

/** An event with an enum value that has no number in the specification. */
const foreign = (n: number) =>
  ({ ...makeEvent(n), type: 'EVENT_TYPE_OF_TOMORROW' }) as unknown as ChaukasEvent;

describe('A batch', () => {
  it.each<[form: string, count: number, options: Partial<ChaukasApiSinkOptions>, path: string, type: string]>(
    [
      ['one event as bytes', 1, {}, '/v1/events', 'application/x-protobuf'],
      ['three events as bytes', 3, {}, '/v1/events/batch', 'application/x-protobuf'],
      ['one event as JSON', 1, { encoding: 'json' }, '/v1/events', 'application/json'],
      ['three events as JSON', 3, { encoding: 'json' }, '/v1/events/batch', 'application/json'],
      ['three events, compressed', 3, { gzip: true }, '/v1/events/batch', 'application/x-protobuf'],
    ],
  )('goes out as %s', async (_form, count, options, path, type) => {
    const { receiver, sink } = await start(options);
    const events = makeEvents(count);
    await sink.send(events);
    expect(
      receiver.requests.map(({ path, headers }) => [path, headers.authorization, headers['content-type']]),
    ).toEqual([[path, `Bearer ${KEY}`, type]]);
    const body = receiver.requests[0]?.body ?? Buffer.alloc(0);
    const read = {
      'application/x-protobuf': () => (count === 1 ? [decodeEventRequest(body)] : decodeBatch(body).events),
      'application/json': () =>
        count === 1 ? [eventFromRestJson(String(body))] : batchFromRestJson(String(body)).events,
    }[type];
    expect(read?.()).toEqual(events);
  });

  it('goes to an endpoint with a slash at its end', async () => {
    const receiver = await startReceiver();
    await new ChaukasApiSink({ endpoint: `${receiver.url}/v1/`, apiKey: KEY }).send([makeEvent(1)]);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/events']);
  });

  it('of no event is not sent', async () => {
    const { receiver, sink } = await start();
    await sink.send([]);
    expect(receiver.requests).toEqual([]);
  });
});

describe('An event that cannot be encoded', () => {
  it('is refused alone, after the events before it are delivered', async () => {
    const { receiver, sink } = await start();
    const error = await failure(sink.send([makeEvent(1), makeEvent(2), foreign(3), makeEvent(4)]));
    expect(error).toMatchObject({ outcome: 'refused', delivered: 2, affected: 1 });
    expect(error.message).toMatch(
      /^the event cannot be encoded: request\.event\.type is 'EVENT_TYPE_OF_TOMORROW'/,
    );
    expect(receiver.requests.map(({ body }) => decodeBatch(body).events.map(numberOf))).toEqual([[1, 2]]);
  });

  it('is refused alone if it is the first', async () => {
    const { receiver, sink } = await start();
    const error = await failure(sink.send([foreign(1), makeEvent(2)]));
    expect(error).toMatchObject({ outcome: 'refused', delivered: 0, affected: 1 });
    expect(receiver.requests).toEqual([]);
  });

  it('does not let the events after it share a refusal of those before it', async () => {
    const { receiver, sink } = await start();
    receiver.answer = status(400);
    const error = await failure(sink.send([makeEvent(1), makeEvent(2), foreign(3), makeEvent(4)]));
    expect(error).toMatchObject({ outcome: 'refused', delivered: 0, affected: 2 });
  });
});

describe('503 with "high memory usage"', () => {
  it.each<[count: number, minBatchSize: number, outcome: string]>([
    [4, 1, 'too-large'],
    [1, 1, 'retry'],
    [2, 2, 'retry'],
  ])('for %i events, of which %i are not split, is %s', async (count, minBatchSize, outcome) => {
    const { receiver, sink } = await start({ delivery: { minBatchSize } });
    receiver.answer = status(503, 'High memory usage', { 'retry-after': '2' });
    expect(await failure(sink.send(makeEvents(count)))).toMatchObject({ outcome, retryAfterMillis: 2_000 });
  });
});

it('The key is in no name and no message, also if the API repeats it', async () => {
  const { receiver, sink } = await start();
  receiver.answer = status(401, { error: `the key ${KEY} is unknown`, header: `Bearer ${KEY}` });
  const error = await failure(sink.send([makeEvent(1)]));
  expect(error.message).toMatch(/^the endpoint answered 401: .*is unknown/);
  expect(`${sink.name} ${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(KEY);
});

describe('The options', () => {
  it('have the batches of the specification as their default', async () => {
    const { sink } = await start({ delivery: { maxBatchSize: 100 } });
    expect(sink.delivery).toEqual({
      maxBatchSize: 100,
      maxBatchBytes: 262_144,
      flushIntervalMillis: 5_000,
      timeoutMillis: 30_000,
      adaptiveBatching: true,
      minBatchSize: 1,
    });
  });

  it.each<[options: unknown, problem: string]>([
    [
      {},
      'option "endpoint" is missing; it must be an http or https URL without user, query and fragment, e.g. https://api.example.com/v1; ' +
        'option "apiKey" is missing; it must be visible ASCII characters without blanks or line breaks',
    ],
    [
      { endpoint: 'https://joe:secret@api.example.com?key=1', apiKey: 'schlüssel' },
      `option "endpoint" is '***@api.example.com?***'; it must be an http or https URL without user, query and fragment, e.g. https://api.example.com/v1; ` +
        'option "apiKey" is a text of 9 characters; it must be visible ASCII characters without blanks or line breaks',
    ],
    [
      {
        endpoint: 'https://api.example.com/v1',
        apiKey: 'k',
        encoding: 'xml',
        fetch: 1,
        delivery: { retry: true },
      },
      `option "encoding" is 'xml'; it must be 'protobuf' or 'json'; option "fetch" is 1; it must be a function; ` +
        'option "delivery.retry" is true; it must be false, or an object with options such as "maxElapsedMillis"',
    ],
  ])('%o are refused', (options, problem) => {
    expect(() => new ChaukasApiSink(options as ChaukasApiSinkOptions)).toThrow(
      new TypeError(`opentelemetry-instrumentation-openai-agents: ChaukasApiSink: ${problem}`),
    );
  });
});
