/** The other resources of a client: pages, files, audio, images, stored objects. */
import { buffer } from 'node:stream/consumers';
import type { OpenAI } from 'openai';
import { MESSAGES, withFault } from './model-api.js';
import { outcome, readAll, type Scenario, type Tools } from './scenario.js';
import { shapeOf } from './shape-of.js';

const SPEECH = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Good day.' };
const PICTURE = { model: 'gpt-image-1', prompt: 'A cat on a mat' };

function recording({ openai }: Tools): Promise<File> {
  return openai.toFile(new Uint8Array(40_000), 'call.wav', { type: 'audio/wav' });
}

function picture({ openai }: Tools): Promise<File> {
  return openai.toFile(Buffer.from('no picture'), 'cat.png', { type: 'image/png' });
}

async function collectPages(pages: AsyncIterable<{ getPaginatedItems(): unknown[] }>): Promise<unknown> {
  const counts: number[] = [];
  for await (const page of pages) counts.push(page.getPaginatedItems().length);
  return counts;
}

const embeddings: Scenario[] = [
  {
    name: 'embeddings: numbers, whichever way they are sent',
    spans: 3,
    async run({ client }) {
      const ask = (format?: 'base64' | 'float') =>
        client.embeddings.create({
          model: 'text-embedding-3-small',
          input: ['one', 'two'],
          dimensions: 3,
          ...(format && { encoding_format: format }),
        });
      return [await ask(), await ask('float'), await ask('base64')];
    },
  },
  {
    name: 'embeddings: the raw answer, and one after the other',
    spans: 1,
    async run({ client }) {
      const promise = client.embeddings.create({
        model: 'text-embedding-3-small',
        input: 'x',
        dimensions: 2,
      });
      const raw = await promise.asResponse();
      return { raw: raw.bodyUsed, value: await promise, again: await outcome(raw.text()) };
    },
  },
];

const pages: Scenario[] = [
  {
    name: 'models.list(): a promise of pages',
    spans: 4,
    async run({ client, openai }) {
      const promise = client.models.list();
      const shape = shapeOf(promise);
      const page = await promise;
      return {
        shape,
        kind: [promise instanceof openai.PagePromise, promise instanceof openai.APIPromise],
        page,
        next: page.hasNextPage(),
        items: await readAll(client.models.list()),
        pages: await collectPages((await client.models.list()).iterPages()),
        withResponse: (await client.models.list().withResponse()).response.status,
      };
    },
  },
  {
    name: 'vectorStores.search(): the promise of a page',
    spans: 1,
    async run({ client, openai }) {
      const promise = client.vectorStores.search('vs_1', { query: 'refunds' });
      const shape = shapeOf(promise);
      const kind = [promise instanceof openai.PagePromise, promise instanceof openai.APIPromise];
      const page = await promise;
      return { shape, kind, page, again: (await promise) === page, next: page.hasNextPage() };
    },
  },
  {
    name: 'vectorStores.search(): for await over the promise, over the page, over its pages',
    spans: 3,
    async run({ client }) {
      const search = () => client.vectorStores.search('vs_1', { query: 'refunds', max_num_results: 2 });
      return [
        await readAll(search()),
        await readAll(await search()),
        await collectPages((await search()).iterPages()),
      ];
    },
  },
  {
    name: 'vectorStores.search(): with its response, as its response, unwrapped, failed',
    spans: 4,
    async run({ client }) {
      const search = (id = 'vs_1') => client.vectorStores.search(id, { query: 'refunds' });
      return [
        await search().withResponse(),
        await (await search().asResponse()).json(),
        await search()._thenUnwrap((page) => page.data.length),
        await readAll(search('none')),
      ];
    },
  },
];

