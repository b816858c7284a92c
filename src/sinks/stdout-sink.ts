import type { ChaukasEvent } from '../chaukas/event.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

/** Writes the events to standard output, one JSON object a line, for a log collector that reads it. */
export class StdoutSink implements EventSink {
  readonly name = 'stdout';

  send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdout } = process;
      // A reader that is gone (`node app | head`) is told as an event too, after the callback, and would end the process
      // where nobody listens.
      stdout.on('error', ignore);
      stdout.write(toJsonLines(events, lines), (error) => {
        setImmediate(() => stdout.off('error', ignore));
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** `send` has waited already. */
  async forceFlush(): Promise<void> {}

  /** Standard output is the application's; it stays open. */
  async shutdown(): Promise<void> {}
}

function ignore(): void {}
