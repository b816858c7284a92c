/** Runs of the Assistants API through the real client and the local model server. */
import { SpanStatusCode } from '@opentelemetry/api';
import type { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

type Threads = OpenAI['beta']['threads'];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  // A thread's session goes on after the call, because more may be said in it.
  const open = (violation: string) =>
    /^EVENT_TYPE_SESSION_START .+session thread_.+missing_end/.test(violation);
  expect(streamViolations(await harness.events()).filter((violation) => !open(violation))).toEqual([]);
  await harness.reset();
});
afterAll(() => harness.stop());

/** A thread per test, because a thread is a session that goes on after the call. */
let threadId = '';
beforeEach(() => {
  threadId = `thread_${crypto.randomUUID()}`;
});
const body = { assistant_id: 'asst_1' };
const question = { additional_messages: [{ role: 'user' as const, content: 'Where is A-1001?' }] };
const lookup = { type: 'function' as const, function: { name: 'lookup_order' } };
const outputs = (run: { readonly id: string }) => ({
  thread_id: threadId,
  tool_outputs: [{ tool_call_id: `call_of_${run.id}`, output: '{"status":"shipped"}' }],
});
const TOKENS = { 'gen_ai.usage.input_tokens': 40, 'gen_ai.usage.output_tokens': 12 };
const parsed = (value: unknown): unknown => JSON.parse(String(value));
const tokensOf = (attributes: object | undefined) =>
  Object.fromEntries(Object.entries(attributes ?? {}).filter(([name]) => name.startsWith('gen_ai.usage')));
const faulty = (fault: string) => ({
  headers: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
  maxRetries: 1,
});

function faultyGet(init: RequestInit): Headers {
  const headers = new Headers(init.headers);
  headers.set('x-fault', 'server-error');
  return headers;
}

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events) {
    // Reads to the end.
  }
}

async function waitingRun({ runs }: Threads): Promise<{ readonly id: string }> {
  const run = await runs.createAndPoll(threadId, { ...body, tools: [lookup] });
  expect(run.status).toBe('requires_action');
  return run;
}

describe('A run is one span', () => {
  it.each<[method: string, call: (threads: Threads) => Promise<unknown>, ended: boolean]>([
    ['runs.create', ({ runs }) => runs.create(threadId, body), false],
    ['createAndRun', (threads) => threads.createAndRun(body), false],
    ['runs.createAndPoll', ({ runs }) => runs.createAndPoll(threadId, body), true],
    ['createAndRunPoll', (threads) => threads.createAndRunPoll(body), true],
    [
      'runs.create with stream',
      async ({ runs }) => readAll(await runs.create(threadId, { ...body, stream: true })),
      true,
    ],
    [
      'createAndRun with stream',
      async (threads) => readAll(await threads.createAndRun({ ...body, stream: true })),
      true,
    ],
    ['runs.stream', ({ runs }) => runs.stream(threadId, body).finalRun(), true],
    ['runs.createAndStream', ({ runs }) => runs.createAndStream(threadId, body).finalRun(), true],
    ['createAndRunStream', (threads) => threads.createAndRunStream(body).finalRun(), true],
  ])('of %s', async (_method, call, ended) => {
    await call(harness.client.beta.threads);
    expect(spanTree(harness.spans())).toEqual(['invoke_agent [CLIENT]']);
    const [span] = harness.spans();
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'openai',
      'gen_ai.agent.id': 'asst_1',
      'gen_ai.conversation.id': expect.stringMatching(/^thread_/),
      'gen_ai.response.id': expect.stringMatching(/^run_/),
      'gen_ai.response.model': 'gpt-5-mini',
      'openai_agents.request_id': expect.stringMatching(/^req_/),
      'server.address': '127.0.0.1',
    });
    expect(span?.attributes['gen_ai.response.finish_reasons']).toEqual(ended ? ['stop'] : undefined);
    expect(tokensOf(span?.attributes)).toEqual(ended ? TOKENS : {});
    expect(span?.attributes['http.request.resend_count']).toBeUndefined();
    expect(span?.events).toEqual([]);
  });

  it.each<
    [
      method: string,
      call: (threads: Threads, run: { readonly id: string }) => Promise<unknown>,
      ended: boolean,
    ]
  >([
    ['submitToolOutputs', ({ runs }, run) => runs.submitToolOutputs(run.id, outputs(run)), false],
    [
      'submitToolOutputsAndPoll',
      ({ runs }, run) => runs.submitToolOutputsAndPoll(run.id, outputs(run)),
      true,
    ],
    [
      'submitToolOutputs with stream',
      async ({ runs }, run) =>
        readAll(await runs.submitToolOutputs(run.id, { ...outputs(run), stream: true })),
      true,
    ],
    [
      'submitToolOutputsStream',
      ({ runs }, run) => runs.submitToolOutputsStream(run.id, outputs(run)).finalRun(),
      true,
    ],
  ])('when it is continued by runs.%s', async (_method, call, ended) => {
    const { threads } = harness.client.beta;
    const run = await waitingRun(threads);
    await call(threads, run);
    const [, span, ...others] = harness.spans();
    expect(others).toEqual([]);
    expect(span?.name).toBe('invoke_agent');
    expect(span?.attributes).toMatchObject({
      'gen_ai.agent.id': 'asst_1',
      'gen_ai.conversation.id': threadId,
      'gen_ai.response.id': run.id,
    });
    expect(tokensOf(span?.attributes)).toEqual(ended ? TOKENS : {});
    expect(parsed(span?.attributes['gen_ai.input.messages'])).toEqual([
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: `call_of_${run.id}`, response: { status: 'shipped' } }],
      },
    ]);
  });

  it('with the requests of its polling beneath it', async () => {
    await harness.client.beta.threads.runs.createAndPoll(threadId, body);
    expect(spanTree(harness.allSpans())).toEqual([
      'invoke_agent [CLIENT]',
      '  POST [CLIENT]',
      '  GET [CLIENT]',
      '  GET [CLIENT]',
    ]);
  });
});

