/**
 * Hooks of the SDK's spans while its tracing is off (`OPENAI_AGENTS_DISABLE_TRACING`, `NODE_ENV=test`,
 * `setTracingDisabled()`). The SDK still creates, fills, starts and ends spans and makes them current; it only records
 * nothing. All these spans have the same id, so each gets a stand-in with an id of its own, found by the span data that
 * its clones share.
 *
 * Seen in agents 0.3.9 to 0.20.0, with every type of span, nested and concurrent.
 */

import { randomUUID } from 'node:crypto';
import { context } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { asSdkSpan, asSdkStore, registerStandIn, type SdkSpan } from './sdk-span.js';
import type { SpanBridge } from './span-bridge.js';

/** The stand-in of a span that has no identity. */
interface UntracedSpan extends SdkSpan {
  error: unknown;
  endedAt: string | null;
}

interface UntracedSpansOptions {
  readonly spans: SpanBridge;
  readonly guard: Guard;
  /** Returns the SDK's current store. */
  readonly getStore: () => unknown;
  /** Whether such spans are to be recorded. */
  readonly wanted: () => boolean;
}

/**
 * @param agents - one copy of the SDK; each has a class of its own.
 * @returns whether the class exists.
 */
export function hookUntracedSpans(
  agents: UnknownRecord,
  patches: MethodPatches,
  { spans, guard, getStore, wanted }: UntracedSpansOptions,
): boolean {
  const prototype: unknown = asFunction(agents.NoopSpan)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;

  const after = (name: string, action: (span: UnknownRecord, args: readonly unknown[]) => void) =>
    patches.apply(prototype, name, (method: Method) => {
      return function (this: unknown, ...args) {
        const result = method.apply(this, args);
        guard.run('Following a span that is not traced', () => {
          if (isRecord(this)) action(this, args);
        });
        return result;
      };
    });

  after('start', (span) => {
    const store = asSdkStore(getStore());
    if (!wanted() || store?.active !== true || !isRecord(span.spanData)) return;
    // The run itself is configured without tracing.
    if (getRunSettings(context.active())?.tracingDisabled) return;
    if (asSdkSpan(span) !== undefined) return;
    const standIn = begin(span, span.spanData, store.span ?? spans.enclosingSpan(store));
    registerStandIn(standIn);
    spans.started(standIn, store);
  });
  after('setError', (span, [error]) => {
    const known = asSdkSpan(span) as UntracedSpan | undefined;
    // The span reads as one without an error until it ends, so the SDK may set a second error where it would not
    // otherwise. The first error that names its cause is kept.
    if (known !== undefined && !namesCause(known.error) && (known.error === null || namesCause(error))) {
      known.error = error;
    }
  });
  after('end', (span) => {
    const known = asSdkSpan(span) as UntracedSpan | undefined;
    if (known === undefined || known.endedAt !== null) return;
    known.endedAt = clock.isoTime();
    spans.ended(known, getStore());
  });
  return true;
}

function namesCause(error: unknown): boolean {
  return asNonEmptyString(asRecord(asRecord(error)?.data)?.error) !== undefined;
}

function begin(span: UnknownRecord, spanData: UnknownRecord, current: unknown): UntracedSpan {
  // Some spans are made current before they start, some after.
  const isCurrent = isRecord(current) && current.spanData === spanData;
  const previousSpan = isCurrent ? span.previousSpan : current;
  const parent = asSdkSpan(previousSpan);
  return {
    spanId: `span_${randomUUID()}`,
    traceId: parent?.traceId ?? '',
    parentId: parent?.spanId ?? null,
    spanData,
    error: null,
    previousSpan,
    startedAt: clock.isoTime(),
    endedAt: null,
  };
}
