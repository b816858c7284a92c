/**
 * Carries signals from the instrumentation to the event processors in this process.
 *
 * The result of a tool, as an example, takes two roads, each with a content policy of its own:
 *
 * ```text
 *                          ┌─ attribute on the span ─► span exporter ─► trace backend
 *                          │  gen_ai.tool.call.result, only if content capture is on
 *   tool ─► result ─► span ┤
 *                          │  signal about the span
 *                          └─ tool.result ─► this channel ─► event processor ─► redaction ─► sinks
 *                             carries the content by default
 * ```
 *
 * It is a `diagnostics_channel`, which is found by name: an application with two copies of this package still has one
 * channel. Without a listener a publisher pays for one property read.
 */

import { channel } from 'node:diagnostics_channel';
import type { Span, SpanContext } from '@opentelemetry/api';
import * as clock from '../clock.js';
import { PACKAGE_NAME } from '../version.js';
import type { Fact, Signal } from './signal.js';

const signals = channel(`${PACKAGE_NAME}.signals`);

/** Has a subscriber for each listener that wants the content of conversations. Nothing is published on it. */
const contentDemand = channel(`${PACKAGE_NAME}.content`);

/** Whether there is a listener. Check it before building data that only a signal would carry. */
export function signalsWanted(): boolean {
  return signals.hasSubscribers;
}

/**
 * Whether there is a listener that wants the content of conversations. The listener of a span processor counts from the
 * first span that reaches it: a processor that is not registered, or whose provider records nothing, causes no reading.
 */
export function contentSignalsWanted(): boolean {
  return contentDemand.hasSubscribers;
}

export function publishSignal(signal: Signal): void {
  signals.publish(signal);
}

/** A listener's subscription. */
export interface SignalSubscription {
  /** From now on the listener wants the content of conversations; without it none is read for signals. */
  wantContent(): void;
  end(): void;
}

/** The listener must not throw, because Node would end the process. */
export function subscribeToSignals(listener: (signal: Signal) => void): SignalSubscription {
  const onMessage = (message: unknown) => listener(message as Signal);
  let wantsContent = false;
  signals.subscribe(onMessage);
  return {
    wantContent() {
      if (wantsContent) return;
      wantsContent = true;
      contentDemand.subscribe(onMessage);
    },
    end() {
      signals.unsubscribe(onMessage);
      contentDemand.unsubscribe(onMessage);
    },
  };
}

/**
 * Publishes a fact about a span.
 *
 * @param contentAllowed - whether the fact's content may be recorded; if not, it is left out.
 */
export function publishFact(
  fact: Fact,
  span: SpanContext,
  contentAllowed: boolean,
  time: number = clock.now(),
): void {
  // Content that is made when it is read is not made in vain.
  const members = Object.keys(fact).filter((name) => contentAllowed || name !== 'content');
  const published = Object.fromEntries(members.map((name) => [name, fact[name as keyof Fact]]));
  publishSignal({ ...(published as unknown as Fact), span, time });
}

/** Has a subscriber if the starts of spans are counted, by `agent-events doctor`. */
const spanStarts = channel(`${PACKAGE_NAME}.span starts`);

export function announceSpanStart(span: Span): void {
  if (spanStarts.hasSubscribers) spanStarts.publish(span.isRecording());
}

/**
 * Calls `listener` at the start of each span of this package, with whether it is recorded. If not, no provider is
 * registered, or a sampler left it out.
 */
export function onSpanStart(listener: (recorded: boolean) => void): void {
  spanStarts.subscribe((recorded) => listener(recorded === true));
}