describe('Retrieving, polling and other calls about a run', () => {
  it('have no tokens, so that none is counted twice', async () => {
    const { runs } = harness.client.beta.threads;
    const run = await runs.create(threadId, body);
    const done = await runs.poll(run.id, { thread_id: threadId });
    await runs.retrieve(run.id, { thread_id: threadId });
    expect(done.status).toBe('completed');
    expect(harness.spans().map(({ name, attributes }) => [name, tokensOf(attributes)])).toEqual([
      ['invoke_agent', {}],
      ...harness
        .spans()
        .slice(1)
        .map(() => ['beta.threads.runs.retrieve', {}]),
    ]);
    expect(harness.spans().length).toBeGreaterThan(2);
  });
});

describe('The content of a run', () => {
  const answer = [
    { role: 'assistant', parts: [{ type: 'text', content: 'The assistant has finished its work.' }] },
  ];

  it('has its messages, instructions and tools, and the answer of a stream', async () => {
    const params = {
      ...body,
      ...question,
      instructions: 'Be short.',
      tools: [{ type: 'file_search' as const }],
    };
    await harness.client.beta.threads.runs.stream(threadId, params).finalRun();
    const attributes = harness.spans()[0]?.attributes;
    expect(parsed(attributes?.['gen_ai.input.messages'])).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'Where is A-1001?' }] },
    ]);
    expect(parsed(attributes?.['gen_ai.system_instructions'])).toEqual([
      { type: 'text', content: 'Be short.' },
    ]);
    expect(parsed(attributes?.['gen_ai.tool.definitions'])).toEqual([
      { type: 'file_search', name: 'file_search' },
    ]);
    expect(parsed(attributes?.['gen_ai.output.messages'])).toEqual([{ ...answer[0], finish_reason: 'stop' }]);
  });

  it('has the calls of tools for which the run waits', async () => {
    await harness.client.beta.threads.runs.createAndPoll(threadId, { ...body, tools: [lookup] });
    const attributes = harness.spans()[0]?.attributes;
    expect(attributes?.['gen_ai.response.finish_reasons']).toEqual(['tool_calls']);
    expect(parsed(attributes?.['gen_ai.output.messages'])).toMatchObject([
      { parts: [{ type: 'tool_call', name: 'lookup_order', arguments: { order: 'A-1001' } }] },
    ]);
  });
});

