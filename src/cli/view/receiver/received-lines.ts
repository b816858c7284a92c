/**
 * The lines of received events, in files of a folder of our own below the temporary folder. A file only grows; when it
 * has its share of the limit, the next one begins, and the oldest is deleted if all together are too large.
 */
import { rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The number of files that the limit is divided into: so much of the oldest is lost at once. */
const SEGMENTS = 8;

export interface ReceivedLinesOptions {
  /** Bytes of all files together. */
  readonly maxBytes: number;
  /** Called before the first byte of a file. */
  readonly onSegment: (path: string) => void;
  /** Called after lines were appended to a file. */
  readonly onLines: (path: string) => void;
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
  readonly #folder: string;
  readonly #options: ReceivedLinesOptions;
  readonly #segments: ReceivedFile[] = [];
  readonly #removeAtExit: () => void;
  #opened = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, options: ReceivedLinesOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#removeAtExit = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', this.#removeAtExit);
  }

  static async open(options: ReceivedLinesOptions): Promise<ReceivedLines> {
    return new ReceivedLines(await mkdtemp(path.join(tmpdir(), 'agent-events-view-')), options);
  }

  /** Appends lines after all that came before. Rejects if they cannot be written. */
  append(lines: readonly string[]): Promise<void> {
    const written = this.#writing.then(() => this.#append(lines));
    this.#writing = written.catch(() => {});
    return written;
  }

  /** Deletes all files. */
  async close(): Promise<void> {
    await this.#writing;
    process.off('exit', this.#removeAtExit);
    for (const { file } of this.#segments.splice(0)) await file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const segment = await this.#segmentFor(bytes.length);
    let done = 0;
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await segment.file.write(bytes, done);
        done += bytesWritten;
      }
    } catch (error) {
      // No line may be cut: the next one would be appended to its beginning.
      await segment.file.truncate(segment.bytes);
      throw error;
    }
    segment.bytes += bytes.length;
    segment.events += lines.length;
    this.#options.onLines(segment.path);
    await this.#removeOldest();
  }

  async #segmentFor(bytes: number): Promise<ReceivedFile> {
    const last = this.#segments.at(-1);
    const share = this.#options.maxBytes / SEGMENTS;
    if (last !== undefined && (last.bytes === 0 || last.bytes + bytes <= share)) return last;
    this.#opened += 1;
    const file = path.join(this.#folder, `received-${String(this.#opened).padStart(8, '0')}.jsonl`);
    const segment = { path: file, file: await open(file, 'ax', 0o600), bytes: 0, events: 0 };
    this.#segments.push(segment);
    this.#options.onSegment(file);
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
