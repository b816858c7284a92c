import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const ask = { model: 'gpt-5-mini', input: 'Hi' };
const chat = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Hi' }] };

/** Requests that carried this key, by the status with which they were answered. */
function statuses({ headers }: { headers: Record<string, string> }): (number | null)[] {
  const key = headers['x-fault-key'];
  return server()
    .requests.filter((request) => request.headers['x-fault-key'] === key)
    .map((request) => request.status);
}

/** Reads a stream until it fails, and gives what came before. */
async function until<Item>(items: AsyncIterable<Item>): Promise<{ received: Item[]; error: unknown }> {
  const received: Item[] = [];
  try {
    for await (const item of items) received.push(item);
  } catch (error) {
    return { received, error };
  }
  return { received, error: undefined };
}

describe('faults in place of a reply', () => {
  test('rate-limit: the client retries after the time in the header', async () => {
    const options = playing('plain', 'rate-limit;times=1;retry-after-ms=30');
    const started = performance.now();
    const response = await clientOf(server(), { maxRetries: 2 }).responses.create(ask, options);
    expect(response.output_text).toBe('The capital of France is Paris.');
    expect(statuses(options)).toEqual([429, 200]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(28);
  });

  test('rate-limit: body and headers report it', async () => {
    const call = clientOf(server()).responses.create(ask, playing('plain', 'rate-limit;retry-after-ms=1500'));
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof OpenAI.RateLimitError)) throw new Error('Expected a rate limit');
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
    expect(error.headers.get('retry-after-ms')).toBe('1500');
    expect(error.headers.get('retry-after')).toBe('2');
    expect(error.headers.get('x-ratelimit-remaining-requests')).toBe('0');
  });

  test('server-error: without retries it reaches the caller', async () => {
    const options = playing('plain', 'server-error;times=1');
    const { responses } = clientOf(server());
    await expect(responses.create(ask, options)).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(responses.create(ask, options)).resolves.toMatchObject({ status: 'completed' });
  });

  test('in a list apply one after the other', async () => {
    const options = playing('plain', 'rate-limit;times=1;retry-after-ms=1, server-error;times=2');
    const client = clientOf(server());
    for (let call = 0; call < 4; call += 1) {
      await client.responses.create(ask, options).catch((error: unknown) => error);
    }
    expect(statuses(options)).toEqual([429, 500, 500, 200]);
  });

  test('are counted separately for each key', async () => {
    const client = clientOf(server(), { maxRetries: 1 });
    const runs = Array.from({ length: 20 }, () => playing('plain', 'rate-limit;times=1;retry-after-ms=1'));
    await Promise.all(runs.map((options) => client.responses.create(ask, options)));
    expect(runs.map(statuses)).toEqual(runs.map(() => [429, 200]));
  });

  test('cut: the connection ends before the answer', async () => {
    const options = playing('plain', 'cut;times=1');
    const { responses } = clientOf(server());
    await expect(responses.create(ask, options)).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
    await expect(responses.create(ask, options)).resolves.toMatchObject({ status: 'completed' });
    expect(statuses(options)).toEqual([null, 200]);
  });

  test('hang: the client times out', async () => {
    const call = clientOf(server(), { timeout: 60 }).responses.create(ask, playing('plain', 'hang'));
    await expect(call).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  });

  test('meet embeddings too', async () => {
    const options = playing('plain', 'rate-limit;times=1;retry-after-ms=1');
    const client = clientOf(server(), { maxRetries: 1 });
    await client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' }, options);
    expect(statuses(options)).toEqual([429, 200]);
  });
});

describe('faults in a stream', () => {
  const streamed = (fault: string) =>
    clientOf(server()).responses.create({ ...ask, stream: true }, playing('plain', fault));
  const streamedChat = (fault: string) =>
    clientOf(server()).chat.completions.create({ ...chat, stream: true }, playing('plain', fault));

  test.each([1, 3, 6])('cut after %i chunks: exactly these arrive', async (afterChunks) => {
    const { received, error } = await until(await streamed(`cut;after-chunks=${afterChunks}`));
    expect(received).toHaveLength(afterChunks);
    expect(error).toMatchObject({ message: 'terminated' });
  });

  test('cut in the middle of a plain body', async () => {
    const call = clientOf(server()).responses.create(ask, playing('plain', 'cut;after-chunks=1'));
    await expect(call).rejects.toThrow();
  });

  test('malformed-sse', async () => {
    const { received, error } = await until(await streamedChat('malformed-sse;after-chunks=2'));
    expect(received).toHaveLength(2);
    expect(error).toBeInstanceOf(SyntaxError);
  });

  test.each([
    ['responses', streamed],
    ['chat completions', streamedChat],
  ])('error-event in %s', async (_api, start) => {
    const { received, error } = await until<unknown>(await start('error-event;after-chunks=2'));
    expect(received).toHaveLength(2);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ code: 'server_error' });
  });

  test('slow-first-chunk: the headers arrive at once, the first chunk later', async () => {
    const started = performance.now();
    const stream = await streamed('slow-first-chunk;ms=1000');
    const headersAt = performance.now() - started;
    const arrivals: number[] = [];
    for await (const _event of stream) arrivals.push(performance.now() - started);
    expect(arrivals[0]).toBeGreaterThanOrEqual(998);
    expect((arrivals[0] ?? 0) - headersAt).toBeGreaterThan(20);
  });

  test('slow-chunk: each further chunk is late', async () => {
    const started = performance.now();
    const events = await collect(await streamed('slow-chunk;ms=5'));
    expect(performance.now() - started).toBeGreaterThanOrEqual((events.length - 1) * 4);
  });

  test('a client that leaves ends the exchange', async () => {
    const stream = await streamed('slow-chunk;ms=20');
    for await (const event of stream) {
      if (event.type === 'response.in_progress') break;
    }
    expect(stream.controller.signal.aborted).toBe(true);
  });
});

describe('faults in a scenario', () => {
  const scripted = serverForFile({
    scenarios: [
      {
        id: 'second-step-limps',
        steps: [
          { when: { lastUserIncludes: 'one' }, reply: { text: 'first' } },
          { faults: [{ fault: 'server-error', times: 1 }], reply: { text: 'second' } },
        ],
      },
    ],
  });

  test('apply to their step only, as often as `times` says', async () => {
    const { responses } = clientOf(scripted());
    const call = (input: string) =>
      responses.create({ model: 'second-step-limps', input }).then(
        (response) => response.output_text,
        (error: unknown) => error instanceof OpenAI.APIError && error.status,
      );
    expect([await call('one'), await call('two'), await call('two')]).toEqual(['first', 500, 'second']);
  });
});
