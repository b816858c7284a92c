import { onTestFinished, vi } from 'vitest';
import type { DeliveryDestination, DeliveryQueueOptions } from '../../src/delivery/delivery-destination.js';
import { DeliveryQueue } from '../../src/delivery/delivery-queue.js';
import type { DropReport } from '../../src/delivery/dropped-items.js';
import type { DeliveryOptions } from '../../src/sinks/delivery-options.js';

/** An item with a number, which is its line. */
export interface NumberedItem {
  readonly n: number;
  readonly line: string;
}

export function numbered(n: number, bytes = 10): NumberedItem {
  return { n, line: String(n).padEnd(bytes, '.') };
}

export const restoreNumbered = (line: string): NumberedItem => ({ n: Number.parseInt(line, 10), line });

type Answer = (numbers: readonly number[], signal: AbortSignal) => unknown;

/**
 * A destination in this process that answers each batch as its script says, and takes it once the script is at its end.
 * It logs when each batch came, in milliseconds since it was made, and how it was answered.
 */
export class ScriptedDestination implements DeliveryDestination<NumberedItem> {
  readonly name: string = 'scripted';
  readonly log: { readonly at: number; readonly numbers: readonly number[] }[] = [];
  readonly taken: number[] = [];
  readonly #madeAt = performance.now();
  readonly #script: Answer[] = [];
  forever: Answer | undefined;

  constructor(readonly delivery: DeliveryOptions = {}) {}

  /** Adds answers for the next batches. What they throw rejects the batch. */
  answer(...answers: readonly Answer[]): this {
    this.#script.push(...answers);
    return this;
  }

  async send(items: readonly NumberedItem[], { signal }: { signal: AbortSignal }): Promise<void> {
    const numbers = items.map(({ n }) => n);
    this.log.push({ at: Math.round(performance.now() - this.#madeAt), numbers });
    await (this.#script.shift() ?? this.forever)?.(numbers, signal);
    this.taken.push(...numbers);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /** When each batch came, and its size. */
  get attempts(): string[] {
    return this.log.map(({ at, numbers }) => `${at}: ${numbers[0]}-${numbers.at(-1)}`);
  }
}

export function queueTo(
  destination: DeliveryDestination<NumberedItem>,
  options: Partial<DeliveryQueueOptions<NumberedItem>> = {},
) {
  const reports: [message: string, error: unknown][] = [];
  const drops: DropReport[] = [];
  const queue = new DeliveryQueue<NumberedItem>(destination, {
    maxSize: 1_000,
    maxBytes: 1_000_000,
    restore: restoreNumbered,
    onError: (message, error) => reports.push([message, error]),
    onDropped: (report) => drops.push(report),
    ...options,
  });
  const push = (from: number, to = from, bytes = 10) => {
    for (let n = from; n <= to; n += 1) queue.push(numbered(n, bytes));
  };
  return { queue, reports, drops, push };
}

/** Fakes all timers and the clock, and makes each random pause its longest. */
export function fakeTime(random = 1): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date', 'performance'],
  });
  vi.spyOn(Math, 'random').mockReturnValue(random);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export const pass = (millis: number) => vi.advanceTimersByTimeAsync(millis);
