/**
 * The lines of received events, in temporary files that only their owner can read. A file only grows; when it
 * has its share of the limit, the next one begins, and the oldest is deleted if all together are too large.
 */
import type { FileHandle } from 'node:fs/promises';
import { rm } from 'node:fs/promises';
import type { TemporaryFolder } from '../sources/temporary-folder.js';

/** The number of files that the limit is divided into: so much of the oldest is lost at once. */
const SEGMENTS = 8;

export interface ReceivedLinesOptions {
  readonly temporary: TemporaryFolder;
  /** Bytes of all files together. */
  readonly maxBytes: number;
  /** Called before the first byte of a file. */
  readonly onSegment: (path: string) => void;
  /** Called after a file was deleted. */
  readonly onSegmentRemoved: (path: string, events: number) => void;
}

interface ReceivedFile {
  readonly path: string;
  readonly file: FileHandle;
  bytes: number;
  events: number;
}

export class ReceivedLines {
  /** Events that were deleted to stay within the limit. */
  removed = 0;
  readonly #options: ReceivedLinesOptions;
  readonly #segments: ReceivedFile[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ReceivedLinesOptions) {
    this.#options = options;
  }

  /** Appends lines after all that came before. Rejects if they cannot be written. */
  append(lines: readonly string[]): Promise<void> {
    const written = this.#writing.then(() => this.#append(lines));
    this.#writing = written.catch(() => {});
    return written;
  }

  /** Closes the files. They are deleted with their folder. */
  async close(): Promise<void> {
    await this.#writing;
    for (const { file } of this.#segments.splice(0)) await file.close();
  }

  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const segment = await this.#segmentFor(bytes.length);
    let done = 0;
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await segment.file.write(
          bytes,
          done,
          bytes.length - done,
          segment.bytes + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      // No line may be cut: the next one would be appended to its beginning.
      await segment.file.truncate(segment.bytes);
      throw error;
    }
    segment.bytes += bytes.length;
    segment.events += lines.length;
    await this.#removeOldest();
  }

  async #segmentFor(bytes: number): Promise<ReceivedFile> {
    const last = this.#segments.at(-1);
    const share = this.#options.maxBytes / SEGMENTS;
    if (last !== undefined && (last.bytes === 0 || last.bytes + bytes <= share)) return last;
    const { path, handle } = await this.#options.temporary.create('received.jsonl');
    const segment = { path, file: handle, bytes: 0, events: 0 };
    this.#segments.push(segment);
    this.#options.onSegment(path);
    return segment;
  }

  /** The newest file stays, even if it is larger than the limit. */
  async #removeOldest(): Promise<void> {
    const total = () => this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    while (this.#segments.length > 1 && total() > this.#options.maxBytes) {
      const { path: oldest, file, events } = this.#segments.shift() as ReceivedFile;
      await file.close();
      await rm(oldest, { force: true });
      this.removed += events;
      this.#options.onSegmentRemoved(oldest, events);
    }
  }
}
