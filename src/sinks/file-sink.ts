import fs from 'node:fs';
import { promisify } from 'node:util';
import { diag } from '@opentelemetry/api';
import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import { asNonEmptyString, asRecord } from '../json/readers.js';
import {
  BOOLEAN,
  missingOption,
  objectOf,
  optionsProblems,
  rule,
  WHOLE_NUMBER,
  wrongOption,
} from '../options/option-rules.js';
import { finished, type WorkSteps } from '../steps.js';
import { PACKAGE_NAME } from '../version.js';
import {
  compressFile,
  countNewlines,
  type FileRotationOptions,
  hasUnfinishedLine,
  ignoreUnsupported,
  isRotationDue,
  moveAside,
  NEWLINE,
  NEWLINE_BYTE,
  openAppendFile,
  wasMoved,
} from './append-file.js';
import { DeliveryError } from './delivery-error.js';
import { type EventSink, ownSinkInThread, type SinkInThread, type StoredEvents } from './event-sink.js';
import { encodeLines, lineOf, toJsonLines } from './json-lines.js';
import { readStoredEvents } from './stored-events.js';

const write = promisify(fs.write);
const datasync = promisify(fs.fdatasync);
const close = promisify(fs.close);

const PATH_ACCEPTED = 'the path of a file to append to';

/** Longest time that an exiting process waits for a pending write. */
const LAST_WRITE_TIMEOUT_MS = 1_000;

/** Shortest time between two checks whether the path still leads to the open file. */
const MOVE_CHECK_INTERVAL_MS = 1_000;

/** Options of {@link FileSink}. */
export interface FileSinkOptions {
  /** Path of the file. The file and the folders above it are created if they do not exist. */
  path: string;
  /** Rotation by the sink itself. Leave it out if another program rotates the file. */
  rotation?: FileRotationOptions;
  /**
   * Whether SIGHUP makes the sink reopen its file, as `reopen()` does. The signal then no longer ends the process.
   *
   * @defaultValue `false`
   */
  reopenOnSighup?: boolean;
}

const OPTIONS_ACCEPTED = 'an object with "path"';
const RULES = {
  path: rule(PATH_ACCEPTED, (value) => typeof value === 'string'),
  rotation: objectOf(
    { maxBytes: WHOLE_NUMBER, maxAgeMillis: WHOLE_NUMBER, gzip: BOOLEAN },
    'an object with "maxBytes" or "maxAgeMillis"',
  ),
  reopenOnSighup: BOOLEAN,
};

/**
 * A sink that appends the events to a file, one JSON object per line (JSON Lines). A new file can be read by its owner
 * only (mode 0600). An existing file keeps its mode and its content. If an earlier process left its last line unfinished,
 * that line is ended first, so that the next event has a line of its own.
 *
 * The first event names the stream before it in the file, so that a process that crashed leaves no doubt about its end.
 * The hash chains of earlier processes continue, for the sessions that have an event in the last 4 MB of the file. The
 * chain of a session without one starts again when the session is opened again. Several processes may write to one file.
 *
 * If the file is renamed, replaced or deleted, as logrotate does, the sink continues in a new file at its path. It looks
 * at most once a second, so a renamed file may get events for that long; it looks at once if the file was deleted.
 * `reopen()` makes it look before the next batch.
 *
 * `forceFlush()` makes the operating system write the data to the disk.
 *
 * ```ts
 * new ChaukasSpanProcessor({ sinks: [new FileSink({ path: 'audit/events.jsonl' })] });
 * ```
 *
 * @throws TypeError - from the constructor, if an option is missing, unknown or not accepted.
 * @throws Error - from the constructor, if the file cannot be opened for writing, or is a folder, a FIFO, a socket or a
 * symbolic link.
 */
export class FileSink implements EventSink {
  readonly name: string;
  readonly linesOnly = true;
  readonly #file: string;
  readonly #rotation: FileRotationOptions;
  readonly #onSighup: (() => void) | undefined;
  #fd: number;
  #openedAt = clock.now();
  /** The time of the next check whether the path still leads to the open file. */
  #nextCheck = 0;
  #compressing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Whether the last line of the file has no line break, so that the next write must begin with one. */
  #torn: boolean;
  #unfinished: UnfinishedLine | undefined;
  /** Size of the file after the pending write; `undefined` if there is none. */
  #pendingSize: number | undefined;
  /** The work that is left on the lines of batches under way, one for each queue of this sink. */
  readonly #encoding = new Set<WorkSteps<Buffer>>();
  /** Size of the file after the last write of this sink. Another process may have written since if it is different. */
  #ownSize = -1;
  /** Makes the sink of a thread open its path again, which has the place of this one. */
  #reopenInThread: (() => void) | undefined;

