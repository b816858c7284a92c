import type { Context, SpanContext } from '@opentelemetry/api';
import { type ApplicationContext, getApplicationContext } from '../../signals/application-context.js';
import type { SpanSnapshot } from './span-snapshot.js';

/**
 * The application's own facts about the work of each span, while the span exists. Keyed by the span's identity, which is
 * the same object for a span and for its translated copy (SDK 2.0 to 3.0).
 */
const applications = new WeakMap<SpanContext, ApplicationContext>();

/** @param parentContext - the context in which the span starts. */
export function noteApplication(span: SpanSnapshot, parentContext: Context): void {
  const application = getApplicationContext(parentContext);
  if (application !== undefined) applications.set(span.spanContext(), application);
}

export function applicationOf(span: SpanSnapshot): ApplicationContext | undefined {
  return applications.get(span.spanContext());
}
