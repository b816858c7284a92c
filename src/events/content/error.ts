import type { EventStatus } from '../../chaukas/event.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { HandledErrorSignal } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

/** `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2;

/** Returns how a span ended. */
export function outcome(span: SpanSnapshot): EventStatus {
  if (span.status.code === STATUS_ERROR) return 'EVENT_STATUS_FAILED';
  const cancelled = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_OUTCOME) === semconv.OUTCOME_CANCELLED;
  return cancelled ? 'EVENT_STATUS_CANCELLED' : 'EVENT_STATUS_COMPLETED';
}

/** Returns the event that says why a span failed. */
export function errorEvent(span: SpanSnapshot, timestamp: string): EventBody {
  const errorType = textAttribute(span, semconv.ATTR_ERROR_TYPE);
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: withoutAbsent({ error_message: span.status.message ?? errorType, error_code: errorType }),
  };
}

/** Returns the event of an error from which the application recovered. */
export function handledErrorEvent(
  { failure, recoveryAction }: HandledErrorSignal,
  timestamp: string,
): EventBody {
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: {
      error_message: failure.message,
      error_code: failure.type,
      recoverable: true,
      recovery_action: recoveryAction,
    },
  };
}
