import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, LineSplitter } from '../input/line-splitter.js';

/** Too short for a person to notice. Each poll costs one system call. */
const POLL_MS = 200;
const CHUNK_BYTES = 256 * 1024;

/** An item of a followed file. */
type Followed =
  | { readonly kind: 'lines'; readonly lines: readonly Line[] }
  /** The existing content has been read, and later lines are new. Yielded once, also if the file does not exist yet. */
  | { readonly kind: 'caught-up' }
  /** A message for the user: the file does not exist yet, was replaced, or was truncated. */
  | { readonly kind: 'notice'; readonly text: string };

/** Reads a file and then the lines that are appended to it, without end: the lines in what {@link followBytes} yields. */
export async function* followFile(path: string, signal?: AbortSignal): AsyncGenerator<Followed> {
  const splitter = new LineSplitter();
  for await (const item of followBytes(path, { signal })) {
    if (item.kind === 'bytes') {
      const lines = splitter.push(item.bytes);
      if (lines.length > 0) yield { kind: 'lines', lines };
    } else if (item.kind === 'ended') {
      const line = splitter.end();
      if (line !== undefined) yield { kind: 'lines', lines: [line] };
    } else if (item.kind !== 'opened') {
      yield item;
    }
  }
}

/** An item of the bytes of a followed file. */
export type FollowedBytes =
  /** The next bytes come from this file, from its beginning. */
  | { readonly kind: 'opened'; readonly file: FileHandle; readonly inode: string }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** No more bytes come from the file: it was replaced, truncated, or is not followed. */
  | { readonly kind: 'ended'; readonly why: 'replaced' | 'truncated' | 'end' }
  | Exclude<Followed, { readonly kind: 'lines' }>;

export interface FollowOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether to stop at the end of the file, which then must exist. */
  readonly once?: boolean;
  /** Whether files stay open, for the receiver of `opened` to close. */
  readonly keepOpen?: boolean;
}

/**
 * Reads a file and then what is appended to it, without end. It waits for a file that does not exist yet. If the file is
 * replaced (log rotation by renaming), it reads the old file to its end and the new one from its beginning. If the file
 * becomes shorter (rotation by copying and truncating), it reads it from its beginning.
 *
 * It polls, because `fs.watch` does not work on network file systems and loses a file that is renamed. The old file stays
 * open until it is read to its end, so that the new file cannot get the same inode.
 *
 * @throws Error - if the file exists and cannot be read.
 */
export async function* followBytes(
  path: string,
  { signal, once = false, keepOpen = false }: FollowOptions = {},
): AsyncGenerator<FollowedBytes> {
  let file = once ? await openFile(path) : await openOrUndefined(path);
  if (file === undefined) {
    yield { kind: 'notice', text: 'does not exist yet; waiting for it' };
    yield { kind: 'caught-up' };
    file = await waitForFile(path, signal);
    if (file === undefined) return;
    yield* appended(file);
  } else {
    yield* appended(file);
    if (once) yield { kind: 'ended', why: 'end' };
    yield { kind: 'caught-up' };
  }
  try {
    while (!once && (await pause(signal))) {
      yield* appended(file);
      if (await file.wasCut()) {
        yield { kind: 'notice', text: 'was truncated; reading it from its beginning' };
        yield { kind: 'ended', why: 'truncated' };
        file.rewind();
        continue;
      }
      const next: OpenFile | undefined = await file.replacement(path);
      if (next === undefined) continue;
      // Bytes written between the last poll and the replacement.
      yield* appended(file);
      yield { kind: 'ended', why: 'replaced' };
      if (!keepOpen) await file.close();
      file = next;
      yield { kind: 'notice', text: 'was replaced; reading the new one' };
      yield* appended(file);
    }
  } finally {
    if (!keepOpen) await file.close();
  }
}

async function* appended(file: OpenFile): AsyncGenerator<FollowedBytes> {
  if (file.announce()) yield { kind: 'opened', file: file.handle, inode: file.inode };
  for (let bytes = await file.read(); bytes !== undefined; bytes = await file.read()) {
    yield { kind: 'bytes', bytes };
  }
}

async function waitForFile(path: string, signal: AbortSignal | undefined): Promise<OpenFile | undefined> {
  while (await pause(signal)) {
    const file = await openOrUndefined(path);
    if (file !== undefined) return file;
  }
  return undefined;
}

async function pause(signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch {
    return false;
  }
}

async function openOrUndefined(path: string): Promise<OpenFile | undefined> {
  try {
    return await openFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, 'r');
  const { dev, ino } = await handle.stat();
  return new OpenFile(handle, `${dev}:${ino}`);
}

/** An open file, which may be renamed meanwhile, and the position up to which it was read. */
class OpenFile {
  readonly handle: FileHandle;
  /** Device and inode. */
  readonly inode: string;
  #position = 0;
  #announced = false;

  constructor(handle: FileHandle, inode: string) {
    this.handle = handle;
    this.inode = inode;
  }

  /** Whether its beginning has not been announced yet. */
  announce(): boolean {
    const first = !this.#announced;
    this.#announced = true;
    return first;
  }

  /** @returns the next bytes; `undefined` at the end of the file. */
  async read(): Promise<Buffer | undefined> {
    const { bytesRead, buffer } = await this.handle.read(
      Buffer.allocUnsafe(CHUNK_BYTES),
      0,
      CHUNK_BYTES,
      this.#position,
    );
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  async wasCut(): Promise<boolean> {
    return (await this.handle.stat()).size < this.#position;
  }

  rewind(): void {
    this.#position = 0;
    this.#announced = false;
  }

  /** The other file that has the path now, if there is one. */
  async replacement(path: string): Promise<OpenFile | undefined> {
    try {
      const { dev, ino } = await stat(path);
      if (`${dev}:${ino}` === this.inode) return undefined;
    } catch {
      // The file was renamed and the new one does not exist yet. The old one may still grow.
      return undefined;
    }
    return openOrUndefined(path);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
