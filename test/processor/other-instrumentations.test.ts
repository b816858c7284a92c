/** Events of spans of other instrumentations, which have attributes and no signals. */
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChaukasEvent, ChaukasSpanProcessor, MemorySink } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { withoutStreamSession } from '../harness/stream-session.js';

let sink: MemorySink;
let processor: ChaukasSpanProcessor;
let provider: NodeTracerProvider;
let tracer: ReturnType<NodeTracerProvider['getTracer']>;
beforeEach(() => {
  sink = new MemorySink();
  processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false });
  provider = new NodeTracerProvider({ spanProcessors: [processor] });
  provider.register();
  tracer = provider.getTracer('someone-else');
});
afterEach(async () => {
  await provider.shutdown();
  context.disable();
  trace.disable();
});

async function stream(): Promise<readonly ChaukasEvent[]> {
  await processor.forceFlush();
  expect(processor.stats().errors).toBe(0);
  const events = withoutStreamSession(sink.events);
  expect(streamViolations(events)).toEqual([]);
  return events;
}

const MODEL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.request.model': 'claude',
};

describe('spans of other instrumentations', () => {
  it('have at their START the name that they have then, whatever they are called at the end of the turn', async () => {
    const agent = tracer.startSpan('first name', { attributes: { 'openinference.span.kind': 'AGENT' } });
    agent.updateName('second name');
    agent.end();
    const starts = (await stream()).filter(({ type }) => type === 'EVENT_TYPE_AGENT_START');
    expect(starts.map(({ agent_name }) => agent_name)).toEqual(['first name']);
  });

  it('make events from their attributes, also beneath spans without a role', async () => {
    tracer.startActiveSpan('GET /ask', (request) => {
      tracer.startActiveSpan(
        'invoke_agent helper',
        {
          attributes: {
            'gen_ai.operation.name': 'invoke_agent',
            'gen_ai.agent.name': 'helper',
            'gen_ai.input.messages': JSON.stringify([
              { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
            ]),
          },
        },
        (agent) => {
          tracer.startActiveSpan('middleware', (between) => {
            const chat = tracer.startSpan('chat claude', { kind: SpanKind.CLIENT, attributes: MODEL });
            chat.setAttributes({
              'gen_ai.usage.input_tokens': 5,
              'gen_ai.usage.output_tokens': 3,
              'gen_ai.response.id': 'msg_1',
              'gen_ai.response.finish_reasons': ['end_turn'],
              'gen_ai.output.messages': JSON.stringify([
                { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] },
              ]),
            });
            chat.end();
            between.end();
          });
          const tool = tracer.startSpan('execute_tool add', {
            attributes: {
              'gen_ai.operation.name': 'execute_tool',
              'gen_ai.tool.name': 'add',
              'gen_ai.tool.call.id': 'c1',
              'gen_ai.tool.call.arguments': '{"a":1}',
            },
          });
          tool.setAttribute('gen_ai.tool.call.result', '3');
          tool.end();
          tracer
            .startSpan('tools/list', {
              kind: SpanKind.CLIENT,
              attributes: { 'mcp.method.name': 'tools/list', 'server.address': 'mcp.local' },
            })
            .end();
          agent.setAttribute(
            'gen_ai.output.messages',
            JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] }]),
          );
          agent.end();
        },
      );
      request.end();
    });
    const events = await stream();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START helper',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '    TOOL_CALL_START add',
      '    TOOL_CALL_END',
      '    MCP_CALL_START tools/list',
      '    MCP_CALL_END tools/list',
      '  OUTPUT_EMITTED',
      '  AGENT_END helper',
      'SESSION_END',
    ]);
    const of = (type: string) => events.find((event) => event.type === `EVENT_TYPE_${type}`);
    expect(of('MODEL_INVOCATION_END')).toMatchObject({
      response_id: 'msg_1',
      llm_invocation: {
        provider: 'anthropic',
        model: 'claude',
        prompt_tokens: 5,
        completion_tokens: 3,
        total_tokens: 8,
        finish_reason: 'end_turn',
        response: { messages: [{ role: 'assistant', content: 'Hello' }] },
      },
    });
    expect(of('TOOL_CALL_START')?.tool_call).toEqual({
      id: 'c1',
      name: 'add',
      function_name: 'add',
      arguments: { a: 1 },
    });
    expect(of('TOOL_CALL_END')?.tool_response).toMatchObject({ tool_call_id: 'c1', output: { output: 3 } });
    expect(of('MCP_CALL_END')?.mcp_call).toMatchObject({ server_name: 'mcp.local', operation: 'tools/list' });
    expect(of('INPUT_RECEIVED')?.message).toEqual({ role: 'user', text: 'Hi' });
    expect(of('OUTPUT_EMITTED')?.message).toEqual({ role: 'assistant', text: 'Hello' });
    // The session has the span of the request, which makes no event itself.
    expect(events[0]?.span_id).toBe(events[1]?.parent_span_id);
  });

  it('make START and END at their end if their role is known only then', async () => {
    const span = tracer.startSpan('late');
    span.setAttributes(MODEL);
    span.end();
    expect(eventLines(await stream())).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });

  it('stand for the session if their role is known later than that of their children', async () => {
    tracer.startActiveSpan('late agent', (agent) => {
      tracer.startSpan('chat claude', { attributes: MODEL }).end();
      agent.setAttribute('gen_ai.operation.name', 'invoke_agent');
      agent.end();
    });
    const events = await stream();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });

  it('make RETRY and ERROR events from their span events and status', async () => {
    const span = tracer.startSpan('chat claude', { attributes: MODEL });
    span.addEvent('openai_agents.request.retry', {
      'openai_agents.request.retry.attempt': 1,
      'openai_agents.request.retry.backoff': 0.25,
      'http.response.status_code': 503,
    });
    span.setAttribute('error.type', 'overloaded');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'Overloaded' });
    span.end();
    const events = await stream();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  RETRY 1',
      '  ERROR overloaded',
      '  MODEL_INVOCATION_END (failed)',
      'SESSION_END',
    ]);
    expect(events[2]).toMatchObject({
      retry: { attempt: 1, backoff_ms: 250 },
      metadata: { http_status: 503 },
    });
    expect(events[3]?.error).toEqual({ error_message: 'Overloaded', error_code: 'overloaded' });
  });

  it('make no events if they are not GenAI spans', async () => {
    tracer.startActiveSpan('GET /', (request) => {
      tracer.startSpan('SELECT 1').end();
      request.end();
    });
    expect(await stream()).toEqual([]);
    expect(processor.stats()).toMatchObject({ spansSeen: 2, eventsMade: 0 });
  });
});

