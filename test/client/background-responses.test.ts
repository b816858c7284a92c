import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventStats } from '../../src/cli/stats/event-stats.js';
import { withSession } from '../../src/index.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
let client: OpenAI;
let answers: Record<string, unknown>[];
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers.shift()));
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  // The price depends on the host.
  client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: (input, init) =>
      fetch(String(input).replace('https://api.openai.com', `http://127.0.0.1:${port}`), init),
  });
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  await harness.stop();
});

let count = 0;
const newId = () => {
  count += 1;
  return `resp_${count}`;
};
const response = (id: string, status: string, more = {}) => ({
  id,
  object: 'response',
  background: true,
  status,
  model: 'gpt-4o-2024-08-06',
  output: [],
  usage: null,
  error: null,
  ...more,
});
const usage = { input_tokens: 1000, output_tokens: 100, total_tokens: 1100 };
const done = (id: string) =>
  response(id, 'completed', {
    usage,
    output: [
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] },
    ],
  });

const create = () => client.responses.create({ model: 'gpt-4o', input: 'hi', background: true });

const tokenCounts = async () =>
  (await harness.metrics.collect())
    .filter(({ name }) => name === 'gen_ai.client.inference.usage.input_tokens')
    .flatMap(({ points }) => points.map(({ value }) => value));

describe('A response that is made in the background', () => {
  it('is counted on the session of the call that sees it ended', async () => {
    const id = newId();
    answers = [response(id, 'queued'), done(id), done(id)];
    await withSession({ name: 's' }, async () => {
      await create();
      for (let fetched = 0; fetched < 2; fetched += 1) await client.responses.retrieve(id);
    });
    expect(harness.spans().at(-1)?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
    });
  });

  it('is counted once, by the first call that sees it ended', async () => {
    const id = newId();
    answers = [response(id, 'queued'), response(id, 'in_progress'), done(id), done(id)];
    await create();
    for (let fetched = 0; fetched < 3; fetched += 1) await client.responses.retrieve(id);

    const [created, early, first, again] = harness.spans();
    expect(created?.attributes).toMatchObject({
      'gen_ai.response.id': id,
      'gen_ai.response.status': 'queued',
    });
    expect(created?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(early?.links).toEqual([]);
    expect(first?.links).toHaveLength(1);
    expect(first?.links[0]?.context.spanId).toBe(created?.spanContext().spanId);
    expect(first?.links[0]?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
    });
    // The convention gives a fetching span no usage.
    expect(first?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(again?.links).toEqual([]);

    const events = await harness.events();
    const accesses = events.filter(({ type }) => type === 'EVENT_TYPE_DATA_ACCESS');
    expect(accesses.map(({ cost }) => cost)).toEqual([
      undefined,
      expect.objectContaining({
        input_tokens: 1000,
        output_tokens: 100,
        total_tokens: 1100,
        total_cost: 0.0035,
      }),
      undefined,
    ]);
    expect(accesses[1]?.metadata).toMatchObject({ model_invocation_span_id: created?.spanContext().spanId });

    expect(await tokenCounts()).toEqual([1000]);

    const stats = new EventStats(0);
    for (const [index, event] of events.entries()) {
      stats.add({ event: { ...event }, input: 'a', line: index + 1 } as never);
    }
    const row = stats.calls.MODEL_INVOCATION.row('gpt-4o-2024-08-06');
    expect({ ended: row.ended, priced: row.priced, tokens: row.tokens.total }).toEqual({
      ended: 1,
      priced: 1,
      tokens: 1100,
    });
  });

  // langfuse/langfuse-python#1832 and #1834, semantic-conventions-genai#516
  it.each<[status: string, more: object, code: string, message: string]>([
    [
      'failed',
      { error: { code: 'server_error', message: 'the model blew up' } },
      'server_error',
      'the model blew up',
    ],
    [
      'failed',
      { error: { code: 'rate_limit_exceeded', message: 'slow down' } },
      'rate_limit_exceeded',
      'slow down',
    ],
    ['cancelled', {}, 'cancelled', 'the response was cancelled'],
  ])('that %s is an error of the call that created it, once: %o', async (status, more, code, message) => {
    const id = newId();
    answers = [
      response(id, 'queued'),
      response(id, 'in_progress'),
      response(id, status, more),
      response(id, status, more),
    ];
    await create();
    for (let fetched = 0; fetched < 3; fetched += 1) await client.responses.retrieve(id);
    const [created, , fetched] = harness.spans();
    expect(created?.attributes['gen_ai.response.status']).toBe('queued');
    // The call that fetched it has succeeded.
    expect(fetched?.status.code).toBe(0);
    expect(fetched?.links[0]?.context.spanId).toBe(created?.spanContext().spanId);
    expect(fetched?.links[0]?.attributes).toMatchObject({ 'error.type': code });
    const events = await harness.events();
    const [invocation] = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
    expect(invocation?.llm_invocation?.response).toMatchObject({ status: 'queued' });
    const errors = events.filter(({ type }) => type === 'EVENT_TYPE_ERROR');
    expect(errors).toMatchObject([
      {
        status: 'EVENT_STATUS_FAILED',
        error: { error_code: code, error_message: message },
        metadata: { model_invocation_span_id: created?.spanContext().spanId },
      },
    ]);
    const accesses = events.filter(({ type }) => type === 'EVENT_TYPE_DATA_ACCESS');
    expect(accesses[1]?.metadata).toMatchObject({ status, error_code: code });
  });

  it.each(['incomplete', 'completed'])('that is %s is not an error', async (status) => {
    const id = newId();
    const reason = { incomplete_details: { reason: 'max_output_tokens' } };
    answers = [response(id, 'queued'), response(id, status, status === 'incomplete' ? reason : {})];
    await create();
    await client.responses.retrieve(id);
    expect((await harness.events()).filter(({ type }) => type === 'EVENT_TYPE_ERROR')).toEqual([]);
  });

  it('is not counted if another process created it, or if it was never in the background', async () => {
    const [other, own] = [newId(), newId()];
    answers = [done(other), done(own), done(own)];
    await client.responses.retrieve(other);
    await client.responses.create({ model: 'gpt-4o', input: 'hi' });
    await client.responses.retrieve(own);
    expect(harness.spans().flatMap(({ links }) => links)).toEqual([]);
  });
});
