import fs from 'node:fs';
import path from 'node:path';
import { inspect, promisify } from 'node:util';
import type { ChainHead } from '../chaukas/chain-head.js';
import type { ChaukasEvent } from '../chaukas/event.js';
import { PACKAGE_NAME } from '../version.js';
import type { EventSink } from './event-sink.js';
import { readChainHeads } from './file-chain-heads.js';
import { toJsonLines } from './json-lines.js';

const write = promisify(fs.write);
const datasync = promisify(fs.fdatasync);
const close = promisify(fs.close);

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
    const file: unknown = (options as FileSinkOptions | undefined)?.path;
    if (typeof file !== 'string' || file === '') {
      throw new TypeError(
        `${PACKAGE_NAME}: FileSink needs option "path", the file to append to; it is ${inspect(file)}`,
      );
    }
    this.name = `file ${file}`;
    try {
      fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
      this.#fd = fs.openSync(file, 'a+', 0o600);
      this.#torn = hasUnfinishedLine(this.#fd);
    } catch (cause) {
      throw new Error(
        `${PACKAGE_NAME}: FileSink cannot write to option "path" '${file}' (${errorText(cause)}); ` +
          'give a file that this process may create and append to',
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