const sounds: Scenario[] = [
  {
    name: 'audio.speech: the response itself, read in every way',
    spans: 5,
    async run({ client }) {
      const speak = () => client.audio.speech.create(SPEECH);
      const response = await speak();
      const { body } = await speak();
      return {
        kind: response instanceof Response,
        bodyUsed: response.bodyUsed,
        bytes: await response.arrayBuffer(),
        again: await outcome(response.arrayBuffer()),
        blob: (await (await speak()).blob()).size,
        streamed: body && (await buffer(body)).length,
        withResponse: await speak().withResponse(),
        asResponse: await (await speak().asResponse()).arrayBuffer(),
      };
    },
  },
  {
    name: 'audio.speech: as events, cut, refused, never read',
    spans: 4,
    dropsResult: true,
    async run({ client }) {
      const speak = (options?: OpenAI.RequestOptions) => client.audio.speech.create(SPEECH, options);
      const events = await client.audio.speech.create({ ...SPEECH, stream_format: 'sse' });
      const cut = await speak(withFault('cut;after-chunks=2'));
      await speak();
      return [
        await events.text(),
        await outcome(cut.arrayBuffer()),
        await outcome(speak(withFault('http-error;status=400'))),
      ];
    },
  },
  {
    name: 'audio.transcriptions: a file is sent as a form',
    spans: 3,
    async run(tools) {
      const { transcriptions } = tools.client.audio;
      const file = await recording(tools);
      return [
        await transcriptions.create({ file, model: 'gpt-4o-transcribe' }),
        await transcriptions.create({ file, model: 'whisper-1', response_format: 'text' }),
        await transcriptions
          .create({ file, model: 'whisper-1', response_format: 'verbose_json' })
          .withResponse(),
      ];
    },
  },
  {
    name: 'audio.transcriptions: streamed, and left early',
    spans: 2,
    async run(tools) {
      const { transcriptions } = tools.client.audio;
      const open = async () =>
        transcriptions.create({ file: await recording(tools), model: 'gpt-4o-transcribe', stream: true });
      const first: object[] = [];
      for await (const event of await open()) if (first.push(event) === 1) break;
      return { all: await readAll(await open()), first };
    },
  },
  {
    name: 'audio.translations',
    spans: 1,
    run: async (tools) =>
      tools.client.audio.translations.create({ file: await recording(tools), model: 'whisper-1' }),
  },
  {
    name: 'a form is retried',
    spans: 1,
    async run(tools) {
      const client = tools.newClient({ maxRetries: 1 });
      return client.audio.transcriptions.create(
        { file: await recording(tools), model: 'whisper-1' },
        withFault('rate-limit;times=1;retry-after-ms=5'),
      );
    },
  },
];

const pictures: Scenario[] = [
  {
    name: 'images: made, changed, varied',
    spans: 3,
    async run(tools) {
      const { images } = tools.client;
      return [
        await images.generate({ ...PICTURE, n: 2 }),
        await images.edit({ ...PICTURE, image: await picture(tools) }),
        await images.createVariation({ image: await picture(tools) }).withResponse(),
      ];
    },
  },
  {
    name: 'images: streamed, and left early',
    spans: 2,
    needs: ({ OpenAI }) => 'Conversations' in OpenAI,
    async run({ client }) {
      const open = () => client.images.generate({ ...PICTURE, stream: true, partial_images: 2 });
      const first: object[] = [];
      for await (const event of await open()) if (first.push(event) === 1) break;
      return { all: await readAll(await open()), first };
    },
  },
];

const texts: Scenario[] = [
  {
    name: 'completions: plain, streamed, with several prompts',
    spans: 3,
    async run({ client }) {
      const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Once upon a time' };
      return [
        await client.completions.create(body),
        await readAll(await client.completions.create({ ...body, stream: true })),
        await client.completions.create({ ...body, prompt: ['one', 'two'], n: 2 }).withResponse(),
      ];
    },
  },
  {
    name: 'moderations: of a text, of several, refused',
    spans: 3,
    run: async ({ client }) => [
      await client.moderations.create({ input: 'an attack' }),
      await client.moderations.create({ input: ['hate', 'love'] }).withResponse(),
      await outcome(client.moderations.create({ input: 'x' }, withFault('http-error;status=422'))),
    ],
  },
  {
    name: 'decisions',
    needs: ({ OpenAI }) => 'Decisions' in OpenAI,
    spans: 1,
    run: ({ client }) =>
      client.decisions
        .create({
          model: 'gpt-5',
          input: 'It rains.',
          questions: [{ type: 'predicate', name: 'wet', instructions: 'Is it wet?' }],
        })
        .withResponse(),
  },
  {
    name: 'chat completions: several choices, tools, sound',
    spans: 3,
    async run({ client }) {
      const { completions } = client.chat;
      return [
        await completions.create({ model: 'plain', messages: MESSAGES, n: 2 }),
        await completions.create({ model: 'two-tools', messages: MESSAGES }),
        await completions.create({
          model: 'plain',
          messages: MESSAGES,
          modalities: ['text', 'audio'],
          audio: { voice: 'alloy', format: 'mp3' },
        }),
      ];
    },
  },
];

