import fs from 'node:fs';
import { promisify } from 'node:util';
import { countNewlines } from '../../sinks/append-file.js';
import { SPOOL_FILE_MODE, type SpoolFolder } from './spool-folder.js';

const open = promisify(fs.open);
const close = promisify(fs.close);
const read = promisify(fs.read);

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
const TO_WRITE = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW;
const TO_READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

const COUNTED_BYTES = 1024 * 1024;

/**
 * A file of a spool: a record per line. Records are appended by one process, read from the beginning, and acknowledged in
 * that order. The file is deleted when all its records are acknowledged and nothing is appended any more.
 */
export class SpoolSegment {
  /** Bytes of the file that hold records. */
  size: number;
  /** Bytes of the acknowledged records at the beginning of the file. */
  start: number;
  /** The number of records that are not acknowledged, as far as they are counted. */
  waiting = 0;
  /** Whether `waiting` is known. It is not at first for the file of an earlier process. */
  counted: boolean;
  /** Whether records may still be appended. */
  growing = false;
  /** Whether the file holds data that the disk may not have yet. */
  unsynced = false;
  #fd: number | undefined;
  #users = 0;
  /** Whether the file stays open while it is not in use. */
  #stays = false;

  /**
   * @param number - its place among the files of the folder.
   * @param foreign - whether an earlier process wrote the file, so that its records are checked.
   */
  constructor(
    readonly folder: SpoolFolder,
    readonly number: number,
    readonly foreign: boolean,
    { size = 0, start = 0 } = {},
  ) {
    this.size = size;
    this.start = start;
    this.counted = !foreign;
  }

  get path(): string {
    return this.folder.segmentPath(this.number);
  }

  get waitingBytes(): number {
    return Math.max(0, this.size - this.start);
  }

  /** Creates the file. */
  async create(): Promise<void> {
    this.#fd = await open(this.path, TO_WRITE, SPOOL_FILE_MODE);
    this.growing = true;
    this.#stays = true;
  }

  createSync(): void {
    this.#fd = fs.openSync(this.path, TO_WRITE, SPOOL_FILE_MODE);
    this.growing = true;
    this.#stays = true;
  }

  /** Runs an action with the open file. A file that grows stays open, another one is opened for the action. */
  async use<Result>(action: (fd: number) => Promise<Result>): Promise<Result> {
    this.#users += 1;
    try {
      if (this.#fd === undefined) {
        const fd = await open(this.path, TO_READ);
        if (this.#fd === undefined) this.#fd = fd;
        else await close(fd);
      }
      return await action(this.#fd);
    } finally {
      this.#users -= 1;
      this.#closeUnused();
    }
  }

  useSync<Result>(action: (fd: number) => Result): Result {
    const fd = this.#fd ?? fs.openSync(this.path, TO_READ);
    try {
      return action(fd);
    } finally {
      if (fd !== this.#fd) fs.closeSync(fd);
    }
  }

  /** Closes the file as soon as it is not in use. */
  release(): void {
    this.#stays = false;
    this.#closeUnused();
  }

  #closeUnused(): void {
    if (this.#users > 0 || this.#stays || this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    fs.close(fd, () => {});
  }

  read(bytes: Buffer, position: number): Promise<number> {
    return this.use(async (fd) => (await read(fd, bytes, 0, bytes.length, position)).bytesRead);
  }

  readSync(bytes: Buffer, position: number): number {
    return this.useSync((fd) => fs.readSync(fd, bytes, 0, bytes.length, position));
  }

  /** Counts the records of an earlier process that are not acknowledged. */
  async count(): Promise<void> {
    const bytes = Buffer.allocUnsafe(COUNTED_BYTES);
    let records = 0;
    for (let at = this.start; at < this.size; ) {
      const length = await this.read(bytes, at);
      if (length === 0) break;
      records += countNewlines(bytes.subarray(0, length));
      at += length;
    }
    this.waiting = records;
    this.counted = true;
  }

  countSync(): void {
    const bytes = Buffer.allocUnsafe(this.waitingBytes);
    const length = this.readSync(bytes, this.start);
    this.waiting = countNewlines(bytes.subarray(0, length));
    this.counted = true;
  }
}
