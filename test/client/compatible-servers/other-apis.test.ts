import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../../harness/telemetry.js';

let harness: Harness;
let client: OpenAI;
let body: string;
let type: string;
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    response.setHeader('content-type', type);
    response.end(body);
  });
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  await harness.stop();
});

const CALLS: Readonly<Record<string, (client: OpenAI) => Promise<unknown>>> = {
  responses: (from) => from.responses.create({ model: 'm', input: 'hi' }),
  embeddings: (from) => from.embeddings.create({ model: 'm', input: 'hi', encoding_format: 'float' }),
  completions: (from) => from.completions.create({ model: 'm', prompt: 'hi' }),
  chat: (from) => from.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] }),
  // It reads only an error in place of its answer as a failure.
  moderations: (from) => from.moderations.create({ input: 'hi' }),
};

const BODIES: readonly (readonly [what: string, contentType: string, body: string, errorType: string])[] = [
  ['an error', 'application/json', '{"error":{"code":"overloaded","message":"busy"}}', 'overloaded'],
  ['an error that is a text', 'application/json', '{"error":"busy"}', '_OTHER'],
  ["vLLM's error", 'application/json', '{"object":"error","message":"no","code":404}', '404'],
  ['nothing', 'application/json', '', 'invalid_response'],
  ['the page of a proxy', 'text/html', '<html></html>', 'invalid_response'],
  ['another object', 'application/json', '{"detail":"Not Found"}', 'invalid_response'],
];

describe.each(Object.keys(CALLS))('A call of %s that is answered with status 200 and', (api) => {
  it.each(BODIES)('%s is a failed call', async (_what, contentType, text, errorType) => {
    if (api === 'moderations' && errorType === 'invalid_response') return;
    type = contentType;
    body = text;
    const isJson = contentType !== 'text/html' && text !== '';
    const thrown: unknown[] = [];
    const result = await CALLS[api]?.(client).catch((error: unknown) => void thrown.push(error));
    // The application gets what the client makes of the body. The client itself throws on a response that is no object,
    // and up to 5.23 on an empty body.
    const mayThrow = (api === 'responses' && !isJson) || text === '';
    const [error] = thrown;
    const expectedType = error === undefined ? errorType : (error as Error).constructor.name;
    if (error !== undefined)
      expect([mayThrow, expectedType]).toEqual([true, expect.stringMatching(/^(Type|Syntax)Error$/)]);
    else expect(result ?? '').toEqual(isJson ? JSON.parse(text) : text);
    const [span] = harness.spans();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes['error.type']).toBe(expectedType);
    const outcomes = (await harness.events()).filter((event) =>
      /ERROR|MODEL_INVOCATION_END/.test(event.type),
    );
    expect(outcomes.map((event) => [event.type, event.error?.error_code ?? event.status])).toEqual([
      ['EVENT_TYPE_ERROR', expectedType],
      ['EVENT_TYPE_MODEL_INVOCATION_END', 'EVENT_STATUS_FAILED'],
    ]);
  });
});

const item = (text: string) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});
const whole = { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-5', tools: [] };
const usage = { input_tokens: 11, output_tokens: 7, total_tokens: 18 };
const delta = { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0 };
const begun = { ...whole, status: 'in_progress', output: [], usage: null };
const call = {
  type: 'function_call',
  id: 'fc_1',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"city":"Paris"}',
};

describe('A streamed response', () => {
  it.each<[what: string, events: unknown[], parts: unknown[], finish: string]>([
    [
      // open-webui/open-webui#27800, BerriAI/litellm#32718, QuantumNous/new-api#4362
      'whose last event has an empty output is put together from its deltas',
      [
        { type: 'response.created', response: begun },
        { ...delta, delta: 'Par' },
        { ...delta, delta: 'is' },
        { type: 'response.completed', response: { ...whole, output: [], usage } },
      ],
      [{ type: 'text', content: 'Paris' }],
      'stop',
    ],
    [
      'whose last event has no output has its items',
      [
        { type: 'response.created', response: begun },
        { type: 'response.output_item.done', output_index: 0, item: item('Paris') },
        { type: 'response.completed', response: { ...whole, usage } },
      ],
      [{ type: 'text', content: 'Paris' }],
      'stop',
    ],
    [
      'whose last event has no id, model and usage has those of the events before',
      [
        { type: 'response.created', response: { ...begun, usage } },
        {
          type: 'response.completed',
          response: { id: '', model: '', status: 'completed', output: [item('Paris')], usage: {} },
        },
      ],
      [{ type: 'text', content: 'Paris' }],
      'stop',
    ],
    [
      'whose items are a tool call finishes with it',
      [
        { type: 'response.created', response: begun },
        { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } },
        {
          type: 'response.function_call_arguments.delta',
          item_id: 'fc_1',
          output_index: 0,
          delta: '{"city":',
        },
        {
          type: 'response.function_call_arguments.delta',
          item_id: 'fc_1',
          output_index: 0,
          delta: '"Paris"}',
        },
        { type: 'response.completed', response: { ...whole, output: [], usage } },
      ],
      [{ type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Paris' } }],
      'tool_calls',
    ],
  ])('%s', async (_what, events, parts, finish) => {
    type = 'text/event-stream';
    body = events
      .map((event, index) => ({ sequence_number: index, ...(event as { type: string }) }))
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
    for await (const _event of await client.responses.create({ model: 'm', input: 'hi', stream: true })) {
      // Only read.
    }
    const [span] = harness.spans();
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toMatchObject({
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.model': 'gpt-5',
      'gen_ai.response.finish_reasons': [finish],
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 7,
    });
    expect(JSON.parse(String(span?.attributes['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts, finish_reason: finish === 'tool_calls' ? 'tool_call' : finish },
    ]);
  });
});
