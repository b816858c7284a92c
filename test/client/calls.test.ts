import { SpanStatusCode } from '@opentelemetry/api';
import { APIError, APIPromise, OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
let client: OpenAI;
beforeAll(async () => {
  harness = await startHarness();
  client = harness.client;
});
afterEach(async () => {
  // The span of an HTTP request that was aborted ends a moment after the call's.
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const withFault = (fault: string) => ({
  headers: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
  maxRetries: 0,
});
const onlySpan = () => {
  const spans = harness.spans();
  expect(spans).toHaveLength(1);
  const [span] = spans;
  if (span === undefined) throw new Error('no span');
  return span;
};

describe('A chat completion', () => {
  it('is one span with its request and response', async () => {
    await client.chat.completions.create({
      model: 'plain',
      messages,
      temperature: 0.2,
      top_p: 0.9,
      max_completion_tokens: 50,
      frequency_penalty: 0.1,
      presence_penalty: 0.3,
      stop: ['END'],
      seed: 7,
      response_format: { type: 'text' },
    });
    const span = onlySpan();
    expect(span.name).toBe('chat plain');
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'plain',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.request.top_p': 0.9,
      'gen_ai.request.max_tokens': 50,
      'gen_ai.request.frequency_penalty': 0.1,
      'gen_ai.request.presence_penalty': 0.3,
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.request.seed': 7,
      'gen_ai.output.type': 'text',
      'gen_ai.response.id': expect.stringMatching(/^chatcmpl-/),
      'gen_ai.response.model': 'plain',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 14,
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.usage.cache_read.input_tokens': 0,
      'gen_ai.usage.reasoning.output_tokens': 0,
      'gen_ai.usage.audio.input_tokens': 0,
      'gen_ai.usage.audio.output_tokens': 0,
      'openai.api.type': 'chat_completions',
      'openai_agents.request_id': expect.stringMatching(/^req_/),
      'openai.response.service_tier': 'default',
      'openai.response.system_fingerprint': expect.stringMatching(/^fp_/),
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(harness.server.origin).port),
    });
  });

  it('has the time to its first chunk if streamed, and usage if the stream has it', async () => {
    const stream = await client.chat.completions.create({
      model: 'plain',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const _chunk of stream) {
      // Reads to the end.
    }
    expect(onlySpan().attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': 14,
      'gen_ai.usage.output_tokens': 7,
    });
  });

  it('has no tokens if streamed without usage', async () => {
    const stream = await client.chat.completions.create({ model: 'plain', messages, stream: true });
    for await (const _chunk of stream) {
      // Reads to the end.
    }
    expect(Object.keys(onlySpan().attributes).filter((name) => name.startsWith('gen_ai.usage'))).toEqual([]);
  });
});

describe('The events of a direct call', () => {
  it('are a session of their own, with request and response', async () => {
    await client.responses.create({
      model: 'plain',
      instructions: 'Be brief.',
      input: 'Hello',
      temperature: 0.5,
    });
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
    expect(events[1]?.llm_invocation).toEqual({
      provider: 'openai',
      model: 'plain',
      temperature: 0.5,
      request: {
        operation: 'chat',
        model: 'plain',
        temperature: 0.5,
        messages: [{ role: 'user', content: 'Hello' }],
        system_instructions: [{ type: 'text', content: 'Be brief.' }],
      },
      start_time: expect.any(String),
    });
    expect(events[2]).toMatchObject({
      response_id: expect.stringMatching(/^resp_/),
      llm_invocation: {
        response: {
          finish_reasons: ['stop'],
          messages: [{ role: 'assistant', content: 'The capital of France is Paris.' }],
        },
        prompt_tokens: 14,
        completion_tokens: 7,
        total_tokens: 21,
        finish_reason: 'stop',
        duration_ms: expect.any(Number),
      },
    });
  });

  it('have the tool calls of a stream put together', async () => {
    const stream = await client.chat.completions.create({ model: 'two-tools', messages, stream: true });
    for await (const _chunk of stream) {
      // Reads to the end.
    }
    const end = (await harness.events()).find((event) => event.type === 'EVENT_TYPE_MODEL_INVOCATION_END');
    expect(end?.llm_invocation?.response).toMatchObject({
      messages: [
        {
          content: [
            { type: 'tool_call', name: 'a', arguments: { query: 'first' } },
            { type: 'tool_call', name: 'b', arguments: { query: 'second' } },
          ],
        },
      ],
    });
  });

  it('keep the request as it was when it was sent', async () => {
    const changing = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'before' }] }];
    const pending = client.chat.completions.create({ model: 'plain', messages: changing });
    // The client serialises the request some microtasks later, and sends it at once.
    await new Promise<void>((next) => setImmediate(next));
    for (const message of changing) for (const part of message.content) part.text = 'after';
    await pending;
    const start = (await harness.events()).find(
      (event) => event.type === 'EVENT_TYPE_MODEL_INVOCATION_START',
    );
    expect(start?.llm_invocation?.request?.messages).toEqual([{ role: 'user', content: 'before' }]);
  });
});

