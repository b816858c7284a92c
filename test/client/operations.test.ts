import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OpenAI, toFile } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  // The session of a conversation continues after the call, because the conversation may.
  const open = (violation: string) =>
    /^EVENT_TYPE_SESSION_START .+session conv_.+missing_end/.test(violation);
  expect(streamViolations(await harness.events()).filter((violation) => !open(violation))).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

const server = () => ({
  'gen_ai.provider.name': 'openai',
  'openai_agents.request_id': expect.stringMatching(/^req_/),
  'server.address': '127.0.0.1',
  'server.port': Number(new URL(harness.server.origin).port),
});
const wav = () => toFile(Buffer.from('RIFF'), 'speech.wav', { type: 'audio/wav' });
const png = () => toFile(Buffer.from('PNG'), 'cat.png', { type: 'image/png' });
const number = expect.any(Number) as number;

interface Case {
  readonly operation: string;
  readonly call: (client: OpenAI) => Promise<unknown>;
  readonly span: string;
  readonly attributes: Record<string, unknown>;
}

const CASES: readonly Case[] = [
  {
    operation: 'completions.create',
    call: (client) =>
      client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'Once', max_tokens: 9 }),
    span: 'text_completion gpt-3.5-turbo-instruct',
    attributes: {
      'gen_ai.operation.name': 'text_completion',
      'gen_ai.request.model': 'gpt-3.5-turbo-instruct',
      'gen_ai.request.max_tokens': 9,
      'gen_ai.response.id': expect.stringMatching(/^cmpl-/),
      'gen_ai.response.model': 'gpt-3.5-turbo-instruct',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': number,
      'gen_ai.usage.output_tokens': number,
    },
  },
  {
    operation: 'embeddings.create',
    call: (client) =>
      client.embeddings.create({
        model: 'text-embedding-3-small',
        input: 'Hello',
        dimensions: 8,
        encoding_format: 'float',
      }),
    span: 'embeddings text-embedding-3-small',
    attributes: {
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.request.model': 'text-embedding-3-small',
      'gen_ai.request.encoding_formats': ['float'],
      'gen_ai.embeddings.dimension.count': 8,
      'gen_ai.response.model': 'text-embedding-3-small',
      'gen_ai.usage.input_tokens': number,
    },
  },
  {
    operation: 'images.generate',
    call: (client) => client.images.generate({ model: 'gpt-image-1', prompt: 'A cat', n: 2 }),
    span: 'generate_content gpt-image-1',
    attributes: {
      'gen_ai.operation.name': 'generate_content',
      'gen_ai.output.type': 'image',
      'gen_ai.request.model': 'gpt-image-1',
      'gen_ai.request.choice.count': 2,
      'gen_ai.usage.input_tokens': number,
      'gen_ai.usage.output_tokens': number,
      'gen_ai.usage.text.input_tokens': number,
      'gen_ai.usage.image.input_tokens': number,
    },
  },
  {
    operation: 'images.edit',
    call: async (client) => client.images.edit({ model: 'gpt-image-1', prompt: 'A hat', image: await png() }),
    span: 'generate_content gpt-image-1',
    attributes: { 'gen_ai.operation.name': 'generate_content', 'gen_ai.output.type': 'image' },
  },
  {
    operation: 'images.createVariation',
    call: async (client) => client.images.createVariation({ model: 'dall-e-2', image: await png() }),
    span: 'generate_content dall-e-2',
    attributes: { 'gen_ai.operation.name': 'generate_content', 'gen_ai.output.type': 'image' },
  },
  {
    operation: 'audio.speech.create',
    call: (client) =>
      client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello' }),
    span: 'speech gpt-4o-mini-tts',
    attributes: {
      'openai_agents.span.type': 'speech',
      'gen_ai.output.type': 'speech',
      'gen_ai.request.model': 'gpt-4o-mini-tts',
    },
  },
  {
    operation: 'audio.transcriptions.create',
    call: async (client) =>
      client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await wav() }),
    span: 'transcription gpt-4o-transcribe',
    attributes: {
      'openai_agents.span.type': 'transcription',
      'gen_ai.request.model': 'gpt-4o-transcribe',
      'gen_ai.usage.input_tokens': number,
      'gen_ai.usage.output_tokens': number,
    },
  },
  {
    operation: 'audio.translations.create',
    call: async (client) => client.audio.translations.create({ model: 'whisper-1', file: await wav() }),
    span: 'translation whisper-1',
    attributes: { 'openai_agents.span.type': 'translation', 'gen_ai.request.model': 'whisper-1' },
  },
  {
    operation: 'moderations.create',
    call: (client) =>
      client.moderations.create({ model: 'omni-moderation-latest', input: 'a plan of attack' }),
    span: 'moderation omni-moderation-latest',
    attributes: {
      'openai_agents.span.type': 'moderation',
      'openai_agents.moderation.flagged': true,
      'gen_ai.request.model': 'omni-moderation-latest',
    },
  },
  {
    operation: 'vectorStores.search',
    call: (client) => client.vectorStores.search('vs_1', { query: 'refunds', max_num_results: 3 }),
    span: 'retrieval vs_1',
    attributes: {
      'gen_ai.operation.name': 'retrieval',
      'gen_ai.data_source.id': 'vs_1',
      'gen_ai.retrieval.top_k': 3,
    },
  },
  {
    operation: 'responses.compact',
    call: (client) => client.responses.compact({ model: 'gpt-5-mini', input: 'Hello' }),
    span: 'chat gpt-5-mini',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.conversation.compacted': true,
      'openai.api.type': 'responses',
    },
  },
];