describe('a session', () => {
  it('of a trace ends with the last root of the trace, not between two calls', async () => {
    tracer.startActiveSpan('GET /', (request) => {
      tracer.startSpan('chat claude', { attributes: MODEL }).end();
      tracer.startSpan('chat claude', { attributes: MODEL }).end();
      request.end();
    });
    expect(eventLines(await stream())).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      '  MODEL_INVOCATION_START',
      '  MODEL_INVOCATION_END',
      'SESSION_END',
    ]);
  });

  it('of a trace from another process has the remote span as its parent', async () => {
    const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
    const parent = trace.setSpanContext(ROOT_CONTEXT, remote);
    tracer.startSpan('chat claude', { attributes: MODEL }, parent).end();
    const events = await stream();
    expect(events[0]).toMatchObject({ type: 'EVENT_TYPE_SESSION_START', span_id: remote.spanId });
    expect(events[1]).toMatchObject({ parent_span_id: remote.spanId, trace_id: remote.traceId });
    expect(events.at(-1)?.type).toBe('EVENT_TYPE_SESSION_END');
  });

  it('waits for a span that outlives the root of its trace', async () => {
    const request = tracer.startSpan('GET /');
    const chat = tracer.startSpan('chat claude', { attributes: MODEL }, trace.setSpan(ROOT_CONTEXT, request));
    request.end();
    chat.end();
    expect(eventLines(await stream()).at(-1)).toBe('SESSION_END');
  });

  it('with an id of the application spans traces and includes children', async () => {
    for (const _call of [1, 2]) {
      const agent = tracer.startSpan('invoke_agent a', {
        attributes: {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': 'a',
          'session.id': 'chat-1',
        },
      });
      tracer.startSpan('chat claude', { attributes: MODEL }, trace.setSpan(ROOT_CONTEXT, agent)).end();
      agent.end();
    }
    await processor.shutdown();
    const events = withoutStreamSession(sink.events);
    expect(streamViolations(events)).toEqual([]);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START a',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  AGENT_END a',
      '  AGENT_START a',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  AGENT_END a',
      'SESSION_END',
    ]);
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['chat-1']));
    expect(events.at(-1)?.metadata).toEqual({ event_count: 10 });
  });
});

describe('shutdown', () => {
  it('ends open spans, children first, and ignores later spans', async () => {
    const agent = tracer.startSpan('invoke_agent a', {
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'a' },
    });
    const chat = tracer.startSpan('chat claude', { attributes: MODEL }, trace.setSpan(ROOT_CONTEXT, agent));
    await processor.shutdown();
    chat.end();
    agent.end();
    tracer.startSpan('chat claude', { attributes: MODEL }).end();
    expect(streamViolations(sink.events)).toEqual([]);
    expect(eventLines(withoutStreamSession(sink.events))).toEqual([
      'SESSION_START',
      '  AGENT_START a',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END (cancelled)',
      '  AGENT_END a (cancelled)',
      'SESSION_END',
    ]);
    expect(withoutStreamSession(sink.events)[3]?.metadata).toEqual({ reason: 'shutdown' });
  });
});