describe.each([
  [
    'chat',
    (fault: string) =>
      client.chat.completions.create({ model: 'plain', messages, stream: true }, withFault(fault)),
  ],
  [
    'responses',
    (fault: string) =>
      client.responses.create({ model: 'plain', input: 'x', stream: true }, withFault(fault)),
  ],
] as const)('A stream of %s that does not reach its end', (_api, open) => {
  const readAll = async (stream: AsyncIterable<unknown>) => {
    for await (const _chunk of stream) {
      // Reads until it ends or fails.
    }
  };

  it('is cancelled if its reader leaves', async () => {
    const stream = await open('slow-chunk;ms=5');
    for await (const _chunk of stream) break;
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] (cancelled)']);
    expect(onlySpan().attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('is cancelled if it is aborted', async () => {
    const stream = await open('slow-chunk;ms=5');
    setTimeout(() => stream.controller.abort(), 8);
    await readAll(stream);
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] (cancelled)']);
  });

  it('is cancelled if it is aborted before it is read', async () => {
    const stream = await open('slow-chunk;ms=5');
    stream.controller.abort();
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] (cancelled)']);
  });

  it('fails if the connection is cut', async () => {
    await expect(readAll(await open('cut;after-chunks=2'))).rejects.toThrow();
    expect(spanTree(harness.spans())).toEqual([expect.stringMatching(/^chat plain \[CLIENT\] ✗ \w+/)]);
  });

  it('fails if a chunk is not JSON', async () => {
    await expect(readAll(await open('malformed-sse;after-chunks=2'))).rejects.toThrow(SyntaxError);
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] ✗ SyntaxError']);
  });

  it('fails if the server sends an error event', async () => {
    // openai 5.23.2 to 7.0.0 pass the error of a response on as an event and do not throw.
    await readAll(await open('error-event;after-chunks=2')).catch((error: unknown) => {
      expect(error).toBeInstanceOf(APIError);
    });
    expect(spanTree(harness.spans())).toEqual([expect.stringMatching(/^chat plain \[CLIENT\] ✗ \w+/)]);
  });

  it('keeps in its events the part that had arrived', async () => {
    const stream = await open('slow-chunk;ms=5');
    let seen = 0;
    for await (const chunk of stream) {
      const text =
        'choices' in chunk ? chunk.choices[0]?.delta.content : chunk.type === 'response.output_text.delta';
      if (text) seen += 1;
      if (seen === 2) break;
    }
    const end = (await harness.events()).find((event) => event.type === 'EVENT_TYPE_MODEL_INVOCATION_END');
    expect(end).toMatchObject({ status: 'EVENT_STATUS_CANCELLED', is_partial: true });
    const [message] = (end?.llm_invocation?.response?.messages ?? []) as { content: string }[];
    expect(message?.content).toMatch(/^The capital/);
    expect(message?.content).not.toContain('Paris.');
  });
});

