// Reads a trace back from Jaeger's query API, which answers in OTLP JSON (seen in Jaeger 2.13), as plain values that
// a test can compare.
import { setTimeout as sleep } from 'node:timers/promises';

export type SpanKind = 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER';

export interface JaegerSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: SpanKind;
  readonly attributes: Record<string, unknown>;
  readonly events: readonly { readonly name: string; readonly attributes: Record<string, unknown> }[];
  readonly status: { readonly code: 'UNSET' | 'OK' | 'ERROR'; readonly description?: string };
  readonly serviceName: string;
}

export interface FetchTraceOptions {
  /** The number of spans that the trace has: they arrive in several batches, in no order. */
  readonly spans: number;
  readonly timeoutMs?: number;
}

const pollEvery = 50;

/**
 * Returns the spans of a trace in the order of their start, as soon as at least `spans` of them have arrived. Throws,
 * with the names of those that have, if that takes longer than `timeoutMs` (10 s).
 */
export async function fetchTrace(
  origin: string,
  traceId: string,
  { spans: expected, timeoutMs = 10_000 }: FetchTraceOptions,
): Promise<JaegerSpan[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const spans = await fetchTraceNow(origin, traceId);
    if (spans.length >= expected) return spans;
    if (Date.now() > deadline) {
      const names = spans.map(({ name }) => name).join(', ') || 'none';
      throw new Error(
        `Trace ${traceId} has ${spans.length} of ${expected} spans in Jaeger after ${timeoutMs} ms: ${names}.`,
      );
    }
    await sleep(pollEvery);
  }
}

/** Returns what Jaeger has of the trace at this moment; empty if it does not know the trace yet. */
export async function fetchTraceNow(origin: string, traceId: string): Promise<JaegerSpan[]> {
  // Raw, because Jaeger otherwise corrects clocks and durations, and adds attributes that say so.
  const url = `${origin}/api/v3/traces/${traceId}?raw_traces=true`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const body = await response.text();
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`Jaeger answered ${response.status} for trace ${traceId}: ${body}`);
  return spansOf((JSON.parse(body) as TraceResponse).result);
}

// OTLP JSON as Jaeger writes it: a field with the default value of its type is left out.

interface TraceResponse {
  readonly result: TracesData;
}

interface TracesData {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name?: string; readonly attributes?: readonly KeyValue[] }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  /** 64 bits do not fit a JSON number. */
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
  /** Base64. */
  readonly bytesValue?: string;
}

const kinds: readonly (SpanKind | undefined)[] = [
  undefined,
  'INTERNAL',
  'SERVER',
  'CLIENT',
  'PRODUCER',
  'CONSUMER',
];
const statusCodes = ['UNSET', 'OK', 'ERROR'] as const;

function spansOf({ resourceSpans = [] }: TracesData): JaegerSpan[] {
  return resourceSpans
    .flatMap(({ resource, scopeSpans = [] }) => {
      const serviceName = String(attributesOf(resource?.attributes)['service.name'] ?? '');
      return scopeSpans.flatMap(({ spans = [] }) =>
        spans.map((span) => ({
          start: BigInt(span.startTimeUnixNano ?? 0),
          span: spanOf(span, serviceName),
        })),
      );
    })
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))
    .map(({ span }) => span);
}

function spanOf(span: OtlpSpan, serviceName: string): JaegerSpan {
  const kind = kinds[span.kind ?? 0];
  const description = span.status?.message;
  return {
    spanId: span.spanId,
    ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
    name: span.name ?? '',
    ...(kind === undefined ? {} : { kind }),
    attributes: attributesOf(span.attributes),
    events: (span.events ?? []).map(({ name = '', attributes }) => ({
      name,
      attributes: attributesOf(attributes),
    })),
    status: {
      code: statusCodes[span.status?.code ?? 0] ?? 'UNSET',
      ...(description ? { description } : {}),
    },
    serviceName,
  };
}

function attributesOf(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: AnyValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.kvlistValue !== undefined) return attributesOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
}
