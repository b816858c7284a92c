/** The Agents SDK's own objects, as far as they are needed: read, checked, never changed. */
import { asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';

/** Id of every span and trace while the SDK's tracing is off. */
const NO_OP_ID = 'no-op';

/** A span of the SDK. Clones of one span are different objects with the same `spanId` and the same `spanData`. */
export interface SdkSpan {
  readonly spanId: string;
  readonly traceId: string;
  readonly parentId: string | null;
  readonly spanData: ForeignRecord;
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
}

/** What the SDK keeps in its async storage; it changes `span` and `active` in place as a run goes on. */
export interface SdkStore {
  readonly active: boolean;
  readonly trace: unknown;
  readonly span: unknown;
}

/** A recorded span: not one of the kind that stands in while tracing is off. */
export function asSdkSpan(value: unknown): SdkSpan | undefined {
  if (!isRecord(value)) return undefined;
  const { spanId, spanData } = value;
  if (typeof spanId !== 'string' || spanId === NO_OP_ID || !isRecord(spanData)) return undefined;
  return value as unknown as SdkSpan;
}

export function readSdkTrace(value: unknown): SdkTrace | undefined {
  const trace = asRecord(value);
  const traceId = asText(trace?.traceId);
  if (traceId === undefined || traceId === NO_OP_ID) return undefined;
  return { traceId, name: asText(trace?.name), groupId: asText(trace?.groupId) };
}

/** A store stays known when it is no longer active: what another processor has held back still comes to it. */
export function asSdkStore(value: unknown): SdkStore | undefined {
  return isRecord(value) && typeof value.active === 'boolean' ? (value as unknown as SdkStore) : undefined;
}
