/** The end of the telemetry in benchmarks: it is made in full, and dropped. */
import type { SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { EventSink } from 'opentelemetry-instrumentation-openai-agents';

/** Drops spans when they end, and counts those that started. */
export class DroppingProcessor implements SpanProcessor {
  started = 0;

  onStart(): void {
    this.started += 1;
  }

  onEnd(): void {}

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** A sink that takes the lines and keeps nothing. */
export const droppingSink: EventSink = {
  name: 'dropping',
  linesOnly: true,
  send: async () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};
