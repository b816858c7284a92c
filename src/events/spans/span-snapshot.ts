/**
 * What the processor needs of an SDK's span. Declared here and matched by shape, because SDK 2.x and 3.x name and
 * place their classes differently and neither may be a dependency.
 */
import type { Attributes, HrTime, SpanContext, SpanStatus } from '@opentelemetry/api';
import { nearestInt32 } from '../../chaukas/int32.js';

export interface TimedEventSnapshot {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes | undefined;
}

export interface SpanSnapshot {
  readonly name: string;
  /** `SpanKind`. */
  readonly kind?: number | undefined;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events: readonly TimedEventSnapshot[];
  readonly resource: {
    readonly attributes: Attributes;
    /** With values that may be promises still; SDK 2.x has it. */
    getRawAttributes?(): readonly (readonly [string, unknown])[];
  };
  spanContext(): SpanContext;
}

export function textAttribute(span: SpanSnapshot, name: string): string | undefined {
  const value = span.attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAttribute(span: SpanSnapshot, name: string): number | undefined {
  const value = span.attributes[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** For an int32 field. Spans of others may give any number as a count: the nearest is better than none. */
export function countAttribute(span: SpanSnapshot, name: string): number | undefined {
  const value = numberAttribute(span, name);
  return value === undefined ? undefined : nearestInt32(value);
}

/**
 * RFC 3339 in UTC with microseconds: a millisecond is long for what happens in a process. Digits in groups of three
 * and no group of zeros at the end, as protobuf writes a Timestamp.
 */
export function timestampOf([seconds, nanos]: HrTime): string {
  const second = secondText(seconds);
  const micros = Math.floor(nanos / 1000);
  if (micros === 0) return `${second}Z`;
  const digits = micros.toString().padStart(6, '0');
  return `${second}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}

/** Of the second that was asked for last: events of one second are many, and a date's text is slow to make. */
let lastSecond = Number.NaN;
let lastSecondText = '';

function secondText(seconds: number): string {
  if (seconds !== lastSecond) {
    lastSecondText = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
    lastSecond = seconds;
  }
  return lastSecondText;
}

export function timestampOfMillis(epochMillis: number): string {
  // Rounded before it is taken apart: afterwards a fraction could round up to a whole second.
  const micros = Math.round(epochMillis * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  return timestampOf([seconds, (micros - seconds * 1_000_000) * 1000]);
}

/** Seconds and nanoseconds apart: a time since the epoch in milliseconds has no room for microseconds. */
export function durationMillis({ startTime, endTime }: SpanSnapshot): number {
  return Math.max(0, (endTime[0] - startTime[0]) * 1000 + (endTime[1] - startTime[1]) / 1_000_000);
}

/** The span as it would be had it ended now. */
export function endedAt(span: SpanSnapshot, epochMillis: number): SpanSnapshot {
  const seconds = Math.floor(epochMillis / 1000);
  const context = span.spanContext();
  return {
    name: span.name,
    parentSpanContext: span.parentSpanContext,
    startTime: span.startTime,
    endTime: [seconds, (epochMillis - seconds * 1000) * 1_000_000],
    status: span.status,
    attributes: span.attributes,
    events: span.events,
    resource: span.resource,
    spanContext: () => context,
  };
}

const SERVICE_NAME = 'service.name';

/**
 * The service that a span belongs to.
 *
 * Read from the raw list where the SDK has one (2.x), because `attributes` logs an error while a resource detector,
 * such as the one for the host's id, has not answered yet; the name is there from the start.
 */
export function serviceName({ resource }: SpanSnapshot): string | undefined {
  const name: unknown =
    resource.getRawAttributes === undefined
      ? resource.attributes[SERVICE_NAME]
      : // As in the SDK, the first that is known counts.
        resource
          .getRawAttributes()
          .find(([key, value]) => key === SERVICE_NAME && typeof value === 'string')?.[1];
  return typeof name === 'string' ? name : undefined;
}
