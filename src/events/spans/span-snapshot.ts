/**
 * The parts of an SDK's span that the processor needs. They are declared here and matched by shape, because SDK 2.x and
 * 3.x name and place their classes differently and neither may be a dependency.
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
  /** The instrumentation that made the span. */
  readonly instrumentationScope?: { readonly name: string } | undefined;
  readonly resource: {
    readonly attributes: Attributes;
    /** Exists in SDK 2.x. Values may still be promises. */
    getRawAttributes?(): readonly (readonly [string, unknown])[];
  };
  spanContext(): SpanContext;
}

export function textAttribute(span: Pick<SpanSnapshot, 'attributes'>, name: string): string | undefined {
  const value = span.attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAttribute(span: Pick<SpanSnapshot, 'attributes'>, name: string): number | undefined {
  const value = span.attributes[name];
  // `+ 0` turns -0 into 0: its JSON is 0, but the bytes of protobuf keep the sign, and so the event would differ.
  return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;
}

/** Returns the nearest int32. Spans of other instrumentations may have any number as a count. */
export function countAttribute(span: SpanSnapshot, name: string): number | undefined {
  const value = numberAttribute(span, name);
  return value === undefined ? undefined : nearestInt32(value);
}

/**
 * Returns RFC 3339 in UTC with microseconds, because much can happen in one millisecond. The fraction has groups of three
 * digits and does not end with a group of zeros, as protobuf writes a Timestamp. A time before the year 1 or after 9999,
 * which no Timestamp has, becomes the nearest one: a span whose times are in the wrong unit is still a span.
 */
export function timestampOf([wholeSeconds, nanos]: HrTime): string {
  // The SDK's times before 1970 have negative nanoseconds.
  const carried = Math.floor(nanos / 1_000_000_000);
  const seconds = wholeSeconds + carried;
  if (seconds > LAST_SECOND) return LAST_TIMESTAMP;
  if (!(seconds >= FIRST_SECOND)) return FIRST_TIMESTAMP;
  const second = secondText(seconds);
  const micros = Math.floor(nanos / 1000) - carried * 1_000_000;
  if (micros === 0) return `${second}Z`;
  const digits = micros.toString().padStart(6, '0');
  return `${second}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}

const FIRST_SECOND = -62_135_596_800;
const FIRST_TIMESTAMP = '0001-01-01T00:00:00Z';
const LAST_SECOND = 253_402_300_799;
const LAST_TIMESTAMP = '9999-12-31T23:59:59.999999Z';

/** The text of the latest second: formatting a date is slow, and many events fall into the same second. */
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
  // Rounded before it is split: a fraction that is rounded later could become a whole second.
  const micros = Math.round(epochMillis * 1000);
  const seconds = Math.floor(micros / 1_000_000);
  return timestampOf([seconds, (micros - seconds * 1_000_000) * 1000]);
}

export function millisOf([seconds, nanos]: HrTime): number {
  return seconds * 1000 + nanos / 1_000_000;
}

/** Subtracts seconds and nanoseconds separately: milliseconds since the epoch have too few digits for microseconds. */
export function durationMillis({ startTime, endTime }: SpanSnapshot): number {
  return Math.max(0, (endTime[0] - startTime[0]) * 1000 + (endTime[1] - startTime[1]) / 1_000_000);
}

/** Returns a copy of the span that ended at this time. */
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
    instrumentationScope: span.instrumentationScope,
    spanContext: () => context,
  };
}

const SERVICE_NAME = 'service.name';

/**
 * Returns the service that a span belongs to.
 *
 * Reads the raw list if the SDK has one (2.x), because `attributes` logs an error while a resource detector, such as the
 * one for the host's id, is still running. The service name is in the list from the start.
 */
export function serviceName({ resource }: SpanSnapshot): string | undefined {
  const name: unknown =
    resource.getRawAttributes === undefined
      ? resource.attributes[SERVICE_NAME]
      : // The first value wins, as in the SDK.
        resource
          .getRawAttributes()
          .find(([key, value]) => key === SERVICE_NAME && typeof value === 'string')?.[1];
  return typeof name === 'string' ? name : undefined;
}
