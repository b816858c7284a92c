import { type Context, context, createContextKey } from '@opentelemetry/api';

// The key that `suppressTracing` of @opentelemetry/core sets. Keys are found by name, in all of its versions.
const SUPPRESS_TRACING_KEY = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Runs an action in whose context no instrumentation makes a span, and no propagator adds a header to a request.
 *
 * @param around - the context that is otherwise active in the action.
 */
export function withoutTracing<Result>(around: Context, action: () => Result): Result {
  return context.with(around.setValue(SUPPRESS_TRACING_KEY, true), action);
}
