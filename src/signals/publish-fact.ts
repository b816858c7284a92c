import type { SpanContext } from '@opentelemetry/api';
import type { DataAccessSignal, PolicyDecisionSignal, StateUpdateSignal } from './signal.js';
import { publishSignal } from './signal-channel.js';

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