/** Resources that a version of the SDK may not have yet. */
function has(...path: string[]): NonNullable<Scenario['needs']> {
  return ({ OpenAI: client }) => {
    const name = path.pop() ?? '';
    const owner = path.reduce<unknown>((value, part) => Reflect.get(Object(value), part), client);
    path.push(name);
    return typeof owner === 'function' && name in owner.prototype;
  };
}

const stored: Scenario[] = [
  {
    name: 'responses: retrieved, streamed again, deleted',
    spans: 6,
    async run({ client }) {
      const { id } = await client.responses.create({ model: 'plain', input: 'x' });
      return [
        await client.responses.retrieve(id),
        await client.responses.retrieve(id, {}).withResponse(),
        await readAll(await client.responses.retrieve(id, { stream: true })),
        await outcome(client.responses.delete(id)),
        await outcome(client.responses.retrieve(id)),
      ];
    },
  },
  {
    name: 'responses: in the background, looked at until it ends, or cancelled',
    spans: 6,
    async run({ client }) {
      const begin = () => client.responses.create({ model: 'plain', input: 'x', background: true });
      const first = await begin();
      const second = await begin();
      return [
        first,
        await client.responses.retrieve(first.id),
        await client.responses.retrieve(first.id),
        await outcome(client.responses.cancel(second.id)),
        await client.responses.retrieve(second.id),
      ];
    },
  },
  {
    name: 'responses.stream() of a response that is there',
    needs: has('Responses', 'stream'),
    spans: 2,
    async run({ client }) {
      const { id } = await client.responses.create({ model: 'plain', input: 'x' });
      const stream = client.responses.stream({ response_id: id, starting_after: 2 });
      return { read: await readAll(stream), final: await outcome(stream.finalResponse()) };
    },
  },
  {
    name: 'responses.compact()',
    needs: has('Responses', 'compact'),
    spans: 1,
    run: ({ client }) => client.responses.compact({ model: 'gpt-5', input: MESSAGES }).withResponse(),
  },
  {
    name: 'responses.inputTokens.count()',
    needs: has('Responses', 'InputTokens', 'count'),
    spans: 1,
    run: ({ client }) => client.responses.inputTokens.count({ model: 'gpt-5', input: 'x' }),
  },
  {
    name: 'responses: tools of the provider',
    spans: 2,
    async run({ client }) {
      const body = { model: 'hosted-tools', input: 'x', include: ['file_search_call.results' as const] };
      return [
        await client.responses.create(body),
        await readAll(await client.responses.create({ ...body, stream: true })),
      ];
    },
  },
  {
    name: 'conversations, and their items page by page',
    needs: has('Conversations', 'Items', 'create'),
    spans: 10,
    async run({ client }) {
      const { conversations } = client;
      const { id } = await conversations.create({ metadata: { topic: 'weather' } });
      const items = ['one', 'two', 'three'].map((content) => ({ role: 'user' as const, content }));
      const added = await conversations.items.create(id, { items });
      const [first] = added.data;
      return [
        added,
        await conversations.items.list(id, { limit: 2 }),
        await readAll(conversations.items.list(id, { limit: 1, order: 'asc' })),
        await conversations.items.retrieve(first?.id ?? '', { conversation_id: id }),
        await conversations.items.delete(first?.id ?? '', { conversation_id: id }).withResponse(),
        await conversations.update(id, { metadata: { topic: 'rain' } }),
        await conversations.delete(id),
      ];
    },
  },
  {
    name: 'files and batches, which call no model',
    spans: 6,
    async run({ client, openai }) {
      const file = await openai.toFile(Buffer.from('{}'), 'batch.jsonl');
      const { id } = await client.files.create({ file, purpose: 'batch' });
      const batch = await client.batches.create({
        input_file_id: id,
        endpoint: '/v1/responses',
        completion_window: '24h',
      });
      return [
        await readAll(client.files.list()),
        await (await client.files.content(id)).text(),
        batch,
        await client.batches.retrieve(batch.id),
        await client.files.delete(id),
      ];
    },
  },
];

export const resources: readonly Scenario[] = [
  ...embeddings,
  ...pages,
  ...sounds,
  ...pictures,
  ...texts,
  ...stored,
];