describe('A failed call', () => {
  it('does not show the key that the text of the error quotes', async () => {
    const stranger = new OpenAI({
      apiKey: 'sk-bad-1234567890abcdef',
      baseURL: harness.server.url,
      maxRetries: 0,
    });
    await expect(stranger.responses.create({ model: 'plain', input: 'x' })).rejects.toMatchObject({
      status: 401,
    });
    const span = onlySpan();
    expect(span.status).toMatchObject({ code: SpanStatusCode.ERROR });
    expect(span.attributes['error.type']).toBe('invalid_api_key');
    const text = JSON.stringify([span.status, span.attributes, await harness.events()]);
    expect(text).toContain('Incorrect API key provided');
    expect(text).not.toContain('sk-bad');
  });

  it('is recorded if it is not awaited, and stays an unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      void client.responses.create({ model: 'plain', input: 'x' }, withFault('server-error'));
      await expect.poll(() => unhandled.length).toBe(1);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([expect.objectContaining({ status: 500 })]);
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] ✗ server_error']);
  });

  it('is one failed span if the network fails, after the retries', async () => {
    const nowhere = client.withOptions({ baseURL: 'http://127.0.0.1:9/v1', maxRetries: 1 });
    await expect(nowhere.responses.create({ model: 'plain', input: 'x' })).rejects.toThrow(
      'Connection error',
    );
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] ✗ APIConnectionError']);
    expect(onlySpan().attributes['http.request.resend_count']).toBe(1);
  });

  it('is cancelled if its caller aborts it', async () => {
    const abort = new AbortController();
    const pending = client.responses.create(
      { model: 'plain', input: 'x' },
      { ...withFault('hang'), signal: abort.signal },
    );
    setTimeout(() => abort.abort(), 10);
    await expect(pending).rejects.toThrow('aborted');
    expect(spanTree(harness.spans())).toEqual(['chat plain [CLIENT] (cancelled)']);
  });
});

describe('The application', () => {
  it('gets the promise of the SDK with all its methods', async () => {
    const promise = client.responses.create({ model: 'plain', input: 'x' });
    expect(promise).toBeInstanceOf(APIPromise);
    expect(Object.keys(promise)).toEqual(await namesOnUninstrumentedPromise());
    const { data, response, request_id } = await promise.withResponse();
    expect(data.output_text).toBe('The capital of France is Paris.');
    expect(response.status).toBe(200);
    expect(request_id).toMatch(/^req_/);
    expect(harness.spans()).toHaveLength(1);
  });

  it('can read the raw response itself', async () => {
    const response = await client.responses.create({ model: 'plain', input: 'x' }).asResponse();
    expect(await response.json()).toMatchObject({ object: 'response' });
    expect(harness.spans()).toHaveLength(1);
  });

  it('can parse with the helpers, each of which is one span', async () => {
    await client.chat.completions.parse({ model: 'plain', messages });
    await client.responses.parse({ model: 'plain', input: 'x' });
    await client.chat.completions.stream({ model: 'plain', messages }).finalMessage();
    await client.responses.stream({ model: 'plain', input: 'x' }).finalResponse();
    expect(spanTree(harness.spans())).toEqual(Array(4).fill('chat plain [CLIENT]'));
    for (const span of harness.spans())
      expect(span.attributes['gen_ai.response.finish_reasons']).toEqual(['stop']);
  });

  it('can split a stream, which is one span', async () => {
    const stream = await client.chat.completions.create({ model: 'plain', messages, stream: true });
    const texts = await Promise.all(
      stream.tee().map(async (branch) => {
        let text = '';
        for await (const chunk of branch) text += chunk.choices[0]?.delta.content ?? '';
        return text;
      }),
    );
    expect(texts).toEqual(['The capital of France is Paris.', 'The capital of France is Paris.']);
    expect(harness.spans()).toHaveLength(1);
  });

  it('sends the same requests with the same headers as before', async () => {
    const sent = async () => {
      const from = harness.server.requests.length;
      await client.responses.create({ model: 'plain', input: 'x' });
      return harness.server.requests.slice(from).map(({ method, path, headers, body }) => {
        const { traceparent: _propagated, ...own } = headers;
        return { method, path, own, body };
      });
    };
    const instrumented = await sent();
    harness.instrumentation.disable();
    const plain = await sent();
    harness.instrumentation.enable();
    expect(instrumented).toEqual(plain);
  });

  it('gets the original classes back after disable()', async () => {
    const wrapped = OpenAI.Responses.prototype.create;
    harness.instrumentation.disable();
    try {
      expect(OpenAI.Responses.prototype.create).not.toBe(wrapped);
      await client.responses.create({ model: 'plain', input: 'x' });
      expect(harness.spans()).toEqual([]);
    } finally {
      harness.instrumentation.enable();
    }
    await client.responses.create({ model: 'plain', input: 'x' });
    expect(harness.spans()).toHaveLength(1);
  });
});

/** Own property names of the SDK's promise without instrumentation. */
async function namesOnUninstrumentedPromise(): Promise<string[]> {
  harness.instrumentation.disable();
  const promise = client.responses.create({ model: 'plain', input: 'x' });
  harness.instrumentation.enable();
  const names = Object.keys(promise);
  await promise;
  return names;
}