describe('A run that does not complete', () => {
  const ending = (word: string) => ({ ...body, instructions: word });

  it.each([
    ['failed', ['error'], 'server_error', 'The run broke off.'],
    ['expired', ['error'], 'expired', 'the run expired'],
    ['incomplete', ['length'], undefined, undefined],
  ])('is %s, polled and streamed alike', async (word, finishReasons, errorType, message) => {
    const { runs } = harness.client.beta.threads;
    await runs.createAndPoll(threadId, ending(word));
    await readAll(await runs.create(threadId, { ...ending(word), stream: true }));
    const code = errorType === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR;
    expect(harness.spans()).toHaveLength(2);
    for (const { attributes, status } of harness.spans()) {
      expect(attributes['gen_ai.response.finish_reasons']).toEqual(finishReasons);
      expect(attributes['error.type']).toBe(errorType);
      expect([status.code, status.message]).toEqual([code, message]);
    }
  });

  it('because its first request fails is one failed span with its retry', async () => {
    const call = harness.client.beta.threads.runs.createAndPoll(
      threadId,
      body,
      faulty('server-error;times=2'),
    );
    await expect(call).rejects.toMatchObject({ status: 500 });
    expect(spanTree(harness.spans())).toEqual(['invoke_agent [CLIENT] ✗ server_error']);
    expect(harness.spans()[0]?.attributes['http.request.resend_count']).toBe(1);
  });

  it('because its polling fails is one failed span', async () => {
    const failingGet = (url: string | URL | Request, init?: RequestInit) =>
      fetch(url, init?.method?.toUpperCase() === 'GET' ? { ...init, headers: faultyGet(init) } : init);
    const client = harness.client.withOptions({ fetch: failingGet, maxRetries: 1 });
    await expect(client.beta.threads.runs.createAndPoll(threadId, body)).rejects.toMatchObject({
      status: 500,
    });
    expect(spanTree(harness.allSpans())).toEqual([
      'invoke_agent [CLIENT] ✗ server_error',
      '  POST [CLIENT]',
      '  GET [CLIENT] ✗ 500',
      '  GET [CLIENT] ✗ 500',
    ]);
    const [span] = harness.spans();
    expect(span?.attributes['http.request.resend_count']).toBe(1);
    expect(span?.events).toHaveLength(1);
  });

  it('because the stream reports an error is one failed span', async () => {
    const { runs } = harness.client.beta.threads;
    const stream = await runs.create(
      threadId,
      { ...body, stream: true },
      faulty('error-event;after-chunks=3'),
    );
    await expect(readAll(stream)).rejects.toThrow();
    const [span] = harness.spans();
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes['gen_ai.response.finish_reasons']).toEqual(['error']);
  });

  it('because the application leaves its stream is cancelled', async () => {
    const stream = await harness.client.beta.threads.runs.create(threadId, { ...body, stream: true });
    for await (const _event of stream) break;
    expect(spanTree(harness.spans())).toEqual(['invoke_agent [CLIENT] (cancelled)']);
  });

  it('because the application aborts its polling is cancelled', async () => {
    const controller = new AbortController();
    // Clients before 7.x notice the abort only with their next request.
    const options = { signal: controller.signal, pollIntervalMs: 300 };
    const call = harness.client.beta.threads.runs.createAndPoll(threadId, body, options);
    setTimeout(() => controller.abort(), 100);
    await expect(call).rejects.toThrow();
    expect(spanTree(harness.spans())).toEqual(['invoke_agent [CLIENT] (cancelled)']);
  });
});

describe('The events of a run', () => {
  it('are those of an agent, in the session of its thread', async () => {
    const { runs } = harness.client.beta.threads;
    await runs.stream(threadId, { ...body, ...question }).finalRun();
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START',
      '  INPUT_RECEIVED',
      '  OUTPUT_EMITTED',
      '  AGENT_END',
    ]);
    expect(events.map((event) => event.session_id)).toEqual(events.map(() => threadId));
    expect(events[1]).toMatchObject({ type: 'EVENT_TYPE_AGENT_START', agent_id: 'asst_1' });
  });
});

describe('The metrics of a run', () => {
  it('are those of a client operation', async () => {
    await harness.client.beta.threads.runs.createAndPoll(threadId, body);
    const metrics = await harness.metrics.collect();
    expect(metrics.filter(({ points }) => points.length > 0).map(({ name }) => name)).toEqual([
      'gen_ai.client.operation.duration',
    ]);
  });
});
