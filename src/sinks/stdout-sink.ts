import { writeSync } from 'node:fs';
import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import { cloudEventToJson } from '../cloudevents/json-format.js';
import { asRecord } from '../json/readers.js';
import { BOOLEAN, optionsProblems } from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import type { CloudEventSink } from './cloud-event-sink.js';
import { DeliveryError } from './delivery-error.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

const NEWLINE = '\n';

/** The file descriptor of standard output. */
const STDOUT = 1;

/** Longest time that an exiting process waits for the reader of its output. */
const LAST_WRITE_TIMEOUT_MS = 1_000;

/** Options of {@link StdoutSink}. */
export interface StdoutSinkOptions {
  /**
   * Whether each event has a line for each of its members, for a person to read. `agent-events` does not read that.
   *
   * @defaultValue `false`
   */
  pretty?: boolean;
}

const RULES = { pretty: BOOLEAN };
const OPTIONS_ACCEPTED = 'an object such as { pretty: true }';

/**
 * A sink that writes the events to standard output, one JSON object per line, for a log collector. It takes audit events
 * and CloudEvents.
 *
 * @throws TypeError - from the constructor, if an option is unknown or not accepted.
 */
export class StdoutSink implements EventSink, CloudEventSink {
  readonly name = 'stdout';
  readonly linesOnly = true;
  readonly #pretty: boolean;
  /** The batch that the stream has not taken completely. */
  #pending: { readonly bytes: Buffer; readonly isFirst: boolean } | undefined;

  constructor(options: StdoutSinkOptions = {}) {
    const problems = optionsProblems(RULES, options, OPTIONS_ACCEPTED);
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: StdoutSink: ${problems.join('; ')}`);
    this.#pretty = options.pretty ?? false;
  }

  send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    return this.#write(this.#textOf(toJsonLines(events, lines)));
  }

  sendCloudEvents(events: readonly CloudEventShape[]): Promise<void> {
    return this.#write(this.#textOf(cloudEventLines(events)));
  }

  sendSync(events: readonly ChaukasEvent[], lines?: readonly string[]): void {
    this.#writeSync(this.#textOf(toJsonLines(events, lines)));
  }

  sendCloudEventsSync(events: readonly CloudEventShape[]): void {
    this.#writeSync(this.#textOf(cloudEventLines(events)));
  }

  /** `send` resolves only after the write. */
  async forceFlush(): Promise<void> {}

  /** Standard output belongs to the application, so it stays open. */
  async shutdown(): Promise<void> {}

  /** @param lines - JSON Lines. */
  #textOf(lines: string): string {
    if (!this.#pretty || lines === '') return lines;
    const events = lines.trimEnd().split(NEWLINE);
    return events.map((line) => `${JSON.stringify(JSON.parse(line), null, 2)}${NEWLINE}`).join('');
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stdout } = process;
      const bytes = Buffer.from(text);
      this.#pending = { bytes, isFirst: stdout.writableLength === 0 };
      // If the reader is gone (`node app | head`), the stream also emits an error event after the callback. Without a
      // listener that event would end the process.
      stdout.on('error', ignore);
      stdout.write(bytes, (error) => {
        this.#pending = undefined;
        clock.setImmediate(() => stdout.off('error', ignore));
        if (error) reject(refusal(error));
        else resolve();
      });
    });
  }

  /** Writes to the descriptor, because the stream of a pipe that is full writes later, when the process has exited. */
  #writeSync(text: string): void {
    const bytes = Buffer.concat([this.#unwritten(), Buffer.from(text)]);
    let written = 0;
    let refused: unknown;
    const isWritten = clock.blockUntil(() => {
      try {
        while (written < bytes.length) written += writeSync(STDOUT, bytes, written);
        return true;
      } catch (error) {
        // The reader of a pipe has not made room yet.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        refused = error;
        return false;
      }
    }, LAST_WRITE_TIMEOUT_MS);
    if (!isWritten) throw refused;
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
}

function cloudEventLines(events: readonly CloudEventShape[]): string {
  return events.map((event) => `${cloudEventToJson(event)}${NEWLINE}`).join('');
}

function ignore(): void {}

/** A reader that is gone does not come back, so nothing is to be sent again. */
function refusal(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') return error;
  return new DeliveryError('nothing reads standard output any more', { outcome: 'refused', cause: error });
}
