import type { ChaukasEvent } from '../chaukas/event.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

/** Writes the events to standard output, one JSON object a line, for a log collector that reads it. */
export class StdoutSink implements EventSink {
  readonly name = 'stdout';

  send(events: readonly ChaukasEvent[]): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(toJsonLines(events), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** `send` has waited already. */
  async forceFlush(): Promise<void> {}

  /** Standard output is the application's; it stays open. */
  async shutdown(): Promise<void> {}
}
