import fs from 'node:fs';
import path from 'node:path';
import type { SpoolOwner } from './owner.js';

const LOCK = 'lock';
const POSITION = 'position';
const SEGMENT_NAME = /^(\d{6,12})\.jsonl$/;

/** Only the user of the process may look into a folder, and read a file. */
export const SPOOL_FOLDER_MODE = 0o700;
export const SPOOL_FILE_MODE = 0o600;

const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = fs.constants;

/** A segment in a folder of an earlier process. */
export interface LeftSegment {
  readonly number: number;
  readonly size: number;
  /** Bytes of acknowledged records at its beginning. */
  readonly start: number;
}

/**
 * A folder of the spool: the events of one process for one sink. It contains the segments, a lock file that names the
 * process, and the position: the first record that is not acknowledged.
 */
export class SpoolFolder {
  constructor(readonly path: string) {}

  get name(): string {
    return path.basename(this.path);
  }

  get lockPath(): string {
    return path.join(this.path, LOCK);
  }

  segmentPath(number: number): string {
    return path.join(this.path, `${String(number).padStart(6, '0')}.jsonl`);
  }

  /**
   * Creates the folder in one step, so that no process ever sees it without its lock file.
   *
   * @throws Error - that of the file system.
   */
  create(owner: SpoolOwner): void {
    const incomplete = path.join(path.dirname(this.path), `.${this.name}`);
    fs.mkdirSync(incomplete, { mode: SPOOL_FOLDER_MODE });
    try {
      const options = { flag: 'wx', mode: SPOOL_FILE_MODE };
      fs.writeFileSync(path.join(incomplete, LOCK), `${JSON.stringify(owner)}\n`, options);
      // It exists from now on, so that a full disk cannot keep the position from being written.
      fs.writeFileSync(path.join(incomplete, POSITION), positionText(0, 0), options);
      fs.renameSync(incomplete, this.path);
    } catch (error) {
      fs.rmSync(incomplete, { recursive: true, force: true });
      throw error;
    }
  }

  /** Returns the segments that still hold records, in their order, and deletes the others. */
  load(): LeftSegment[] {
    const position = this.#readPosition();
    const segments: LeftSegment[] = [];
    for (const name of fs.readdirSync(this.path)) {
      const number = Number(SEGMENT_NAME.exec(name)?.[1] ?? Number.NaN);
      const stat = fs.lstatSync(path.join(this.path, name), { throwIfNoEntry: false });
      if (Number.isNaN(number) || !stat?.isFile()) continue;
      const start = number === position.number ? position.start : 0;
      if (number < position.number || start >= stat.size) fs.unlinkSync(path.join(this.path, name));
      else segments.push({ number, size: stat.size, start });
    }
    return segments.sort((a, b) => a.number - b.number);
  }

  /** Writes the position in place and in one write, so that a crash leaves the former one or this one. */
  async writePosition(number: number, start: number): Promise<void> {
    const file = await fs.promises.open(this.#positionPath, O_RDWR | O_CREAT | O_NOFOLLOW, SPOOL_FILE_MODE);
    try {
      await file.write(positionText(number, start), 0);
    } finally {
      await file.close();
    }
  }

  writePositionSync(number: number, start: number): void {
    const fd = fs.openSync(this.#positionPath, O_RDWR | O_CREAT | O_NOFOLLOW, SPOOL_FILE_MODE);
    try {
      fs.writeSync(fd, positionText(number, start), 0);
    } finally {
      fs.closeSync(fd);
    }
  }

  #readPosition(): { number: number; start: number } {
    try {
      const fd = fs.openSync(this.#positionPath, fs.constants.O_RDONLY | O_NOFOLLOW);
      try {
        const [, number, start] = /^(\d+) (\d+)\n/.exec(fs.readFileSync(fd, 'latin1')) ?? [];
        return { number: Number(number ?? 0), start: Number(start ?? 0) };
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return { number: 0, start: 0 };
    }
  }

  /** Makes the names of new files durable. Not every system can. */
  async sync(): Promise<void> {
    try {
      const handle = await fs.promises.open(this.path, fs.constants.O_RDONLY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch {
      // The data is synced all the same.
    }
  }

  /** Gives the folder up: another process may take it over at once. */
  unlock(): void {
    fs.rmSync(this.lockPath, { force: true });
  }

  /** Deletes the folder if it contains no segment. */
  removeIfEmpty(): void {
    try {
      if (fs.readdirSync(this.path).some((name) => name !== LOCK && name !== POSITION)) return;
      fs.rmSync(this.#positionPath, { force: true });
      fs.rmSync(this.lockPath, { force: true });
      fs.rmdirSync(this.path);
    } catch {
      // It is gone, or it cannot be changed. Its position says that nothing in it waits.
    }
  }

  get #positionPath(): string {
    return path.join(this.path, POSITION);
  }
}

/** Has the same length for each position, so that one text covers the one before. */
function positionText(number: number, start: number): string {
  return `${String(number).padStart(12, '0')} ${String(start).padStart(15, '0')}\n`;
}
