/**
 * The SDK's spans while its tracing is off (`OPENAI_AGENTS_DISABLE_TRACING`, `NODE_ENV=test`, `setTracingDisabled()`):
 * it still makes them, fills their data, makes them current, starts and ends them, and only records nothing. All have
 * the same identifier, so each is given one of its own, by its span data, which its clones share.
 *
 * Seen in agents 0.3.9 to 0.20.0, with every type of span, nested and concurrent.
 */
import { randomUUID } from 'node:crypto';
import { context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { asSdkSpan, asSdkStore, rememberUnrecorded, type SdkSpan } from './sdk-span.js';
import type { SpanBridge } from './span-bridge.js';

interface UntracedSpan extends SdkSpan {
  error: unknown;
  endedAt: string | null;
}

interface UntracedSpansOptions {
  readonly spans: SpanBridge;
  readonly guard: Guard;
  /** The SDK's current store. */
  readonly getStore: () => unknown;
  /** Whether such spans are to be seen. */
  readonly wanted: () => boolean;
}

/**
 * @param agents - one copy of the SDK; each has a class of its own.
 * @returns whether the class is there.
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
        if (isRecord(this))
          guard.run('Following a span that is not traced', () => action(this as UnknownRecord, args));
        return result;
      };
    });

  after('start', (span) => {
    const store = asSdkStore(getStore());
    if (!wanted() || store?.active !== true || !isRecord(span.spanData)) return;
    // The run itself asked for no tracing.
    if (getRunSettings(context.active())?.tracingDisabled) return;
    if (asSdkSpan(span) !== undefined) return;
    const begun = begin(span, span.spanData, store.span ?? spans.around(store));
    rememberUnrecorded(begun);
    spans.started(begun, store);
  });
  after('setError', (span, [error]) => {
    const known = asSdkSpan(span) as UntracedSpan | undefined;
    // As it reads as no error until it ends, the SDK may set it again where it would not; the first that names its cause
    // is the more telling.
    if (known !== undefined && !namesCause(known.error) && (known.error === null || namesCause(error))) {
      known.error = error;
    }
  });
  after('end', (span) => {
    const known = asSdkSpan(span) as UntracedSpan | undefined;
    if (known === undefined || known.endedAt !== null) return;
    known.endedAt = new Date().toISOString();
    spans.ended(known, getStore());
  });
  return true;
}

function namesCause(error: unknown): boolean {
  return asNonEmptyString(asRecord(asRecord(error)?.data)?.error) !== undefined;
}

function begin(span: UnknownRecord, spanData: UnknownRecord, current: unknown): UntracedSpan {
  // Some are made current before they start, some after.
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
    startedAt: new Date().toISOString(),
    endedAt: null,
  };
}
