import { context, DiagLogLevel, diag, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { expect } from 'vitest';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  MemorySink,
} from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { withoutStreamSession } from '../harness/stream-session.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';

/** A process with OpenTelemetry's SDK and the event processor, without instrumentation. */
export interface TracedApplication {
  readonly processor: ChaukasSpanProcessor;
  /** The warnings and errors logged to `diag`. */
  readonly warnings: readonly string[];
  /** The events of the sessions so far, after a check that their stream is valid. */
  events(options?: { open?: boolean }): Promise<readonly ChaukasEvent[]>;
  /** The events so far, with those of the session that stands for the stream. */
  wholeStream(): Promise<readonly ChaukasEvent[]>;
  spans(): ReadableSpan[];
  stop(): Promise<void>;
}

export async function startTracedApplication(
  config: Omit<ChaukasSpanProcessorConfig, 'sinks'> = {},
): Promise<TracedApplication> {
  const sink = new MemorySink();
  const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false, ...config });
  const { provider, exporter } = await registerTracerProvider([processor]);
  const warnings: string[] = [];
  const addWarning = (...words: unknown[]) => void warnings.push(words.join(' '));
  diag.setLogger(
    { error: addWarning, warn: addWarning, info() {}, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  return {
    processor,
    warnings,
    async events(options = {}) {
      await processor.forceFlush();
      expect(processor.stats().errors).toBe(0);
      const events = withoutStreamSession(sink.events);
      expect(streamViolations(events, options)).toEqual([]);
      return events;
    },
    async wholeStream() {
      await processor.forceFlush();
      return sink.events;
    },
    spans: () => exporter.getFinishedSpans(),
    async stop() {
      await provider.shutdown();
      diag.disable();
      trace.disable();
      context.disable();
    },
  };
}

/** Attributes of an agent's span, as any instrumentation sets them. */
export const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'helper' };

export function toolCall(name: string, rest: Readonly<Record<string, string>> = {}) {
  return { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name, ...rest };
}

export const ANY_ID = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
export const ANY_TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as string;
export const ANY_SPAN = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
/** Members of every event that a test ignores, because `streamViolations` checks them. */
export const SEAL = {
  content_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  hash_prev: expect.stringMatching(/^([0-9a-f]{64})?$/) as string,
};
