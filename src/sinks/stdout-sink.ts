import { writeSync } from 'node:fs';
import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import { asRecord } from '../json/readers.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

const NEWLINE = '\n';

/** The file descriptor of standard output. */
const STDOUT = 1;

/** Longest time that an exiting process waits for the reader of its output. */
const LAST_WRITE_TIMEOUT_MS = 1_000;

/** A sink that writes the events to standard output, one JSON object per line, for a log collector. */
export class StdoutSink implements EventSink {
  readonly name = 'stdout';
  readonly linesOnly = true;
  /** The batch that the stream has not taken completely. */
  #pending: { readonly bytes: Buffer; readonly isFirst: boolean } | undefined;

  send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdout } = process;
      const bytes = Buffer.from(toJsonLines(events, lines));
      this.#pending = { bytes, isFirst: stdout.writableLength === 0 };
      // If the reader is gone (`node app | head`), the stream also emits an error event after the callback. Without a
      // listener that event would end the process.
      stdout.on('error', ignore);
      stdout.write(bytes, (error) => {
        this.#pending = undefined;
        clock.setImmediate(() => stdout.off('error', ignore));
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /** Writes to the descriptor, because the stream of a pipe that is full writes later, when the process has exited. */
  sendSync(events: readonly ChaukasEvent[], lines?: readonly string[]): void {
    const bytes = Buffer.concat([this.#unwritten(), Buffer.from(toJsonLines(events, lines))]);
    const deadline = clock.now() + LAST_WRITE_TIMEOUT_MS;
    const wait = new Int32Array(new SharedArrayBuffer(4));
    for (let written = 0; written < bytes.length; ) {
      try {
        written += writeSync(STDOUT, bytes, written);
      } catch (error) {
        // The reader of a pipe has not made room yet.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || clock.now() >= deadline) throw error;
        Atomics.wait(wait, 0, 0, 1);
      }
    }
  }

  /** Returns the part of the pending batch that the stream has not written. */
  #unwritten(): Buffer {
    const pending = this.#pending;
    this.#pending = undefined;
    // Only pipes and sockets have a queue (Node 20.20); the streams of files and terminals have written by now.
    const queued = asRecord(asRecord(process.stdout)?._handle)?.writeQueueSize;
    if (pending === undefined || typeof queued !== 'number') return Buffer.alloc(0);
    const { bytes, isFirst } = pending;
    if (isFirst) return bytes.subarray(Math.max(0, bytes.length - queued));
    // Part of what the application wrote before it is lost, so the line that it is in is ended.
    return Buffer.concat([Buffer.from(NEWLINE), bytes]);
  }

  /** `send` resolves only after the write. */
  async forceFlush(): Promise<void> {}

  /** Standard output belongs to the application, so it stays open. */
  async shutdown(): Promise<void> {}
}

function ignore(): void {}
