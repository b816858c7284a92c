import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { Guard } from '../diagnostics/guard.js';
import { ATTR_SESSION_ID } from '../semconv/attributes.js';
import { signalsWanted } from '../signals/signal-channel.js';
import { getRunContext } from './run-context.js';
import { getSessionId } from './session/session-context.js';

/** What the hooks need of the instrumentation that installed them. */
export interface Telemetry {
  /** Asked for each time: `setTracerProvider` may replace it. */
  readonly tracer: Tracer;
  readonly guard: Guard;
  /** Whether spans may carry message content. */
  readonly captureMessageContent: boolean;
}

/** Starts a span as each of this package's is: with the session that the application opened around it. */
export function startSpan({ tracer }: Telemetry, name: string, options: SpanOptions, parent: Context): Span {
  const sessionId = getSessionId(parent);
  if (sessionId === undefined) return tracer.startSpan(name, options, parent);
  return tracer.startSpan(
    name,
    { ...options, attributes: { ...options.attributes, [ATTR_SESSION_ID]: sessionId } },
    parent,
  );
}

/** What becomes of message content in a place of the application. */
export interface ContentPolicy {
  /** It is put on the span. */
  readonly onSpan: boolean;
  /** Somebody will read it, on the span or from a signal; nothing is built otherwise. */
  readonly wanted: boolean;
}

const NO_CONTENT: ContentPolicy = { onSpan: false, wanted: false };

export function contentPolicy(telemetry: Telemetry, context: Context): ContentPolicy {
  if (getRunContext(context)?.contentAllowed === false) return NO_CONTENT;
  const onSpan = telemetry.captureMessageContent;
  return { onSpan, wanted: onSpan || signalsWanted() };
}
