import OpenAI, { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
type Call = (client: OpenAI, options: OpenAI.RequestOptions) => Promise<unknown>;

const chat = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hi' }] };
const picture = () => toFile(Buffer.from('no picture'), 'cat.png', { type: 'image/png' });
const jsonl = () => toFile(Buffer.from('{}'), 'batch.jsonl');
const sound = () => toFile(new Uint8Array(10), 'call.wav', { type: 'audio/wav' });

/** Each call with what it needs made before, without the fault. */
const CALLS: Readonly<Record<string, Call>> = {
  responses: ({ responses }, options) => responses.create({ model: 'gpt-5', input: 'Hi' }, options),
  'responses.retrieve': async ({ responses }, options) => {
    const { id } = await responses.create({ model: 'gpt-5', input: 'Hi' });
    return responses.retrieve(id, {}, options);
  },
  'responses.cancel': async ({ responses }, options) => {
    const { id } = await responses.create({ model: 'gpt-5', input: 'Hi', background: true });
    return responses.cancel(id, options);
  },
  'responses.compact': ({ responses }, options) =>
    responses.compact({ model: 'gpt-5', input: 'Hi' }, options),
  'responses.input_tokens': ({ responses }, options) =>
    responses.inputTokens.count({ model: 'gpt-5', input: 'Hi' }, options),
  'chat.completions': (client, options) => client.chat.completions.create(chat, options),
  completions: ({ completions }, options) => completions.create({ model: 'gpt-4o', prompt: 'Hi' }, options),
  embeddings: ({ embeddings }, options) =>
    embeddings.create({ model: 'text-embedding-3-small', input: 'Hi' }, options),
  'images.generate': ({ images }, options) =>
    images.generate({ model: 'gpt-image-1', prompt: 'A cat' }, options),
  'images.edit': async ({ images }, options) =>
    images.edit({ model: 'gpt-image-1', prompt: 'A cat', image: await picture() }, options),
  'images.variation': async ({ images }, options) =>
    images.createVariation({ image: await picture() }, options),
  'audio.speech': async ({ audio }, options) => {
    const say = { model: 'tts-1', voice: 'alloy', input: 'Hi' };
    return (await audio.speech.create(say, options)).arrayBuffer();
  },
  'audio.transcriptions': async ({ audio }, options) =>
    audio.transcriptions.create({ model: 'whisper-1', file: await sound() }, options),
  'audio.translations': async ({ audio }, options) =>
    audio.translations.create({ model: 'whisper-1', file: await sound() }, options),
  moderations: ({ moderations }, options) => moderations.create({ input: 'Hi' }, options),
  decisions: ({ decisions }, options) =>
    decisions.create(
      { model: 'gpt-6-luna', input: 'Hi', questions: [{ type: 'predicate', instructions: 'Polite?' }] },
      options,
    ),
  'videos.create': ({ videos }, options) => videos.create({ prompt: 'A cat' }, options),
  'threads.runs.create': ({ beta }, options) =>
    beta.threads.runs.create('thread_1', { assistant_id: 'asst_1' }, options),
  'vector_stores.search': ({ vectorStores }, options) =>
    vectorStores.search('vs_1', { query: 'Hi' }, options),
  'conversations.create': ({ conversations }, options) => conversations.create({}, options),
  'conversations.items.list': async ({ conversations }, options) => {
    const { id } = await conversations.create();
    return conversations.items.list(id, {}, options);
  },
  'files.list': ({ files }, options) => files.list({}, options),
  'files.content': async ({ files }, options) => {
    const { id } = await files.create({ file: await jsonl(), purpose: 'batch' });
    return (await files.content(id, options)).text();
  },
  'batches.create': async ({ batches, files }, options) => {
    const { id } = await files.create({ file: await jsonl(), purpose: 'batch' });
    return batches.create(
      { input_file_id: id, endpoint: '/v1/responses', completion_window: '24h' },
      options,
    );
  },
};

function meeting(fault: string): OpenAI.RequestOptions {
  return { headers: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() } };
}

