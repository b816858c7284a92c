import type { EventStatus } from '../chaukas/event.js';
import type { JsonObject } from '../foreign/json.js';
import { ATTR_ERROR_TYPE, ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED } from '../semconv/attributes.js';
import { withoutAbsent } from './content/without-absent.js';
import type { EventBody } from './event-stream.js';
import { type SpanSnapshot, textAttribute } from './span-snapshot.js';

/** `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2;

/** How a span ended. */
export interface SpanOutcome {
  readonly status: EventStatus;
  readonly metadata?: JsonObject;
}

export function outcome(span: SpanSnapshot): EventStatus {
  if (span.status.code === STATUS_ERROR) return 'EVENT_STATUS_FAILED';
  const cancelled = textAttribute(span, ATTR_OPENAI_AGENTS_OUTCOME) === OUTCOME_CANCELLED;
  return cancelled ? 'EVENT_STATUS_CANCELLED' : 'EVENT_STATUS_COMPLETED';
}

/** Why a span failed. */
export function errorEvent(span: SpanSnapshot, timestamp: string): EventBody {
  const errorType = textAttribute(span, ATTR_ERROR_TYPE);
  return {
    type: 'EVENT_TYPE_ERROR',
    timestamp,
    error: withoutAbsent({ error_message: span.status.message ?? errorType, error_code: errorType }),
  };
}
