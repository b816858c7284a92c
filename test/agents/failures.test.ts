import * as agents from '@openai/agents';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  expect(streamViolations(await harness.events())).toEqual([]);
  expect(harness.processor.stats().errors).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

/** Returns a runner whose requests meet a fault. */
function runnerWith(fault: string, maxRetries = 0): agents.Runner {
  const openAIClient = harness.client.withOptions({
    maxRetries,
    defaultHeaders: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
  });
  return new agents.Runner({ modelProvider: new agents.OpenAIProvider({ openAIClient }) });
}

const plain = () => new agents.Agent({ name: 'plain', model: 'plain' });

describe('A failed model call', () => {
  const failedTree = [
    'invoke_workflow plain [INTERNAL] ✗ server_error',
    '  invoke_agent plain [INTERNAL] ✗ server_error',
    '    chat plain [CLIENT] ✗ server_error',
  ];

  it('marks its span, its agent and its workflow as failed and reaches the application unchanged', async () => {
    const failure = await runnerWith('server-error')
      .run(plain(), 'x')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 500 });
    expect(spanTree(harness.spans())).toEqual(failedTree);
    expect(Object.fromEntries(harness.spans().map(({ name, status }) => [name, status]))).toEqual({
      'chat plain': { code: SpanStatusCode.ERROR, message: '500 Internal Server Error' },
      'invoke_agent plain': { code: SpanStatusCode.ERROR, message: 'Error in agent run' },
      'invoke_workflow plain': { code: SpanStatusCode.ERROR, message: '500 Internal Server Error' },
    });
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START plain',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    ERROR server_error',
      '    MODEL_INVOCATION_END (failed)',
      '  ERROR server_error',
      '  AGENT_END plain (failed)',
      'SESSION_END (failed)',
    ]);
    const [error] = events.filter((event) => event.type === 'EVENT_TYPE_ERROR');
    expect(error).toMatchObject({
      status: 'EVENT_STATUS_FAILED',
      severity: 'SEVERITY_ERROR',
      error: { error_code: 'server_error', error_message: expect.stringContaining('500') },
    });
  });

  it('has the same effects when it is streamed', async () => {
    const result = await runnerWith('server-error').run(plain(), 'x', { stream: true });
    const read = async () => {
      for await (const _event of result) {
        // The stream is empty.
      }
    };
    await expect(read()).rejects.toMatchObject({ status: 500 });
    await result.completed.catch(() => undefined);
    expect(spanTree(harness.spans())).toEqual(failedTree);
  });

  it('is one span with one event per retry of the client', async () => {
    await runnerWith('rate-limit;times=2;retry-after-ms=30', 2).run(plain(), 'x');
    const chat = harness.spans().find((span) => span.name === 'chat plain');
    expect(chat?.status.code).toBe(SpanStatusCode.UNSET);
    expect(chat?.attributes['http.request.resend_count']).toBe(2);
    const retries = chat?.events.filter((event) => event.name === 'openai_agents.request.retry') ?? [];
    expect(retries.map((event) => event.attributes)).toEqual([
      {
        'openai_agents.request.retry.attempt': 1,
        'openai_agents.request.retry.max_attempts': 3,
        'openai_agents.request.retry.backoff': expect.any(Number),
        'http.response.status_code': 429,
        'openai_agents.request_id': expect.stringMatching(/^req_/),
      },
      {
        'openai_agents.request.retry.attempt': 2,
        'openai_agents.request.retry.max_attempts': 3,
        'openai_agents.request.retry.backoff': expect.any(Number),
        'http.response.status_code': 429,
        'openai_agents.request_id': expect.stringMatching(/^req_/),
      },
    ]);
    for (const { attributes } of retries) {
      // Measured: the server asked for 30 ms, timers may fire a little early.
      expect(attributes?.['openai_agents.request.retry.backoff']).toBeGreaterThan(0.025);
    }

    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START plain',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    RETRY 1',
      '    RETRY 2',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END plain',
      'SESSION_END',
    ]);
    const [first] = events.filter((event) => event.type === 'EVENT_TYPE_RETRY');
    expect(first).toMatchObject({
      status: 'EVENT_STATUS_IN_PROGRESS',
      severity: 'SEVERITY_WARN',
      retry: { attempt: 1, backoff_ms: expect.any(Number) },
      metadata: { http_status: 429, max_attempts: 3, request_id: expect.stringMatching(/^req_/) },
    });
  });
});

