/** Spans and log records of OTLP in the shapes that the span processor reads. Pure. */
import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import type { SpanSnapshot, TimedEventSnapshot } from '../../../events/spans/span-snapshot.js';
import type { JsonValue } from '../../../json/json.js';
import type {
  AnyValue,
  KeyValue,
  LogRecord,
  LogsRequest,
  Span,
  TraceRequest,
} from './generated/otlp/v1/otlp_pb.js';

/** A span that another process sent after it had ended. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Whether the sender said that its parent is in another process. */
  readonly isLocalRoot: boolean;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly snapshot: Omit<SpanSnapshot, 'parentSpanContext' | 'spanContext'>;
}

/** A log record that describes a model call: its messages, which conventions before 1.37 and some after it have there. */
export interface ContentRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly event: TimedEventSnapshot;
}

/** Spans with valid ids, and the number of others. */
export interface ReceivedSpans {
  readonly spans: readonly ReceivedSpan[];
  readonly rejected: number;
}

export function receivedSpans({ resourceSpans }: TraceRequest): ReceivedSpans {
  const spans: ReceivedSpan[] = [];
  let rejected = 0;
  for (const { resource, scopeSpans } of resourceSpans) {
    const resourceAttributes = attributesOf(resource?.attributes ?? []);
    for (const { scope, spans: sent } of scopeSpans) {
      for (const span of sent) {
        const received = receivedSpan(span, scope?.name ?? '', resourceAttributes);
        if (received === undefined) rejected += 1;
        else spans.push(received);
      }
    }
  }
  return { spans, rejected };
}

const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

function receivedSpan(span: Span, scope: string, resource: Attributes): ReceivedSpan | undefined {
  const traceId = idOf(span.traceId, 16);
  const spanId = idOf(span.spanId, 8);
  if (traceId === undefined || spanId === undefined) return undefined;
  const { startTimeUnixNano: start, endTimeUnixNano: end, status, flags } = span;
  return {
    traceId,
    spanId,
    parentSpanId: idOf(span.parentSpanId, 8),
    isLocalRoot: (flags & HAS_IS_REMOTE) !== 0 && (flags & IS_REMOTE) !== 0,
    start,
    // A clock may have been set back.
    end: end < start ? start : end,
    snapshot: {
      name: span.name,
      kind: Math.max(0, span.kind - 1),
      startTime: timeOf(start),
      endTime: timeOf(end < start ? start : end),
      status: { code: status?.code ?? 0, ...(status?.message && { message: status.message }) },
      attributes: attributesOf(span.attributes),
      events: span.events.map(({ name, timeUnixNano, attributes }) => ({
        name,
        time: timeOf(timeUnixNano),
        attributes: attributesOf(attributes),
      })),
      instrumentationScope: { name: scope },
      resource: { attributes: resource },
    },
  };
}

/** Yields the log records of a request with the name of their scope. */
export function* logRecords({ resourceLogs }: LogsRequest): Generator<{ record: LogRecord; scope: string }> {
  for (const { scopeLogs } of resourceLogs) {
    for (const { scope, logRecords: records } of scopeLogs) {
      for (const record of records) yield { record, scope: scope?.name ?? '' };
    }
  }
}

/** Returns the content in a log record; `undefined` if it has none, or belongs to no span. */
export function contentRecord(record: LogRecord): ContentRecord | undefined {
  const name = nameOf(record);
  const traceId = idOf(record.traceId, 16);
  const spanId = idOf(record.spanId, 8);
  if (!name.startsWith('gen_ai.') || traceId === undefined || spanId === undefined) return undefined;
  const body = plainValue(record.body);
  const attributes = {
    ...attributesOf(record.attributes),
    ...(body !== null && { 'gen_ai.event.content': JSON.stringify(body) }),
  };
  const time = timeOf(record.timeUnixNano || record.observedTimeUnixNano);
  return { traceId, spanId, event: { name, time, attributes } };
}

/** Senders of before OTLP 1.5 have the name among the attributes. */
export function nameOf({ eventName, attributes }: LogRecord): string {
  if (eventName !== '') return eventName;
  const named = attributes.find(({ key }) => key === 'event.name')?.value?.value;
  return named?.case === 'stringValue' ? named.value : '';
}

/** Returns an id as hex; `undefined` if it is absent, has another length or only zeros. */
function idOf(bytes: Uint8Array, length: number): string | undefined {
  if (bytes.length !== length || bytes.every((byte) => byte === 0)) return undefined;
  return Buffer.from(bytes).toString('hex');
}

const NANOS = 1_000_000_000n;

function timeOf(nanos: bigint): HrTime {
  return [Number(nanos / NANOS), Number(nanos % NANOS)];
}

/** The attributes of a span are flat: a list of objects, or an object, becomes the JSON that the convention has there. */
function attributesOf(pairs: readonly KeyValue[]): Attributes {
  const attributes: [string, AttributeValue][] = [];
  for (const { key, value } of pairs) {
    const plain = plainValue(value);
    if (plain === null) continue;
    attributes.push([key, typeof plain !== 'object' || isFlatList(plain) ? plain : JSON.stringify(plain)]);
  }
  return Object.fromEntries(attributes);
}

function isFlatList(value: JsonValue): value is string[] | number[] | boolean[] {
  return Array.isArray(value) && value.every((item) => item !== null && typeof item !== 'object');
}

/** An integer that a number cannot hold becomes a text, as in the JSON of protobuf; bytes become base64. */
export function plainValue(value: AnyValue | undefined): JsonValue {
  const one = value?.value;
  switch (one?.case) {
    case 'stringValue':
    case 'boolValue':
      return one.value;
    case 'doubleValue':
      return Number.isFinite(one.value) ? one.value : String(one.value);
    case 'intValue': {
      const number = Number(one.value);
      return Number.isSafeInteger(number) ? number : String(one.value);
    }
    case 'bytesValue':
      return Buffer.from(one.value).toString('base64');
    case 'arrayValue':
      return one.value.values.map(plainValue);
    case 'kvlistValue':
      return Object.fromEntries(one.value.values.map((pair) => [pair.key, plainValue(pair.value)]));
    default:
      return null;
  }
}
