import fs from 'node:fs';
import type { SpoolFolder } from './spool-folder.js';
import type { SpoolSegment } from './spool-segment.js';

/** The segments of a spool in the order of delivery, those of earlier processes first, and their sums. */
export class SpoolContents {
  /** Bytes of all segments on the disk. */
  bytes = 0;
  /** The number of records that are not acknowledged. */
  waiting = 0;
  waitingBytes = 0;
  /** Bytes of records that were acknowledged. */
  acknowledgedBytes = 0;
  /** Records given up, because the spool was full. */
  droppedOldest = 0;
  /** Records that could not be read. */
  torn = 0;
  /** Folders whose position on the disk is older than the one here. */
  readonly moved = new Set<SpoolFolder>();
  #segments: SpoolSegment[] = [];
  /** Segments whose files are to be deleted. */
  readonly #doomed = new Set<SpoolSegment>();

  get oldest(): SpoolSegment | undefined {
    return this.#segments[0];
  }

  /** The first segment with a record that is not acknowledged. */
  get next(): SpoolSegment | undefined {
    return this.#segments.find((segment) => segment.waitingBytes > 0);
  }

  get all(): readonly SpoolSegment[] {
    return this.#segments;
  }

  add(segment: SpoolSegment): void {
    this.#segments.push(segment);
  }

  /** Adds the segments of an earlier process, behind those of other earlier ones. */
  addForeign(segments: readonly SpoolSegment[]): void {
    const firstOwn = this.#segments.findIndex((segment) => !segment.foreign);
    this.#segments.splice(firstOwn < 0 ? this.#segments.length : firstOwn, 0, ...segments);
    for (const segment of segments) {
      this.bytes += segment.size;
      this.waitingBytes += segment.waitingBytes;
      if (segment.counted) this.waiting += segment.waiting;
    }
  }

  /** Counts the records of segments that are not counted yet. */
  async count(): Promise<void> {
    for (const segment of this.#segments) {
      if (segment.counted) continue;
      try {
        await segment.count();
      } catch {
        // Reading it will show what is wrong.
        segment.counted = true;
      }
      if (this.has(segment)) this.waiting += segment.waiting;
    }
  }

  appended(segment: SpoolSegment, bytes: number, records: number): void {
    segment.size += bytes;
    segment.waiting += records;
    segment.unsynced = true;
    this.bytes += bytes;
    this.waiting += records;
    this.waitingBytes += bytes;
  }

  /** Acknowledges the records before `end`. Deletes the segment if these are all. */
  acknowledged(segment: SpoolSegment, end: number, records: number): void {
    if (!this.has(segment)) return;
    const acknowledged = segment.counted ? Math.min(records, segment.waiting) : 0;
    this.waitingBytes -= end - segment.start;
    this.acknowledgedBytes += end - segment.start;
    this.waiting -= acknowledged;
    segment.start = end;
    segment.waiting -= acknowledged;
    this.moved.add(segment.folder);
    if (!segment.growing && segment.waitingBytes === 0) this.remove(segment);
  }

  /**
   * Ends a segment: no line is appended to it any more.
   *
   * @param isDeleted - whether the file is deleted, so that only this process can read it, as long as it is open.
   */
  seal(segment: SpoolSegment, isDeleted: boolean): void {
    segment.growing = false;
    if (!isDeleted) segment.release();
    if (segment.waitingBytes === 0) this.remove(segment);
  }

  /** Deletes a segment, whatever it contains. */
  remove(segment: SpoolSegment): void {
    if (!this.forget(segment)) return;
    this.moved.add(segment.folder);
    this.#doomed.add(segment);
    fs.unlink(segment.path, (error) => {
      if (error === null || error.code === 'ENOENT') this.#doomed.delete(segment);
    });
  }

  /** Deletes the files that could not be deleted before. Rejects if that fails again. */
  async deleteDoomed(): Promise<void> {
    for (const segment of this.#doomed) {
      await fs.promises.rm(segment.path, { force: true });
      this.#doomed.delete(segment);
    }
  }

  /** Leaves out a segment, but not its file. */
  forget(segment: SpoolSegment): boolean {
    const index = this.#segments.indexOf(segment);
    if (index < 0) return false;
    this.#segments.splice(index, 1);
    this.bytes -= segment.size;
    this.waitingBytes -= segment.waitingBytes;
    if (segment.counted) this.waiting -= segment.waiting;
    segment.release();
    return true;
  }

  /** The first record of a folder that is not acknowledged. */
  positionOf(folder: SpoolFolder, nextNumber: number): [number: number, start: number] {
    const first = this.#segments.find((segment) => segment.folder === folder);
    return first === undefined ? [nextNumber, 0] : [first.number, first.start];
  }

  /** Whether a file of the folder is in use, or still to be deleted. */
  holds(folder: SpoolFolder): boolean {
    return [...this.#segments, ...this.#doomed].some((segment) => segment.folder === folder);
  }

  has(segment: SpoolSegment): boolean {
    return this.#segments.includes(segment);
  }
}
