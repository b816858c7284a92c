/**
 * One model call is one span, though two hooks see it: the Agents SDK's `response`/`generation` span, or an
 * application's span for voice, and the client's `create`. The first offers a slot through the context, the second fills it; so neither knows the other.
 */
import { type Context, createContextKey, type Span } from '@opentelemetry/api';
import type { ModelResponse } from '../openai-api/model-response.js';
import { PACKAGE_NAME } from '../version.js';

/** Who ends a span that it was given. */
export interface ModelSpanOwner {
  /** The SDK says that the call is over: end the span now unless it has ended. */
  abandon(): void;
}

/** What came of an HTTP attempt: a response, or no response and an error. */
export interface AttemptOutcome {
  readonly statusCode?: number | undefined;
  readonly errorType?: string | undefined;
  /** The API's own identifier of the request. */
  readonly requestId?: string | undefined;
}

/** How a model call ended. */
export interface ModelCallEnd {
  readonly response: ModelResponse | undefined;
  /** As they stand on the span: with `error` for those that were due and never came. */
  readonly finishReasons: readonly string[] | undefined;
  readonly errorType: string | undefined;
  /** The caller gave it up. */
  readonly cancelled: boolean;
  /** What came of its last HTTP attempt, where the client has told. */
  readonly lastAttempt?: AttemptOutcome | undefined;
}

export interface ModelSpanSlot {
  /**
   * Makes the caller the one that starts and ends the span. `false` when another call has it already: then the
   * caller's is a call of its own. So it is when the span stands for another kind of call.
   *
   * @param kind - the call's operation, or else the type of its span.
   */
  claim(owner: ModelSpanOwner, kind: string): boolean;
  /** The span, where something needed it before the call was made. */
  readonly startedSpan: Span | undefined;
  /** Starts the span where the agent's tree wants it. */
  start(startSpan: (parent: Context) => Span): Span;
  /** Tells the agent what its call gave. */
  ended(end: ModelCallEnd): void;
}

export const MODEL_SPAN_SLOT_KEY = createContextKey(`${PACKAGE_NAME} model span slot`);

export function getModelSpanSlot(context: Context): ModelSpanSlot | undefined {
  return context.getValue(MODEL_SPAN_SLOT_KEY) as ModelSpanSlot | undefined;
}
