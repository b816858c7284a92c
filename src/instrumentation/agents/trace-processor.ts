import type { Guard } from '../../diagnostics/guard.js';
import { asSdkSpan } from './sdk-span.js';
import type { SpanBridge } from './span-bridge.js';

/**
 * The SDK's `TracingProcessor`: hears of every span.
 *
 * Its promises are resolved already: the SDK awaits its processors one after the other, and a run awaits
 * `onTraceStart`. A rejection there would make the run fail.
 */
export class AgentsTraceProcessor {
  #active = true;
  readonly #spans: SpanBridge;
  readonly #guard: Guard;
  readonly #getStore: () => unknown;

  constructor(spans: SpanBridge, guard: Guard, getStore: () => unknown) {
    this.#spans = spans;
    this.#guard = guard;
    this.#getStore = getStore;
  }

  /** The SDK has no way to take a processor out again. */
  deactivate(): void {
    this.#active = false;
  }

  async onTraceStart(): Promise<void> {}

  async onTraceEnd(): Promise<void> {
    this.#run('Ending a trace', () => this.#spans.traceEnded(this.#getStore()));
  }

  async onSpanStart(value: unknown): Promise<void> {
    this.#run('Starting a span', () => {
      const span = asSdkSpan(value);
      if (span !== undefined) this.#spans.started(span, this.#getStore());
    });
  }

  async onSpanEnd(value: unknown): Promise<void> {
    this.#run('Ending a span', () => {
      const span = asSdkSpan(value);
      if (span !== undefined) this.#spans.ended(span, this.#getStore());
    });
  }

  /** Called each time the application replaces the SDK's processors, of which this stays one. */
  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}

  #run(place: string, action: () => void): void {
    if (this.#active) this.#guard.run(place, action);
  }
}
