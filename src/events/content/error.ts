import type { ErrorInfo, EventStatus } from '../../chaukas/event.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { FailureDetails, HandledErrorSignal } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

/** `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2;

/** Returns how a span ended. */
export function outcome(span: SpanSnapshot): EventStatus {
  if (span.status.code === STATUS_ERROR) return 'EVENT_STATUS_FAILED';
  const given = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_OUTCOME);
  if (given === semconv.OUTCOME_PAUSED) return 'EVENT_STATUS_IN_PROGRESS';
  return given === semconv.OUTCOME_CANCELLED ? 'EVENT_STATUS_CANCELLED' : 'EVENT_STATUS_COMPLETED';
}

/**
 * Returns the words in which an event may describe a failure; `undefined` if there are none.
 *
 * @param failure - what a signal said about the failed span; `undefined` for a span of another library, whose status may
 *   quote the conversation.
 */
export function failureMessage(
  span: SpanSnapshot,
  failure: FailureDetails | undefined,
  includeContent: boolean,
): string | undefined {
  if (failure !== undefined) return errorMessage(failure, includeContent);
  return includeContent ? span.status.message : undefined;
}

/** Describes a failure that a signal reported. */
export function errorInfo(failure: FailureDetails, includeContent: boolean): ErrorInfo {
  return { error_message: errorMessage(failure, includeContent) ?? failure.type, error_code: failure.type };
}

function errorMessage(
  { message, plainMessage }: FailureDetails,
  includeContent: boolean,
): string | undefined {
  return (includeContent ? message : undefined) ?? plainMessage;
}

/** Returns the event that says why a span failed. */
export function errorEvent(span: SpanSnapshot, message: string | undefined, timestamp: string): EventBody {
  const errorType = textAttribute(span, semconv.ATTR_ERROR_TYPE);
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: withoutAbsent({ error_message: message ?? errorType, error_code: errorType }),
  };
}

/** Returns the event of an error from which the application recovered. */
export function handledErrorEvent(
  { failure, recoveryAction }: HandledErrorSignal,
  timestamp: string,
  includeContent: boolean,
): EventBody {
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: {
      ...errorInfo(failure, includeContent),
      recoverable: true,
      recovery_action: recoveryAction,
    },
  };
}
