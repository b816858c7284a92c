/** Errors of a run that the application has given a handler for (`errorHandlers`), which gives the output in its place. */
import type { Span } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, EVENT_OPENAI_AGENTS_HANDLED_ERROR } from '../../semconv/attributes.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import type { Failure } from '../failure.js';

export function tellHandledError(span: Span, failure: Failure): void {
  span.addEvent(EVENT_OPENAI_AGENTS_HANDLED_ERROR, {
    [ATTR_ERROR_TYPE]: failure.type,
    'exception.message': failure.message,
  });
  if (!signalsWanted()) return;
  publishSignal({
    type: 'error.handled',
    span: span.spanContext(),
    time: Date.now(),
    failure,
    recoveryAction: "the run's error handler gave the output",
  });
}
