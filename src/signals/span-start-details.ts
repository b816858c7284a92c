/**
 * Span processors see a span's parent context when the span starts. Details that they need then, but that must not be
 * on the span, travel in that context. It is used for `startSpan` only and never made active.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { type Context, createContextKey, trace } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';
import { overlayOn } from './overlay-context.js';
import type { SpanStartDetails } from './signal.js';
import { signalsWanted } from './signal-channel.js';

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
  return overlayOn(context).setValue(START_DETAILS_KEY, details);
}

export function getSpanStartDetails(context: Context): SpanStartDetails | undefined {
  return (context.getValue(START_DETAILS_KEY) as (() => SpanStartDetails | undefined) | undefined)?.();
}

/** The number of earlier calls that a flow carries. */
const MAX_EARLIER = 16;

/**
 * The asynchronous flow of the application in which a call was made, for calls that no span encloses: by it a later call
 * of the same flow is recognised. A loop that calls again after a failure is one flow; two requests to a server are two.
 *
 * Each call leaves its mark in the caller's flow, with those of the calls before it. So what the flow carries at a later
 * call is exactly what was called earlier in it, whichever other flows began at the same place.
 */
export interface CallerFlow {
  /** The mark of this call. */
  readonly id: string;
  /** The marks of calls that were made earlier in this flow, the newest first. */
  readonly earlier: readonly string[];
}

const CALLER_FLOW_KEY = createContextKey(`${PACKAGE_NAME} caller flow`);

const marks = new AsyncLocalStorage<CallerFlow>();

/**
 * Marks the caller's flow with a call and returns the context for the call's spans. To be called synchronously in the
 * caller's flow; a call beneath a span, or one that is marked already, needs no mark.
 */
export function markCall(context: Context): Context {
  if (!signalsWanted() || trace.getSpanContext(context) !== undefined) return context;
  if (getCallerFlow(context) !== undefined) return context;
  const before = marks.getStore();
  const earlier = before === undefined ? [] : [before.id, ...before.earlier].slice(0, MAX_EARLIER);
  const flow: CallerFlow = { id: randomUUID(), earlier };
  marks.enterWith(flow);
  return context.setValue(CALLER_FLOW_KEY, flow);
}

export function getCallerFlow(context: Context): CallerFlow | undefined {
  return context.getValue(CALLER_FLOW_KEY) as CallerFlow | undefined;
}
