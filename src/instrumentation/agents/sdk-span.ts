/** Readers of the Agents SDK's own spans, traces and stores, which are checked and never changed. */
import * as clock from '../../clock.js';
import { OwnData } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';

/** The id of every span and trace while the SDK's tracing is off. */
export const NO_OP_ID = 'no-op';

/** A span that is reported this late was started or ended elsewhere; then the SDK's clock is the right one. */
const LATE_MS = 5;

/** A span of the SDK. Clones of a span are different objects that share `spanId` and `spanData`. */
export interface SdkSpan {
  readonly spanId: string;
  readonly traceId: string;
  readonly parentId: string | null;
  readonly spanData: UnknownRecord;
  readonly error: unknown;
  /** The span that was current before; not necessarily the parent. */
  readonly previousSpan?: unknown;
  /** ISO 8601 with milliseconds. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface SdkTrace {
  readonly traceId: string;
  readonly name: string | undefined;
  readonly groupId: string | undefined;
  /** Metadata of the application; may be anything. */
  readonly metadata?: unknown;
  /** `false` if the SDK's tracing is off: then `traceId` is made up by this package and stands on no span. */
  readonly recorded: boolean;
}

/** A value of the SDK's async storage; the SDK changes `span` and `active` in place as a run goes on. */
export interface SdkStore {
  readonly active: boolean;
  readonly trace: unknown;
  readonly span: unknown;
}

/** Stand-ins, by span data, for the spans that the SDK creates while its tracing is off. */
const standIns = new WeakMap<object, SdkSpan>();

/** Registers the stand-in of a span that has no identity of its own; see `untraced-spans.ts`. */
export function registerStandIn(span: SdkSpan): void {
  standIns.set(span.spanData, span);
}

/** Returns the span, or its registered stand-in while tracing is off. */
export function asSdkSpan(value: unknown): SdkSpan | undefined {
  if (!isRecord(value)) return undefined;
  const { spanId, spanData } = value;
  if (typeof spanId !== 'string' || !isRecord(spanData)) return undefined;
  return spanId === NO_OP_ID ? standIns.get(spanData) : (value as unknown as SdkSpan);
}

/** The data in a span's data: a span that the application's own code creates has objects of the application in it. */
export function dataOf({ spanData }: SdkSpan): UnknownRecord {
  const data = new OwnData().record(spanData);
  const added = additions.get(spanData);
  return added === undefined ? data : { ...data, ...added };
}

/** Facts that hooks know about spans beyond the SDK's data, by that data. */
const additions = new WeakMap<object, UnknownRecord>();

export function addToSpanData(spanData: object, more: UnknownRecord): void {
  additions.set(spanData, { ...additions.get(spanData), ...more });
}

export function readSdkTrace(value: unknown): SdkTrace | undefined {
  const trace = asRecord(value);
  const traceId = asNonEmptyString(trace?.traceId);
  if (traceId === undefined || traceId === NO_OP_ID) return undefined;
  return {
    traceId,
    name: asNonEmptyString(trace?.name),
    groupId: asNonEmptyString(trace?.groupId),
    metadata: trace?.metadata,
    recorded: true,
  };
}

/** Whether this is the placeholder that the SDK uses as a trace while its tracing is off. */
export function isUnrecordedTrace(value: unknown): boolean {
  return asRecord(value)?.traceId === NO_OP_ID;
}

/** Accepts a store that is no longer active, too: notifications that another processor held back still refer to it. */
export function asSdkStore(value: unknown): SdkStore | undefined {
  return isRecord(value) && typeof value.active === 'boolean' ? (value as unknown as SdkStore) : undefined;
}

/** Returns the time that the SDK's clock gives, if that time is long ago. A faked clock says nothing about it. */
export function lateMillis(iso: string | null): number | undefined {
  if (!clock.isShared()) return undefined;
  const millis = iso === null ? Number.NaN : Date.parse(iso);
  return clock.now() - millis > LATE_MS ? millis : undefined;
}
