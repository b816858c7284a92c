/** Files that events are appended to: how they are opened, found again and rotated. */
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import * as clock from '../clock.js';

export const NEWLINE = '\n';
export const NEWLINE_BYTE = 0x0a;

/** Returns the number of lines that end in these bytes. */
export function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE_BYTE); at >= 0; at = bytes.indexOf(NEWLINE_BYTE, at + 1)) count += 1;
  return count;
}

/** Not every file system can write its data to the disk on demand. A pipe or a device has no disk. */
export function ignoreUnsupported(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
}

/** A file that is open for appending. */
export interface AppendFile {
  readonly fd: number;
  /** Whether the last line of the file has no line break, so that the next write must begin with one. */
  readonly torn: boolean;
}

/**
 * Opens a file for appending and creates it (mode 0600) and its folders (mode 0700) if they do not exist. Symbolic links
 * are not followed, so that another user of the folder cannot redirect the events.
 *
 * @throws Error - if the path is not a file or a device, or cannot be opened.
 */
export function openAppendFile(file: string): AppendFile {
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true, mode: 0o700 });
  // Before it is opened: a FIFO without a reader could block the process.
  requireFile(fs.lstatSync(file, { throwIfNoEntry: false }));
  const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
  const fd = fs.openSync(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    requireFile(fs.fstatSync(fd));
    return { fd, torn: hasUnfinishedLine(fd) };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

function requireFile(stat: fs.Stats | undefined): void {
  if (stat?.isFIFO()) throw new Error('it is a FIFO, which keeps nothing');
  if (stat?.isSocket()) throw new Error('it is a socket, which keeps nothing');
  if (stat?.isSymbolicLink()) throw new Error('it is a symbolic link, which is not followed');
  if (stat?.isDirectory()) throw new Error('EISDIR: it is a directory');
}

/** Whether the path leads to another file than the open one, or to none: it was renamed, replaced or deleted. */
export function wasMoved(fd: number, file: string): boolean {
  const there = fs.lstatSync(file, { throwIfNoEntry: false });
  const open = fs.fstatSync(fd);
  return there === undefined || there.ino !== open.ino || there.dev !== open.dev;
}

/** Whether the file ends without a line break, as after a crash during a write. */
export function hasUnfinishedLine(fd: number): boolean {
  const stat = fs.fstatSync(fd);
  if (!stat.isFile() || stat.size === 0) return false;
  const last = Buffer.alloc(1);
  fs.readSync(fd, last, 0, 1, stat.size - 1);
  return last.toString() !== NEWLINE;
}

/* Rotation */

/** Options for the rotation of a file. Without a limit the file is not rotated. */
export interface FileRotationOptions {
  /** Size in bytes that the file does not exceed, unless a single batch does. */
  maxBytes?: number;
  /** Milliseconds after which the file is rotated, from when the sink opened it. Checked when events are written. */
  maxAgeMillis?: number;
  /**
   * Whether a rotated file is compressed: `events.jsonl.20260401T120000Z.gz`.
   *
   * @defaultValue `false`
   */
  gzip?: boolean;
}

/** Whether the file must be rotated before more bytes are written. An empty file is never rotated. */
export function isRotationDue(
  { maxBytes, maxAgeMillis }: FileRotationOptions,
  size: number,
  added: number,
  openedAt: number,
): boolean {
  if (size === 0) return false;
  if (maxBytes !== undefined && size + added > maxBytes) return true;
  return maxAgeMillis !== undefined && clock.now() - openedAt >= maxAgeMillis;
}

/** Renames a file to its name with the time and returns the new name, which no file had. */
export function moveAside(file: string): string {
  const time = clock.isoTime().replace(/[-:]|\.\d+/g, '');
  for (let n = 0; ; n += 1) {
    const name = `${file}.${time}${n === 0 ? '' : `-${n}`}`;
    if (fs.existsSync(name) || fs.existsSync(`${name}.gz`)) continue;
    fs.renameSync(file, name);
    return name;
  }
}

/** Replaces a file by its compressed form, which has its name only when it is complete. */
export async function compressFile(file: string): Promise<void> {
  const partial = `${file}.gz.partial`;
  try {
    const target = fs.createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(fs.createReadStream(file), createGzip(), target);
    await fs.promises.rename(partial, `${file}.gz`);
    await fs.promises.unlink(file);
  } catch (error) {
    await fs.promises.rm(partial, { force: true });
    throw error;
  }
}