describe.each(Object.entries(CALLS))('%s', (_name, call) => {
  test.each([
    ['rate-limit', { status: 429, code: 'rate_limit_exceeded' }],
    ['server-error', { status: 500, type: 'server_error' }],
    [
      'http-error;status=403;code=mine;message=No luck',
      { status: 403, code: 'mine', message: '403 No luck' },
    ],
    ['cut', { message: 'Connection error.' }],
  ])('meets %s, once', async (fault, error) => {
    const client = clientOf(server());
    const options = meeting(`${fault};times=1`);
    await expect(call(client, options)).rejects.toMatchObject(error);
    await expect(call(client, options)).resolves.toBeDefined();
  });

  test('can be left hanging', async () => {
    const options = { ...meeting('hang'), timeout: 60 };
    await expect(call(clientOf(server()), options)).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  });

  test('can be late', async () => {
    const started = performance.now();
    await call(clientOf(server()), meeting('slow-first-chunk;ms=60'));
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
  });
});

type Streamed = (client: OpenAI, options: OpenAI.RequestOptions) => Promise<AsyncIterable<unknown>>;

const STREAMS: Readonly<Record<string, Streamed>> = {
  responses: ({ responses }, options) =>
    responses.create({ model: 'gpt-5', input: 'Hi', stream: true }, options),
  'responses.retrieve': async ({ responses }, options) => {
    const { id } = await responses.create({ model: 'gpt-5', input: 'Hi' });
    return responses.retrieve(id, { stream: true }, options);
  },
  'chat.completions': (client, options) => client.chat.completions.create({ ...chat, stream: true }, options),
  completions: ({ completions }, options) =>
    completions.create({ model: 'gpt-4o', prompt: 'Hi there', stream: true }, options),
  'images.generate': ({ images }, options) =>
    images.generate({ model: 'gpt-image-1', prompt: 'A cat', stream: true, partial_images: 3 }, options),
  'images.edit': async ({ images }, options) =>
    images.edit(
      { model: 'gpt-image-1', prompt: 'A cat', image: await picture(), stream: true, partial_images: 3 },
      options,
    ),
  'audio.transcriptions': async ({ audio }, options) =>
    audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await sound(), stream: true }, options),
};

describe.each(Object.entries(STREAMS))('the stream of %s', (_name, open) => {
  test.each([
    ['cut;after-chunks=2', 2, /terminated/],
    ['malformed-sse;after-chunks=2', 2, /JSON/],
    ['error-event;after-chunks=2', 2, /The server had an error/],
  ])('with %s', async (fault, count, message) => {
    const received: unknown[] = [];
    const reading = (async () => {
      for await (const event of await open(clientOf(server()), meeting(fault))) received.push(event);
    })();
    await expect(reading).rejects.toThrow(message);
    expect(received).toHaveLength(count);
  });

  test('can be slow', async () => {
    const started = performance.now();
    const events = await collect(await open(clientOf(server()), meeting('slow-chunk;ms=10')));
    expect(performance.now() - started).toBeGreaterThanOrEqual((events.length - 1) * 9);
  });
});

test('slow-body: headers at once, the end of the body late', async () => {
  const started = performance.now();
  const answer = await clientOf(server())
    .chat.completions.create(chat, meeting('slow-body;ms=1500'))
    .asResponse();
  expect(performance.now() - started).toBeLessThan(1_450);
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'You said: Hi' } }] });
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_490);
});

test.each([0, 1, 2, 3])('slow-body: no character is lost, wherever the middle falls (%i)', async (shift) => {
  const said = 'x'.repeat(shift) + '👩‍🚀'.repeat(400);
  const answer = await clientOf(server()).chat.completions.create(
    { ...chat, messages: [{ role: 'user', content: said }] },
    meeting('slow-body;ms=1'),
  );
  expect(answer.choices[0]?.message.content).toBe(`You said: ${said}`);
});

test('every answer has the headers of OpenAI, and an id of its own', async () => {
  const ids = new Set<string | null>();
  for (const path of ['/models', '/files', '/responses/resp_none', '/nowhere', '/conversations/none']) {
    const { headers } = await fetch(server().url + path, { headers: { authorization: 'Bearer sk-local' } });
    ids.add(headers.get('x-request-id'));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
      'openai-processing-ms': expect.stringMatching(/^\d+$/),
      'openai-organization': 'org-local',
      'openai-version': '2020-10-01',
      'x-ratelimit-limit-requests': '10000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-tokens': '1999000',
      'x-ratelimit-reset-tokens': '30ms',
    });
  }
  expect(ids.size).toBe(5);
});