  constructor(options: FileSinkOptions) {
    const value = asRecord(options)?.path;
    const file = asNonEmptyString(value);
    if (file === undefined) {
      const problem =
        value === undefined
          ? missingOption('path', PATH_ACCEPTED)
          : wrongOption('path', value, PATH_ACCEPTED);
      throw new TypeError(`${PACKAGE_NAME}: FileSink: ${problem}`);
    }
    const problems = optionsProblems(RULES, options, OPTIONS_ACCEPTED);
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: FileSink: ${problems.join('; ')}`);
    this.name = `file ${file}`;
    this.#file = file;
    this.#rotation = options.rotation ?? {};
    try {
      const { fd, torn } = openAppendFile(file);
      this.#fd = fd;
      this.#torn = torn;
    } catch (cause) {
      throw new Error(
        `${PACKAGE_NAME}: FileSink: option "path" is '${file}', which cannot be written (${errorText(cause)}); ` +
          'it must be a file that this process may create and append to',
        { cause },
      );
    }
    if (options.reopenOnSighup) {
      this.#onSighup = () => this.reopen();
      process.on('SIGHUP', this.#onSighup);
    }
  }

  get inThread(): SinkInThread | undefined {
    const made = ownSinkInThread(this, FileSink, 'FileSink', { path: this.#file, rotation: this.#rotation });
    // A thread gets no signals, so this sink goes on listening to SIGHUP.
    return made && { ...made, handOver: (call) => this.#handOver(() => call('reopen')) };
  }

  /** Makes the sink open its path again before the next batch, if the path leads to another file by then. */
  reopen(): void {
    if (this.#reopenInThread === undefined) this.#nextCheck = 0;
    else this.#reopenInThread();
  }

  storedEvents(): StoredEvents {
    return readStoredEvents(this.#fd);
  }

  async send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    this.#requireOpen();
    const steps = encodeLines(lines ?? events.map(lineOf));
    this.#encoding.add(steps);
    let step = steps.next();
    while (step.done !== true) {
      await new Promise(clock.setImmediate);
      // `sendSync()` has written them meanwhile.
      if (!this.#encoding.has(steps)) return;
      step = steps.next();
    }
    this.#encoding.delete(steps);
    const encoded = step.value;
    this.#requireOpen();
    this.#followPath();
    this.#rotateIfDue(encoded.length);
    const size = this.#checkLastLine();
    const wasTorn = this.#torn;
    const { bytes, begun } = this.#outgoing(encoded);
    let written = 0;
    try {
      this.#pendingSize = size + bytes.length;
      while (written < bytes.length) {
        const { bytesWritten } = await write(this.#fd, bytes, written);
        written += bytesWritten;
        if (written < bytes.length) this.#requireOpen();
      }
    } catch (error) {
      if (written > 0) this.#torn = bytes[written - 1] !== NEWLINE_BYTE;
      else this.#torn = wasTorn;
      this.#unfinished = unfinishedLine(bytes.subarray(0, written), begun, size + written);
      // A line break that only ends the unfinished line of another process ends no event of this batch.
      const endsForeignLine = wasTorn && begun.length === 0 && written > 0;
      const delivered = countNewlines(bytes.subarray(0, written)) - (endsForeignLine ? 1 : 0);
      if (delivered <= 0) throw error;
      const message = `the file was not written completely: ${errorText(error)}`;
      throw new DeliveryError(message, { outcome: 'retry', delivered, cause: error });
    } finally {
      this.#ownSize = this.#pendingSize ?? -1;
      this.#pendingSize = undefined;
    }
  }

  sendSync(events: readonly ChaukasEvent[], lines?: readonly string[]): void {
    if (this.#closing !== undefined) return;
    this.#waitForPendingWrite();
    this.#followPath();
    this.#checkLastLine();
    for (const steps of this.#encoding) {
      this.#encoding.delete(steps);
      fs.writeFileSync(this.#fd, this.#outgoing(finished(steps)).bytes);
    }
    fs.writeFileSync(this.#fd, this.#outgoing(Buffer.from(toJsonLines(events, lines))).bytes);
  }

  async forceFlush(): Promise<void> {
    if (this.#closing === undefined && this.#reopenInThread === undefined) await this.#sync();
    await this.#compressing;
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#onSighup !== undefined) process.off('SIGHUP', this.#onSighup);
    if (this.#reopenInThread !== undefined) return;
    try {
      await this.#sync();
      await this.#compressing;
    } finally {
      await close(this.#fd);
    }
  }

  #handOver(reopenInThread: () => void): void {
    // Closed once only: the number may be that of another file afterwards.
    const isOpen = this.#closing === undefined && this.#reopenInThread === undefined;
    this.#reopenInThread = reopenInThread;
    if (isOpen) fs.closeSync(this.#fd);
  }

  /** Opens the path again if it does not lead to the open file any more. No write is pending. */
  #followPath(): void {
    const now = clock.now();
    const { nlink } = fs.fstatSync(this.#fd);
    if (now < this.#nextCheck && nlink > 0) return;
    this.#nextCheck = now + MOVE_CHECK_INTERVAL_MS;
    try {
      if (wasMoved(this.#fd, this.#file)) this.#openAgain();
    } catch (error) {
      // A renamed file still keeps the events, a deleted one does not.
      if (nlink === 0) throw error;
    }
  }

  #openAgain(): void {
    const former = this.#fd;
    const { fd, torn } = openAppendFile(this.#file);
    this.#fd = fd;
    this.#torn = torn;
    this.#openedAt = clock.now();
    fs.close(former, () => {});
  }

  /** Rotation must not cost an event: if it fails, the events go to the file as it is. */
  #rotateIfDue(added: number): void {
    const { maxBytes, maxAgeMillis, gzip } = this.#rotation;
    if (maxBytes === undefined && maxAgeMillis === undefined) return;
    const stat = fs.fstatSync(this.#fd);
    if (!stat.isFile() || !isRotationDue(this.#rotation, stat.size, added, this.#openedAt)) return;
    try {
      const rotated = moveAside(this.#file);
      this.#openAgain();
      if (gzip) this.#compressing = this.#compressing.then(() => compress(rotated));
    } catch {
      this.#openedAt = clock.now();
    }
  }

  /** Another process that writes to the file may have crashed within a line. Returns the size of the file. */
  #checkLastLine(): number {
    const { size } = fs.fstatSync(this.#fd);
    if (size !== this.#ownSize) this.#torn = hasUnfinishedLine(this.#fd);
    return size;
  }

  async #sync(): Promise<void> {
    // A pipe or a device has no disk.
    await datasync(this.#fd).catch(ignoreUnsupported);
  }

  /** The operating system reuses the descriptor of a closed file for other files and connections. */
  #requireOpen(): void {
    if (this.#closing !== undefined) throw new Error(`${this.name} is shut down`);
  }

  /**
   * Blocks until the pending write is done. It continues in its own thread while the process exits, but its promise
   * cannot settle any more. Without the wait, later events could precede earlier ones in the file.
   */
  #waitForPendingWrite(): void {
    const expected = this.#pendingSize;
    if (expected === undefined) return;
    clock.blockUntil(() => {
      const stat = fs.fstatSync(this.#fd);
      return !stat.isFile() || stat.size >= expected;
    }, LAST_WRITE_TIMEOUT_MS);
  }

  /** Returns what is to be written, and what the file already has of the first event. */
  #outgoing(encoded: Buffer): OutgoingLines {
    const unfinished = this.#unfinished;
    const isTorn = this.#torn;
    this.#unfinished = undefined;
    this.#torn = false;
    if (!isTorn) return { bytes: encoded, begun: NOTHING };
    if (unfinished !== undefined && unfinished.size === fs.fstatSync(this.#fd).size) {
      const { beginning } = unfinished;
      // The event that was cut off is sent again: its line goes on where it ends.
      if (encoded.subarray(0, beginning.length).equals(beginning)) {
        return { bytes: encoded.subarray(beginning.length), begun: beginning };
      }
    }
    return { bytes: Buffer.concat([Buffer.from(NEWLINE), encoded]), begun: NOTHING };
  }
}

const NOTHING = Buffer.alloc(0);

interface OutgoingLines {
  readonly bytes: Buffer;
  readonly begun: Buffer;
}

/** The last line of the file, if an event of this sink was cut off in it. */
interface UnfinishedLine {
  readonly beginning: Buffer;
  /** Size of the file at that moment. If it is different, another process has written since. */
  readonly size: number;
}

/**
 * @param written - what was written before the failure.
 * @param begun - what the file had of the first event before.
 */
function unfinishedLine(written: Buffer, begun: Buffer, size: number): UnfinishedLine | undefined {
  const end = written.lastIndexOf(NEWLINE);
  const beginning = end < 0 ? Buffer.concat([begun, written]) : written.subarray(end + 1);
  return beginning.length === 0 ? undefined : { beginning, size };
}

/** One file at a time; a file that cannot be compressed stays as it is. */
async function compress(file: string): Promise<void> {
  try {
    await compressFile(file);
  } catch (error) {
    diag.warn(`${PACKAGE_NAME}: ${file} was rotated but not compressed: ${errorText(error)}`);
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
