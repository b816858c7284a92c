// Spans of real exporters and of another language, as the events that a viewer shows.
import { readFileSync } from 'node:fs';
import { context, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { verifyEvents } from '../../../../src/chaukas/verify/event-verifier.js';
import { eventLines } from '../../../../src/testing/event-lines.js';
import { type RunningReceiver, startReceiver } from './start-receiver.js';

const EXPORTERS: Readonly<Record<string, (url: string) => SpanExporter>> = {
  'in protobuf': (url) => new ProtobufExporter({ url: `${url}/v1/traces` }),
  'in JSON': (url) => new JsonExporter({ url: `${url}/v1/traces` }),
  'in protobuf with gzip': (url) =>
    new ProtobufExporter({ url: `${url}/v1/traces`, compression: CompressionAlgorithm.GZIP }),
  'in JSON with gzip': (url) =>
    new JsonExporter({ url: `${url}/v1/traces`, compression: CompressionAlgorithm.GZIP }),
};

/** An agent that asks a model, calls a tool and asks again. Each span is exported when it ends. */
async function runAgent(exporter: SpanExporter): Promise<void> {
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('shop');
  // The clock of the SDK has milliseconds, in which two steps could overlap.
  let time = Date.now();
  const agent = tracer.startSpan('agent', {
    startTime: time,
    attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'clerk' },
  });
  const within = trace.setSpan(context.active(), agent);
  const step = (name: string, attributes: Record<string, string | number>) =>
    tracer.startSpan(name, { attributes, startTime: ++time }, within).end(++time);
  const call = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.usage.input_tokens': 12,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.input.messages': JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: 'I am jane@example.com' }] },
    ]),
  };
  step('chat gpt-5-mini', call);
  step('execute_tool find', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'find' });
  step('chat gpt-5-mini', call);
  agent.end(++time);
  await provider.forceFlush();
  await provider.shutdown();
}

async function sendRecorded(receiver: RunningReceiver, name: string): Promise<number[]> {
  const file = new URL(`./recorded/${name}.json`, import.meta.url);
  const requests = JSON.parse(readFileSync(file, 'utf8')) as {
    path: string;
    contentType: string;
    contentEncoding?: string;
    body: string;
  }[];
  const statuses: number[] = [];
  for (const { path, contentType, contentEncoding, body } of requests) {
    const { status } = await receiver.post(path, Buffer.from(body, 'base64'), {
      'content-type': contentType,
      ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding }),
    });
    statuses.push(status);
  }
  return statuses;
}

describe.each(Object.entries(EXPORTERS))('Spans of an exporter %s', (_how, exporterOf) => {
  it('become the events of a run, from the root down', async () => {
    const receiver = await startReceiver();
    await runAgent(exporterOf(receiver.url));
    const events = await receiver.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START clerk',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '    TOOL_CALL_START find',
      '    TOOL_CALL_END',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  AGENT_END clerk',
      'SESSION_END',
    ]);
    expect(receiver.receiver.state()).toMatchObject({ spans: 4, refused: 0, removed: 0 });
  });

  it('are masked as the span processor does by default, and leave a stream without findings', async () => {
    const receiver = await startReceiver();
    await runAgent(exporterOf(receiver.url));
    const lines = await receiver.lines();
    expect(lines.join()).not.toContain('jane@example.com');
    const { findings } = await verifyEvents(lines);
    expect(findings.map(({ code }) => code)).toEqual(['unclosed_stream']);
  });
});

describe('Spans of the Python instrumentation of OpenAI', () => {
  const RUN = [
    'SESSION_START',
    '  AGENT_START helper',
    '    MODEL_INVOCATION_START',
    '    MODEL_INVOCATION_END',
    '    TOOL_CALL_START a',
    '    TOOL_CALL_END',
    '    TOOL_CALL_START b',
    '    TOOL_CALL_END',
    '    MODEL_INVOCATION_START',
    '    MODEL_INVOCATION_END',
    '  AGENT_END helper',
    'SESSION_END',
  ];

  it.each(['python-earlier', 'python-latest'])(
    'become events with content from log records (%s)',
    async (name) => {
      const receiver = await startReceiver();
      expect(await sendRecorded(receiver, name)).toEqual([200, 200]);
      const events = await receiver.events();
      const failed = events.find(({ type }) => type === 'EVENT_TYPE_ERROR');
      expect(eventLines(events.filter(({ trace_id }) => trace_id !== failed?.trace_id))).toEqual(RUN);
      const [first] = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_START');
      expect(JSON.stringify(first?.llm_invocation?.request)).toContain('Ask both.');
      const ends = events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');
      expect(ends.map(({ status }) => status)).toEqual([
        'EVENT_STATUS_COMPLETED',
        'EVENT_STATUS_COMPLETED',
        'EVENT_STATUS_FAILED',
      ]);
      expect(ends[0]?.llm_invocation).toMatchObject({ prompt_tokens: 96, completion_tokens: 34 });
      expect(JSON.stringify(ends[0]?.llm_invocation?.response)).toContain('"tool_call"');
      expect(JSON.stringify(ends[1]?.llm_invocation?.response)).toContain('Tool a said result of a');
    },
  );
});
