import * as mcp from '@modelcontextprotocol/client';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { ChaukasEvent } from '../../src/index.js';
import { type Harness, type HarnessOptions, startHarness } from '../harness/telemetry.js';
import type { McpMessage } from './mcp-answers.js';

/** A harness with the MCP SDK instrumented, too. */
export async function startMcpHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options);
  harness.instrumentation.manuallyInstrument({ mcp });
  return harness;
}

/** All that can be told of a span, but for its times. */
export function whole(span: ReadableSpan | undefined) {
  if (span === undefined) return undefined;
  const { name, kind, attributes, status } = span;
  return {
    name,
    kind: SpanKind[kind],
    attributes,
    status: { ...status, code: SpanStatusCode[status.code] },
  };
}

export const UNSET = { code: 'UNSET' };

/** The spans of this name, in the order of their ends. */
export function named(harness: Harness, name: string): ReadableSpan[] {
  return harness.spans().filter((span) => span.name === name);
}

/** What a server is to be told of the trace, where it is asked within this span. */
export function traceparentOf(span: ReadableSpan | undefined): string | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

export function traceparents(requests: readonly McpMessage[]): unknown[] {
  return requests.map(({ params }) => params?._meta?.traceparent);
}

/** The events of what was traced: beside them there are those of the process. */
export async function eventsOfSpans(harness: Harness): Promise<ChaukasEvent[]> {
  const traces = new Set(harness.spans().map((span) => span.spanContext().traceId));
  return (await harness.events()).filter((event) => traces.has(event.trace_id));
}

/** What the MCP events say, without the time that the call took. */
export function mcpCalls(events: readonly ChaukasEvent[]) {
  return events.flatMap(({ type, status, span_id, mcp_call }) => {
    if (mcp_call === undefined) return [];
    const { execution_time_ms, ...call } = mcp_call;
    return [
      {
        type: type.slice('EVENT_TYPE_MCP_CALL_'.length),
        status,
        span_id,
        call,
        timed: execution_time_ms !== undefined,
      },
    ];
  });
}
