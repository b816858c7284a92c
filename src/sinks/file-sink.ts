import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ChaukasEvent } from '../chaukas/event.js';
import type { ChainHead } from '../chaukas/sealed-event.js';
import { asInteger, asNonEmptyString, asRecord, type UnknownRecord } from '../json/readers.js';
import { missingOption, wrongOption } from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import type { EventSink } from './event-sink.js';
import { toJsonLines } from './json-lines.js';

const write = promisify(fs.write);
const datasync = promisify(fs.fdatasync);
const close = promisify(fs.close);

const PATH_ACCEPTED = 'the path of a file to append to';

const NEWLINE = '\n';

/** How long a process that exits waits for a write that is under way. */
const LAST_WRITE_TIMEOUT_MS = 1_000;

/** Options of {@link FileSink}. */
export interface FileSinkOptions {
  /** The file; it and the folders above it are created where they do not exist. */
  path: string;
}

/**
 * Appends the events to a file, one JSON object a line (JSON Lines). A new file can be read by its owner only (mode
 * 0600); one that exists keeps its mode and its content. A line that an earlier process left unfinished is closed
 * first, so that it never runs into an event.
 *
 * Where the file has events of an earlier process, the hash chains of their sessions go on: of the sessions that have
 * an event in its last 4 MB. The chain of one that was quiet for longer begins anew when it is opened again.
 *
 * `forceFlush()` has the operating system put the data on the disk.
 *
 * ```ts
 * new ChaukasSpanProcessor({ sinks: [new FileSink({ path: 'audit/events.jsonl' })] });
 * ```
 *
 * @throws TypeError - from the constructor, when `path` is not a text.
 * @throws Error - from the constructor, when the file cannot be opened for writing.
 */
export class FileSink implements EventSink {
  readonly name: string;
  readonly #fd: number;
  #closing: Promise<void> | undefined;
  /** The file's last line has no end: what is written next must not continue it. */
  #torn: boolean;
  /** Size that the file has when the write that is under way is done. */
  #sizeToCome: number | undefined;

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
    this.name = `file ${file}`;
    try {
      fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      this.#fd = fs.openSync(file, 'a+', 0o600);
      this.#torn = hasUnfinishedLine(this.#fd);
    } catch (cause) {
      throw new Error(
        `${PACKAGE_NAME}: FileSink: option "path" is '${file}', which cannot be written (${errorText(cause)}); ` +
          'it must be a file that this process may create and append to',
        { cause },
      );
    }
  }

  chainHeads(): ReadonlyMap<string, ChainHead> {
    return readChainHeads(this.#fd);
  }

  async send(events: readonly ChaukasEvent[], lines?: readonly string[]): Promise<void> {
    this.#requireOpen();
    const wasTorn = this.#torn;
    const bytes = this.#toBytes(events, lines);
    let written = 0;
    try {
      this.#sizeToCome = fs.fstatSync(this.#fd).size + bytes.length;
      while (written < bytes.length) {
        const { bytesWritten } = await write(this.#fd, bytes, written);
        written += bytesWritten;
        if (written < bytes.length) this.#requireOpen();
      }
    } catch (error) {
      this.#torn = written === 0 ? wasTorn : bytes.toString('latin1', written - 1, written) !== NEWLINE;
      throw error;
    } finally {
      this.#sizeToCome = undefined;
    }
  }

  sendSync(events: readonly ChaukasEvent[], lines?: readonly string[]): void {
    if (this.#closing !== undefined) return;
    this.#waitForWrite();
    fs.writeFileSync(this.#fd, this.#toBytes(events, lines));
  }

  async forceFlush(): Promise<void> {
    if (this.#closing === undefined) await this.#sync();
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#sync();
    } finally {
      await close(this.#fd);
    }
  }

  async #sync(): Promise<void> {
    // A pipe or a device has no disk to put data on.
    await datasync(this.#fd).catch(ignoreUnsupported);
  }

  /** The number of a file that is closed may be another file's, or a connection's, by now. */
  #requireOpen(): void {
    if (this.#closing !== undefined) throw new Error(`${this.name} is shut down`);
  }

  /**
   * A write that is under way goes on in its thread, also while the process exits, but its promise can settle no
   * more. Without waiting for it, later events would stand before earlier ones.
   */
  #waitForWrite(): void {
    if (this.#sizeToCome === undefined) return;
    const deadline = Date.now() + LAST_WRITE_TIMEOUT_MS;
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let stat = fs.fstatSync(this.#fd); stat.isFile(); stat = fs.fstatSync(this.#fd)) {
      if (stat.size >= this.#sizeToCome || Date.now() >= deadline) return;
      Atomics.wait(clock, 0, 0, 1);
    }
  }

  #toBytes(events: readonly ChaukasEvent[], lines: readonly string[] | undefined): Buffer {
    const bytes = Buffer.from((this.#torn ? NEWLINE : '') + toJsonLines(events, lines));
    this.#torn = false;
    return bytes;
  }
}

function hasUnfinishedLine(fd: number): boolean {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile() || stat.size === 0) return false;
  const last = Buffer.alloc(1);
  fs.readSync(fd, last, 0, 1, stat.size - 1);
  return last.toString() !== NEWLINE;
}

function ignoreUnsupported(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * How much is read at a file's end: some 5,000 events. It takes about 50 ms, once, before the first event is sealed;
 * more would hold up the application for too long.
 */
const TAIL_BYTES = 4 * 1024 * 1024;

/** Of the sessions that have an event at the end of the file. */
export function readChainHeads(fd: number): ReadonlyMap<string, ChainHead> {
  const heads = new Map<string, ChainHead>();
  for (const line of tailLines(fd)) {
    const event = parsed(line);
    const sessionId = asNonEmptyString(event?.session_id);
    const hash = asNonEmptyString(event?.content_hash);
    if (sessionId === undefined || hash === undefined) continue;
    const earlier = heads.get(sessionId);
    heads.set(sessionId, { hash, count: countOf(event, earlier) });
  }
  return heads;
}

function parsed(line: string): UnknownRecord | undefined {
  try {
    return asRecord(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function countOf(event: UnknownRecord | undefined, earlier: ChainHead | undefined): number | undefined {
  // The session's first event has nothing before it, and its END tells how many there are.
  if (event?.hash_prev === '') return 1;
  const told = asInteger(asRecord(event?.metadata)?.event_count);
  if (event?.type === 'EVENT_TYPE_SESSION_END' && told !== undefined) return told;
  return earlier?.count === undefined ? undefined : earlier.count + 1;
}

function tailLines(fd: number): string[] {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile()) return [];
  const start = Math.max(0, stat.size - TAIL_BYTES);
  const tail = Buffer.alloc(stat.size - start);
  const bytes = fs.readSync(fd, tail, 0, tail.length, start);
  const lines = tail.toString('utf8', 0, bytes).split('\n');
  // Where it begins within a line, that one cannot be read.
  return start === 0 ? lines : lines.slice(1);
}