describe('A failed tool', () => {
  const failing = (options: object = {}) =>
    new agents.Agent({
      name: 'worker',
      model: 'two-tools',
      tools: [
        agents.tool({
          name: 'a',
          description: 'a',
          parameters: z.object({ query: z.string() }),
          execute: () => {
            throw new RangeError('no such thing');
          },
          ...options,
        }),
        agents.tool({
          name: 'b',
          description: 'b',
          parameters: z.object({ query: z.string() }),
          execute: async () => 'b',
        }),
      ],
    });

  it('marks only its own span as failed if the run goes on', async () => {
    await agents.run(failing(), 'go');
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow worker [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat two-tools [CLIENT]',
      '    execute_tool a [INTERNAL] ✗ _OTHER',
      '    execute_tool b [INTERNAL]',
      '    chat two-tools [CLIENT]',
    ]);
    const ends = (await harness.events()).filter((event) => event.type === 'EVENT_TYPE_TOOL_CALL_END');
    const statusOf = (id: string | undefined) =>
      ends.find((event) => event.tool_response?.tool_call_id === id)?.status;
    const starts = (await harness.events()).filter((event) => event.type === 'EVENT_TYPE_TOOL_CALL_START');
    expect(starts.map(({ tool_call: call }) => [call?.name, statusOf(call?.id)])).toEqual([
      ['a', 'EVENT_STATUS_FAILED'],
      ['b', 'EVENT_STATUS_COMPLETED'],
    ]);
    const failed = ends.find((event) => event.status === 'EVENT_STATUS_FAILED');
    // The message that the model gets about the failure is not a result of the tool.
    expect(failed?.tool_response?.output).toBeUndefined();
    expect(failed?.tool_response?.error_message).toEqual(expect.stringContaining('Tool execution failed'));
  });

  it('ends the run if its error is not caught', async () => {
    await expect(agents.run(failing({ errorFunction: null }), 'go')).rejects.toThrow();
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow worker [INTERNAL] ✗ ToolCallError',
      '  invoke_agent worker [INTERNAL] ✗ ToolCallError',
      '    chat two-tools [CLIENT]',
      expect.stringMatching(/^ {4}execute_tool a \[INTERNAL\] ✗ /),
      '    execute_tool b [INTERNAL]',
    ]);
  });
});

describe('A run that throws', () => {
  it('marks the agent and the workflow, but not the input guardrail that tripped, as failed', async () => {
    const agent = new agents.Agent({
      name: 'guarded',
      model: 'plain',
      inputGuardrails: [
        {
          name: 'off_topic',
          runInParallel: false,
          execute: async () => ({ tripwireTriggered: true, outputInfo: { why: 'weather' } }),
        },
      ],
    });
    await expect(agents.run(agent, 'How is the weather?')).rejects.toThrow(
      agents.InputGuardrailTripwireTriggered,
    );
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow guarded [INTERNAL] ✗ InputGuardrailTripwireTriggered',
      '  invoke_agent guarded [INTERNAL] ✗ InputGuardrailTripwireTriggered',
      '    guardrail off_topic [INTERNAL]',
    ]);
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START guarded',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    POLICY_DECISION deny',
      '  ERROR InputGuardrailTripwireTriggered',
      '  AGENT_END guarded (failed)',
      'SESSION_END (failed)',
    ]);
    expect(events.find((event) => event.type === 'EVENT_TYPE_POLICY_DECISION')).toMatchObject({
      severity: 'SEVERITY_WARN',
      policy: { policy_id: 'off_topic', outcome: 'deny' },
    });
  });

  it('carries the error of exceeded turns', async () => {
    const worker = new agents.Agent({
      name: 'worker',
      model: 'two-tools',
      tools: ['a', 'b'].map((name) =>
        agents.tool({
          name,
          description: name,
          parameters: z.object({ query: z.string() }),
          execute: () => name,
        }),
      ),
    });
    await expect(agents.run(worker, 'go', { maxTurns: 1 })).rejects.toThrow(agents.MaxTurnsExceededError);
    expect(spanTree(harness.spans()).slice(0, 2)).toEqual([
      'invoke_workflow worker [INTERNAL] ✗ MaxTurnsExceededError',
      '  invoke_agent worker [INTERNAL] ✗ MaxTurnsExceededError',
    ]);
  });

  it('does not mark a trace of the application as failed that catches the error', async () => {
    await agents.withTrace('Careful', async () => {
      await runnerWith('server-error')
        .run(plain(), 'x')
        .catch(() => undefined);
      await agents.run(plain(), 'x');
    });
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow Careful [INTERNAL]',
      '  invoke_agent plain [INTERNAL] ✗ server_error',
      '    chat plain [CLIENT] ✗ server_error',
      '  invoke_agent plain [INTERNAL]',
      '    chat plain [CLIENT]',
    ]);
  });
});

describe('A streamed run that its caller aborts', () => {
  it('is neither a success nor an error', async () => {
    const abort = new AbortController();
    const runner = runnerWith('slow-chunk;ms=20');
    const result = await runner.run(plain(), 'x', { stream: true, signal: abort.signal });
    let events = 0;
    for await (const _event of result) {
      events += 1;
      if (events === 4) abort.abort();
    }
    await result.completed.catch(() => undefined);
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow plain [INTERNAL] (cancelled)',
      '  invoke_agent plain [INTERNAL] (cancelled)',
      '    chat plain [CLIENT] (cancelled)',
    ]);
    const ends = (await harness.events()).filter((event) => event.type.endsWith('_END'));
    expect(new Set(ends.map((event) => event.status))).toEqual(new Set(['EVENT_STATUS_CANCELLED']));
  });
});
