/**
 * Span processors see a span's parent context when the span starts. Details that they need then, but that must not be
 * on the span, travel in that context. It is used for `startSpan` only and never made active.
 */
import { type Context, createContextKey } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';
import type { SpanStartDetails } from './signal.js';

// createContextKey returns the same key for the same name, so a second copy of this package reads the first one's
// details.
const START_DETAILS_KEY = createContextKey(`${PACKAGE_NAME} span start details`);

/** Details, or the function that makes them, which runs once, when the first span processor asks for them. */
export type OfferedDetails = SpanStartDetails | (() => SpanStartDetails | undefined);

export function withSpanStartDetails(context: Context, offered: OfferedDetails): Context {
  let made: SpanStartDetails | undefined;
  const details = () => {
    made ??= typeof offered === 'function' ? offered() : offered;
    return made;
  };
  return context.setValue(START_DETAILS_KEY, details);
}

export function getSpanStartDetails(context: Context): SpanStartDetails | undefined {
  return (context.getValue(START_DETAILS_KEY) as (() => SpanStartDetails | undefined) | undefined)?.();
}
