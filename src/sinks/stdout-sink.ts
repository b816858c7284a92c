import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

/** A sink that writes the events to standard output, one JSON object per line, for a log collector. */
export class StdoutSink implements EventSink {
  readonly name = 'stdout';

  send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdout } = process;
      // If the reader is gone (`node app | head`), the stream also emits an error event after the callback. Without a
      // listener that event would end the process.
      stdout.on('error', ignore);
      stdout.write(toJsonLines(events, lines), (error) => {
        clock.setImmediate(() => stdout.off('error', ignore));
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** `send` resolves only after the write. */
  async forceFlush(): Promise<void> {}

  /** Standard output belongs to the application, so it stays open. */
  async shutdown(): Promise<void> {}
}

function ignore(): void {}