/** Whether the client under test has the method: the matrix runs versions that lack newer ones. */
function hasMethod(operation: string): boolean {
  const client: unknown = new OpenAI({ apiKey: 'sk-local' });
  const method = operation.split('.').reduce<unknown>((value, name) => Object(value)[name], client);
  return typeof method === 'function';
}

describe('Each operation is one span', () => {
  it.each(CASES.filter(({ operation }) => hasMethod(operation)))(
    '$operation',
    async ({ call, span: name, attributes }) => {
      await call(harness.client);
      const spans = harness.spans();
      expect(spans.map((span) => span.name)).toEqual([name]);
      const [span] = spans;
      expect(span?.kind).toBe(SpanKind.CLIENT);
      expect(span?.status.code).toBe(SpanStatusCode.UNSET);
      expect(span?.attributes).toMatchObject({ ...server(), ...attributes });
    },
  );
});

describe('Calls that call no model', () => {
  it('have spans of another kind', async () => {
    await harness.client.models.list();
    await harness.client.files.list();
    expect(harness.spans().map(({ name }) => name)).toEqual(['models.list', 'files.list']);
    expect(harness.spans().flatMap(({ attributes }) => Object.keys(attributes))).not.toContain(
      'gen_ai.operation.name',
    );
  });
});

describe('A response in the background', () => {
  it('is counted once, by the fetch that first sees it ended', async () => {
    const queued = await harness.client.responses.create({
      model: 'gpt-5-mini',
      input: 'Hello',
      background: true,
    });
    let status = queued.status;
    while (status !== 'completed') status = (await harness.client.responses.retrieve(queued.id)).status;
    await harness.client.responses.retrieve(queued.id);
    const [created, ...fetched] = harness.spans();
    expect(created?.name).toBe('chat gpt-5-mini');
    expect(new Set(fetched.map((span) => span.name))).toEqual(new Set(['fetch_response']));
    expect(fetched.at(-1)?.attributes).toMatchObject({
      'gen_ai.operation.name': 'fetch_response',
      'gen_ai.response.id': queued.id,
      'gen_ai.response.status': 'completed',
      'gen_ai.response.finish_reasons': ['stop'],
    });
    const names = fetched.flatMap((span) => Object.keys(span.attributes));
    expect(names.filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
    const metrics = await harness.metrics.collect();
    const input = metrics.filter(({ name }) => name === 'gen_ai.client.inference.usage.input_tokens');
    expect(input.flatMap(({ points }) => points.map(({ value }) => value))).toEqual([11]);
  });
});

describe('Side effects of a call are events:', () => {
  it('a flagged moderation is a policy decision', async () => {
    await harness.client.moderations.create({ model: 'omni-moderation-latest', input: 'a plan of attack' });
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  POLICY_DECISION deny',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(events.find((event) => event.type === 'EVENT_TYPE_POLICY_DECISION')).toMatchObject({
      severity: 'SEVERITY_WARN',
      policy: { policy_id: 'moderation', outcome: 'deny', rule_ids: ['violence'] },
    });
  });

  it('a search in a vector store is a data access', async () => {
    await harness.client.vectorStores.search('vs_1', { query: 'refunds' });
    const events = await harness.events();
    expect(eventLines(events)).toEqual(['SESSION_START', '  DATA_ACCESS', 'SESSION_END']);
    expect(events[1]).toMatchObject({
      data_access: { datasource: 'vector://vs_1', document_ids: expect.any(Array) },
      metadata: { query: 'refunds' },
    });
  });

  it.runIf(hasMethod('conversations.items.create'))(
    'adding items to a conversation is a state update, and reading them is a data access',
    async () => {
      const conversation = await harness.client.conversations.create();
      await harness.client.conversations.items.create(conversation.id, {
        items: [{ type: 'message', role: 'user', content: 'Hello' }],
      });
      for await (const _item of harness.client.conversations.items.list(conversation.id)) {
        // Reads to the end.
      }
      expect(harness.spans().map((span) => [span.name, span.attributes['gen_ai.conversation.id']])).toEqual([
        ['conversations.create', undefined],
        ['conversation_items create', conversation.id],
        ['conversation_items list', conversation.id],
      ]);
      const events = await harness.events();
      expect(events.filter((event) => event.state_update ?? event.data_access)).toMatchObject([
        {
          type: 'EVENT_TYPE_STATE_UPDATE',
          session_id: conversation.id,
          state_update: { conversation_id: conversation.id, action: 'create' },
        },
        { type: 'EVENT_TYPE_DATA_ACCESS', data_access: { datasource: `conversation://${conversation.id}` } },
      ]);
    },
  );
});
