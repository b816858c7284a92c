import { withZone } from '../../chaukas/utc-timestamp.js';
import { asNonEmptyString, asNumber, asRecord } from '../../json/readers.js';
import type { ReadEvent } from '../input/read-events.js';

/** Token counts of model calls. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly total: number;
}

export interface SessionCost {
  readonly amount: number;
  readonly currency: string;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, total: 0 };

/**
 * The tokens of an ended model call. If its response was made in the background, they are on the first access to the ended
 * response. Sums in other events are not read, since they count the same tokens again.
 */
export function tokensOf(event: ReadEvent): Tokens | undefined {
  const call = asRecord(event.llm_invocation);
  const cost = asRecord(event.data_access) && asRecord(event.cost);
  const input = asNumber(call?.prompt_tokens ?? cost?.input_tokens);
  const output = asNumber(call?.completion_tokens ?? cost?.output_tokens);
  const total = asNumber(call?.total_tokens) ?? (input ?? 0) + (output ?? 0);
  return total === 0 && input === undefined && output === undefined
    ? undefined
    : { input: input ?? 0, output: output ?? 0, total };
}

export function addTokens(sum: Tokens, more: Tokens): Tokens {
  return {
    input: sum.input + more.input,
    output: sum.output + more.output,
    total: sum.total + more.total,
  };
}

export function costOf(event: ReadEvent): SessionCost | undefined {
  const cost = asRecord(event.cost);
  const amount = asNumber(cost?.total_cost);
  return amount === undefined ? undefined : { amount, currency: asNonEmptyString(cost?.currency) ?? 'USD' };
}

/** Amounts by currency, since different currencies cannot be added. */
export type Costs = Map<string, number>;

export function addCost(sum: Costs, { amount, currency }: SessionCost): void {
  sum.set(currency, (sum.get(currency) ?? 0) + amount);
}

/** Costs for JSON, without the noise of adding binary fractions. */
export function costsJson(costs: Costs): Record<string, number> {
  return Object.fromEntries(
    [...costs].map(([currency, amount]) => [currency, Number(amount.toPrecision(12))]),
  );
}

/** The duration in milliseconds, if the event records one. */
export function durationOf(event: ReadEvent): number | undefined {
  return (
    asNumber(asRecord(event.performance)?.duration_ms) ??
    asNumber(asRecord(event.llm_invocation)?.duration_ms) ??
    asNumber(asRecord(event.tool_response)?.execution_time_ms) ??
    asNumber(asRecord(event.mcp_call)?.execution_time_ms)
  );
}

/** The timestamp in milliseconds since the epoch. */
export function timeOf(event: ReadEvent): number | undefined {
  if (typeof event.timestamp !== 'string') return undefined;
  const time = Date.parse(withZone(event.timestamp));
  return Number.isNaN(time) ? undefined : time;
}

/** The outcome of a span. */
export type EventOutcome = 'completed' | 'failed' | 'cancelled';

export function outcomeOf(event: ReadEvent): EventOutcome {
  if (event.status === 'EVENT_STATUS_FAILED') return 'failed';
  return event.status === 'EVENT_STATUS_CANCELLED' ? 'cancelled' : 'completed';
}
