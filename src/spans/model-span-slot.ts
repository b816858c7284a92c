/**
 * One model call is one span, though two hooks see it: the Agents SDK's `response`/`generation` span (or an
 * application's span for voice) and the client's `create`. The first offers a slot through the context and the second
 * fills it, so neither knows the other.
 */
import { type Attributes, type Context, createContextKey, type Span } from '@opentelemetry/api';
import type { ModelResponseDetails } from '../openai-api/model-response.js';
import type { ContentOffer } from '../signals/signal.js';
import { PACKAGE_NAME } from '../version.js';
import { RecordedSpan, type RecordedSpanStart, startRecordedSpan } from './recorded-span.js';
import type { Telemetry } from './telemetry.js';

/** The owner of the span in a slot, which ends it. */
export interface ModelSpanOwner {
  /** Ends the span, unless it has ended, because the SDK reports the end of the call. */
  abandon(): void;
}

/** The outcome of an HTTP attempt: a response, or an error without a response. */
export interface AttemptOutcome {
  readonly statusCode?: number | undefined;
  readonly errorType?: string | undefined;
  /** The API's own identifier of the request. */
  readonly requestId?: string | undefined;
}

/** The end of a model call. */
export interface ModelCallEnd {
  readonly response: ModelResponseDetails | undefined;
  /** The finish reasons on the span, with `error` for a choice whose reason never arrived. */
  readonly finishReasons: readonly string[] | undefined;
  readonly errorType: string | undefined;
  /** Whether the caller gave the call up. */
  readonly cancelled: boolean;
  /** The content attributes of its span; `undefined` if it carries no content. */
  readonly content: Attributes | undefined;
  /** The outcome of the last HTTP attempt; `undefined` if the client's hook has not seen it. */
  readonly lastAttempt?: AttemptOutcome | undefined;
}

export interface ModelSpanSlot {
  /**
   * Makes the caller the owner that starts and ends the span. Returns `false` if another call owns it or the span
   * stands for another kind of call; the caller's call then has a span of its own.
   *
   * @param kind - the operation of the call, or the type of its span if it has no operation.
   */
  claim(owner: ModelSpanOwner, kind: string): boolean;
  /** The span, if it had to be started before the client's call. */
  readonly startedSpan: Span | undefined;
  /** The offer that was made when that span started. */
  readonly contentOffer: ContentOffer | undefined;
  /** Starts the span at its place in the tree of the agent. */
  start(startSpan: (parent: Context) => Span): Span;
  /** Reports the end of the call to the agent. */
  ended(end: ModelCallEnd): void;
}

export const MODEL_SPAN_SLOT_KEY = createContextKey(`${PACKAGE_NAME} model span slot`);

export function getModelSpanSlot(context: Context): ModelSpanSlot | undefined {
  return context.getValue(MODEL_SPAN_SLOT_KEY) as ModelSpanSlot | undefined;
}

/** Starts the span of a model call, or takes over the span that the Agents SDK's hook keeps ready in the slot. */
export function startModelSpan(
  telemetry: Telemetry,
  slot: ModelSpanSlot | undefined,
  active: Context,
  start: RecordedSpanStart,
): RecordedSpan {
  return slot === undefined
    ? RecordedSpan.start(telemetry, start, active)
    : new RecordedSpan(telemetry, spanInSlot(telemetry, slot, start), active);
}

function spanInSlot(telemetry: Telemetry, slot: ModelSpanSlot, start: RecordedSpanStart): Span {
  return (
    slot.startedSpan?.updateName(start.name).setAttributes(start.attributes) ??
    slot.start((parent) => startRecordedSpan(telemetry, start, parent))
  );
}
