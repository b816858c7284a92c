/**
 * Span processors see a span's parent context when the span starts. What must be known then but must not stand on
 * the span travels in that context, which is used for `startSpan` only and never made active.
 */
import { type Context, createContextKey } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';
import type { SpanStartDetails } from './signal.js';

// createContextKey gives the same key for the same name, so a second copy of this package reads what the first wrote.
const START_DETAILS_KEY = createContextKey(`${PACKAGE_NAME} span start details`);

export function withSpanStartDetails(context: Context, details: SpanStartDetails): Context {
  return context.setValue(START_DETAILS_KEY, details);
}

export function getSpanStartDetails(context: Context): SpanStartDetails | undefined {
  return context.getValue(START_DETAILS_KEY) as SpanStartDetails | undefined;
}
