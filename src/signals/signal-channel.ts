/**
 * Carries signals from the instrumentation to whoever listens in this process.
 *
 * A `diagnostics_channel` because it is found by name: an application that holds two copies of this package still
 * has one channel, and with nobody listening a publisher pays one property read.
 */
import { channel } from 'node:diagnostics_channel';
import type { SpanContext } from '@opentelemetry/api';
import { PACKAGE_NAME } from '../version.js';
import type { DataAccessSignal, PolicyDecisionSignal, Signal, StateUpdateSignal } from './signal.js';

const signals = channel(`${PACKAGE_NAME}.signals`);

/** Whether anybody listens. Ask before building what only a signal would carry. */
export function signalsWanted(): boolean {
  return signals.hasSubscribers;
}

export function publishSignal(signal: Signal): void {
  signals.publish(signal);
}

/** Returns the function that ends the subscription. The listener must not throw: Node would end the process. */
export function subscribeToSignals(listener: (signal: Signal) => void): () => void {
  const onMessage = (message: unknown) => listener(message as Signal);
  signals.subscribe(onMessage);
  return () => {
    signals.unsubscribe(onMessage);
  };
}

type FactOf<Signal> = Omit<Signal, 'span' | 'time'>;

/** What happened beside calling a model, before it is known on which span. */
export type Fact = FactOf<PolicyDecisionSignal> | FactOf<DataAccessSignal> | FactOf<StateUpdateSignal>;

/** @param contentAllowed - whether the place where it happened allows its content to be recorded. */
export function publishFact(
  fact: Fact,
  span: SpanContext,
  contentAllowed: boolean,
  time: number = Date.now(),
): void {
  const { content, ...withoutContent } = { content: undefined, ...fact };
  publishSignal({
    ...(withoutContent as typeof fact),
    ...(contentAllowed && content !== undefined && { content }),
    span,
    time,
  });
}
