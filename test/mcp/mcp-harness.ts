import * as mcp from '@modelcontextprotocol/client';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { ChaukasEvent } from '../../src/index.js';
import { type Harness, type HarnessOptions, startHarness } from '../harness/telemetry.js';
import type { McpMessage } from './mcp-answers.js';

/** A harness in which the MCP SDK is instrumented as well. */
export async function startMcpHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await startHarness(options);
  harness.instrumentation.manuallyInstrument({ mcp });
  return harness;
}

/** A span without its times. */
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

/** The trace that a request within this span must carry to the server. */
export function traceparentOf(span: ReadableSpan | undefined): string | undefined {
  if (span === undefined) return undefined;
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

export function traceparents(requests: readonly McpMessage[]): unknown[] {
  return requests.map(({ params }) => params?._meta?.traceparent);
}

/** The events of the traced calls, without the system events of the process. */
export async function eventsOfSpans(harness: Harness): Promise<ChaukasEvent[]> {
  const traces = new Set(harness.spans().map((span) => span.spanContext().traceId));
  return (await harness.events()).filter((event) => traces.has(event.trace_id));
}

/** The content of the MCP events without the duration. */
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
