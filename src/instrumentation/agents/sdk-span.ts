/** The Agents SDK's own objects, as far as they are needed: read, checked, never changed. */
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';

/** Id of every span and trace while the SDK's tracing is off. */
const NO_OP_ID = 'no-op';

/** A span of the SDK. Clones of one span are different objects with the same `spanId` and the same `spanData`. */
export interface SdkSpan {
  readonly spanId: string;
  readonly traceId: string;
  readonly parentId: string | null;
  readonly spanData: UnknownRecord;
  readonly error: unknown;
  /** The span that was current before; may be any. */
  readonly previousSpan?: unknown;
  /** ISO 8601 with milliseconds. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface SdkTrace {
  readonly traceId: string;
  readonly name: string | undefined;
  readonly groupId: string | undefined;
  /** What the application says of it. */
  readonly metadata?: unknown;
  /** Absent where the SDK's tracing is off: then the identifier is ours and stands on no span. */
  readonly recorded: boolean;
}

/** What the SDK keeps in its async storage; it changes `span` and `active` in place as a run goes on. */
export interface SdkStore {
  readonly active: boolean;
  readonly trace: unknown;
  readonly span: unknown;
}

/** Of spans that the SDK makes while its tracing is off: what they would have been, by their span data. */
const unrecorded = new WeakMap<object, SdkSpan>();

/** Makes a span known that has no identity of its own; see `untraced-spans.ts`. */
export function rememberUnrecorded(span: SdkSpan): void {
  unrecorded.set(span.spanData, span);
}

/** A span with an identity: while tracing is off only one that was remembered. */
export function asSdkSpan(value: unknown): SdkSpan | undefined {
  if (!isRecord(value)) return undefined;
  const { spanId, spanData } = value;
  if (typeof spanId !== 'string' || !isRecord(spanData)) return undefined;
  return spanId === NO_OP_ID ? unrecorded.get(spanData) : (value as unknown as SdkSpan);
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

/** What the SDK makes in place of a trace while its tracing is off. */
export function isUnrecordedTrace(value: unknown): boolean {
  return asRecord(value)?.traceId === NO_OP_ID;
}

/** A store stays known when it is no longer active: what another processor has held back still comes to it. */
export function asSdkStore(value: unknown): SdkStore | undefined {
  return isRecord(value) && typeof value.active === 'boolean' ? (value as unknown as SdkStore) : undefined;
}
