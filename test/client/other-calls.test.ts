import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAI } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withSession } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
let server: Server;
let client: OpenAI;
/** The requests that the server saw, with the status of each answer. */
let seen: string[] = [];
let failures = 0;

beforeAll(async () => {
  harness = await startHarness();
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const status = failures > 0 ? 500 : request.url?.includes('gone') ? 404 : 200;
      failures -= failures > 0 ? 1 : 0;
      seen.push(`${request.method} ${request.url} ${status}`);
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-request-id': 'req_1',
        'retry-after-ms': '1',
      });
      const isFirstPage = request.url === '/v1/files';
      response.end(
        JSON.stringify(
          status === 200
            ? { id: 'x_1', object: 'list', data: [{ id: 'f_1' }], has_more: isFirstPage }
            : { error: { message: 'no' } },
        ),
      );
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1` });
});
beforeEach(async () => {
  seen = [];
  failures = 0;
  await harness.reset();
});
afterAll(async () => {
  server.close();
  await harness.stop();
});

const tree = () =>
  harness
    .allSpans()
    .map(({ name, attributes, status }) => `${name} ${attributes['url.template'] ?? '-'} ${status.code}`)
    .filter((line) => !/^(GET|POST|PUT|PATCH|DELETE) /.test(line));

const UPLOAD = new File(['content'], 'a.jsonl');

describe('A call that calls no model', () => {
  it.each<[name: string, template: string, call: () => PromiseLike<unknown>]>([
    ['models.list', '/models', () => client.models.list()],
    ['models.retrieve', '/models/{}', () => client.models.retrieve('gpt-5')],
    ['models.delete', '/models/{}', () => client.models.delete('ft:gpt')],
    ['files.create', '/files', () => client.files.create({ file: UPLOAD, purpose: 'batch' })],
    ['files.content', '/files/{}/content', () => client.files.content('file-1')],
    ['batches.cancel', '/batches/{}/cancel', () => client.batches.cancel('b-1')],
    [
      'fineTuning.jobs.listEvents',
      '/fine_tuning/jobs/{}/events',
      () => client.fineTuning.jobs.listEvents('j'),
    ],
    ['vectorStores.create', '/vector_stores', () => client.vectorStores.create({})],
    ['containers.list', '/containers', () => client.containers.list()],
    ['evals.list', '/evals', () => client.evals.list()],
    ['models.list', '/models', () => client.get('/models')],
    ['models.list', '/models', () => client.request({ method: 'get', path: '/models' })],
    ['files.create', '/files', () => client.post('/files', { body: { a: 1 } })],
    ['files.create', '/files', () => client.request({ method: 'post', path: '/files', body: { a: 1 } })],
    ['files.delete', '/files/{}', () => client.delete('/files/file-1')],
    ['evals.update', '/evals/{}', () => client.post('/evals/e_1', { body: {} })],
    ['client.put', '-', () => client.put('/models', { body: {} })],
    ['client.patch', '-', () => client.patch('/sk-secret', { body: {} })],
    ['client.get', '-', () => client.get('/sk-secret/of/mine')],
    ['client.post', '-', () => client.post('/agents-of-tomorrow', { body: {} })],
  ])('%s is one span with the template %s', async (name, template, call) => {
    await call();
    expect(tree()).toEqual([`${name} ${template} 0`]);
    expect(seen).toHaveLength(1);
    const [span] = harness.spans();
    expect(span?.kind).toBe(2);
    expect(span?.attributes).toMatchObject({
      'openai_agents.span.type': 'request',
      'openai_agents.request_id': 'req_1',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': (server.address() as AddressInfo).port,
    });
    expect(JSON.stringify(span?.attributes)).not.toMatch(/gen_ai|secret|file-1/);
    expect(await harness.events()).toEqual([]);
    expect(JSON.stringify(await harness.metrics.collect())).not.toContain('gen_ai.client');
  });

  it('has the HTTP span beneath it and the active span above it', async () => {
    await harness.provider.getTracer('app').startActiveSpan('work', async (work) => {
      await client.models.list();
      work.end();
    });
    const [http, call, work] = harness.allSpans();
    expect(http?.name).toMatch(/^GET/);
    const parent = (span = http) =>
      (span as unknown as { parentSpanContext?: { spanId: string } }).parentSpanContext;
    expect(parent(http)?.spanId).toBe(call?.spanContext().spanId);
    expect(parent(call)?.spanId).toBe(work?.spanContext().spanId);
  });

  it('is one span for each page', async () => {
    const ids: string[] = [];
    for await (const file of client.files.list()) ids.push(file.id);
    expect(ids).toEqual(['f_1', 'f_1']);
    expect(tree()).toEqual(['files.list /files 0', 'files.list /files 0']);
  });

  it('has its failure and its retries, without audit events', async () => {
    await expect(client.files.retrieve('gone')).rejects.toThrow('404');
    failures = 1;
    await client.models.list();
    const [failed, retried] = harness.spans();
    expect(failed?.attributes).toMatchObject({
      'error.type': 'NotFoundError',
      'http.response.status_code': 404,
    });
    expect(failed?.status.code).toBe(2);
    expect(retried?.attributes).toMatchObject({ 'http.request.resend_count': 1 });
    expect(retried?.events.map(({ name }) => name)).toEqual(['openai_agents.request.retry']);
    expect(await harness.events()).toEqual([]);
  });

  it('that the caller aborts is cancelled', async () => {
    const controller = new AbortController();
    const call = client.models.list({ signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toThrow();
    expect(harness.spans()[0]?.attributes).toMatchObject({ 'openai_agents.outcome': 'cancelled' });
    expect(harness.spans()[0]?.status.code).toBe(0);
  });

  it('that the application replaced is not left open', async () => {
    const replaced = new OpenAI({ apiKey: 'k', baseURL: client.baseURL });
    replaced.request = (() => Promise.resolve({ id: 'own' })) as unknown as typeof replaced.request;
    expect(await replaced.models.retrieve('m')).toEqual({ id: 'own' });
    await expect.poll(tree).toEqual(['models.retrieve /models/{} 0']);
    expect(harness.openSpanCount()).toBe(0);
  });

  it('of another client is recorded if it is made while a model call is sent', async () => {
    const calling = new OpenAI({
      apiKey: 'k',
      baseURL: harness.client.baseURL,
      fetch: async (...request) => {
        await client.models.list();
        return fetch(...request);
      },
    });
    await calling.responses.create({ model: 'plain', input: 'hi' });
    expect(harness.spans().map(({ name }) => name)).toEqual(['models.list', 'chat plain']);
  });

  it('of the same client is recorded if the application makes it while a model call is sent', async () => {
    let nested = false;
    const calling: OpenAI = new OpenAI({
      apiKey: 'k',
      baseURL: harness.client.baseURL,
      fetch: async (...request) => {
        if (!nested) {
          nested = true;
          await calling.models.list();
        }
        return fetch(...request);
      },
    });
    await calling.responses.create({ model: 'plain', input: 'hi' });
    expect(harness.spans().map(({ name }) => name)).toEqual(['models.list', 'chat plain']);
  });

  it('in a session makes no event of its own, whether it succeeds or fails', async () => {
    await withSession({ name: 'work' }, async () => {
      await client.models.list();
      await client.files.retrieve('gone').catch(() => undefined);
    });
    expect((await harness.events()).map(({ type }) => type)).toEqual([
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_SESSION_END',
    ]);
  });

  it('keeps an unread failure an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => unhandled.push(error));
    try {
      void client.files.retrieve('gone');
      await expect.poll(() => unhandled.length).toBe(1);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
  });
});

describe('A request by path', () => {
  it.each<[span: string, path: string, body: object]>([
    ['chat plain', '/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
    ['chat plain', '/responses', { input: 'hi' }],
    ['embeddings plain', '/embeddings', { input: 'hi' }],
    ['chat plain', '/chat/completions?x=1', { messages: [{ role: 'user', content: 'hi' }] }],
  ])('is the model call %s for %s', async (name, path, body) => {
    await harness.client.post(path, { body: { model: 'plain', ...body } });
    expect(harness.spans().map((span) => span.name)).toEqual([name]);
    const [span] = harness.spans();
    expect(span?.attributes['gen_ai.usage.input_tokens']).toBeGreaterThan(0);
    expect((await harness.events()).map(({ type }) => type)).toContain('EVENT_TYPE_MODEL_INVOCATION_END');
  });

  it('is the same for request()', async () => {
    const body = { model: 'plain', input: 'hi' };
    await harness.client.request({ method: 'post', path: '/responses', body });
    expect(harness.spans().map((span) => span.name)).toEqual(['chat plain']);
  });

  it('is read from the text that is sent if the application encodes it', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'plain', input: 'hi' });
    await harness.client.post('/responses', { body, headers } as never);
    expect(harness.spans().map((span) => span.name)).toEqual(['chat plain']);
  });

  it('has the ids in its path', async () => {
    const { client: model } = harness;
    const created = (await model.post('/responses', { body: { model: 'plain', input: 'hi' } })) as {
      id: string;
    };
    await model.get(`/responses/${created.id}`);
    await model.post('/vector_stores/vs_1/search', { body: { query: 'weather' } }).catch(() => undefined);
    await model.get('/conversations/conv_1/items').catch(() => undefined);
    await model.delete('/conversations/conv_1/items/msg_1').catch(() => undefined);
    await model.post('/threads/thread_1/runs', { body: { assistant_id: 'asst_1' } }).catch(() => undefined);
    expect(
      harness
        .spans()
        .slice(1)
        .map(({ name, attributes }) => [
          name,
          attributes['gen_ai.data_source.id'] ??
            attributes['gen_ai.conversation.id'] ??
            attributes['gen_ai.response.id'],
        ]),
    ).toEqual([
      ['fetch_response', created.id],
      ['retrieval vs_1', 'vs_1'],
      ['conversation_items list', 'conv_1'],
      ['conversation_items delete', 'conv_1'],
      ['invoke_agent', 'thread_1'],
    ]);
    expect(harness.spans()[2]?.attributes['gen_ai.operation.name']).toBe('retrieval');
  });

  it('is read from what is sent if its options are a promise', async () => {
    const options = Promise.resolve({ body: { model: 'plain', input: 'hi' } });
    await harness.client.post('/responses', options);
    expect(harness.spans().map((span) => span.name)).toEqual(['chat plain']);
  });

  it('streams like the method does', async () => {
    const body = { model: 'plain', stream: true, messages: [{ role: 'user', content: 'hi' }] };
    const stream = (await harness.client.post('/chat/completions', {
      body: { ...body, stream_options: { include_usage: true } },
      stream: true,
    })) as AsyncIterable<unknown>;
    for await (const _ of stream);
    expect(harness.spans().map((span) => span.name)).toEqual(['chat plain']);
    expect(harness.spans()[0]?.attributes['gen_ai.usage.output_tokens']).toBeGreaterThan(0);
  });
});

describe('Model calls', () => {
  it('have no other span of the client beneath them', async () => {
    await harness.client.chat.completions.create({
      model: 'plain',
      messages: [{ role: 'user', content: 'hi' }],
    });
    await harness.client.responses.create({ model: 'plain', input: 'hi' });
    expect(harness.spans().map((span) => span.attributes['openai_agents.span.type'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('The option otherCalls', () => {
  it('switches these spans off', async () => {
    harness.instrumentation.setConfig({ otherCalls: false });
    try {
      await client.models.list();
      await harness.client.post('/responses', { body: { model: 'plain', input: 'hi' } });
      expect(harness.spans().map((span) => span.name)).toEqual(['chat plain']);
    } finally {
      harness.instrumentation.setConfig({});
    }
  });
});
