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

/**
 * Reads a file and then the lines that are appended to it, without end. It waits for a file that does not exist yet. If
 * the file is replaced (log rotation by renaming), it reads the old file to its end and the new one from its beginning.
 * If the file becomes shorter (rotation by copying and truncating), it reads it from its beginning.
 *
 * It polls, because `fs.watch` does not work on network file systems and loses a file that is renamed. The old file stays
 * open until it is read to its end, so that the new file cannot get the same inode.
 *
 * @throws Error - if the file exists and cannot be read.
 */
export async function* followFile(path: string, signal?: AbortSignal): AsyncGenerator<Followed> {
  let file = await openOrUndefined(path);
  if (file === undefined) {
    yield { kind: 'notice', text: 'does not exist yet; waiting for it' };
    yield { kind: 'caught-up' };
    file = await waitForFile(path, signal);
    if (file === undefined) return;
    yield* appended(file);
  } else {
    yield* appended(file);
    yield { kind: 'caught-up' };
  }
  try {
    while (await pause(signal)) {
      yield* appended(file);
      if (await file.wasCut()) {
        yield { kind: 'notice', text: 'was truncated; reading it from its beginning' };
        yield* torn(file);
        file.rewind();
        continue;
      }
      const next: OpenFile | undefined = await file.replacement(path);
      if (next === undefined) continue;
      // Lines written between the last poll and the replacement.
      yield* appended(file);
      yield* torn(file);
      await file.close();
      file = next;
      yield { kind: 'notice', text: 'was replaced; reading the new one' };
      yield* appended(file);
    }
  } finally {
    await file.close();
  }
}

async function* appended(file: OpenFile): AsyncGenerator<Followed> {
  for (let lines = await file.read(); lines !== undefined; lines = await file.read()) {
    if (lines.length > 0) yield { kind: 'lines', lines };
  }
}

async function* torn(file: OpenFile): AsyncGenerator<Followed> {
  const line = file.rest();
  if (line !== undefined) yield { kind: 'lines', lines: [line] };
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
    const handle = await open(path, 'r');
    const { dev, ino } = await handle.stat();
    return new OpenFile(handle, dev, ino);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** An open file, which may be renamed meanwhile, and the position up to which it was read. */
class OpenFile {
  readonly #handle: FileHandle;
  readonly #dev: number;
  readonly #ino: number;
  readonly #splitter = new LineSplitter();
  #position = 0;

  constructor(handle: FileHandle, dev: number, ino: number) {
    this.#handle = handle;
    this.#dev = dev;
    this.#ino = ino;
  }

  /** @returns the lines that ended in the next chunk; `undefined` at the end of the file. */
  async read(): Promise<Line[] | undefined> {
    const { bytesRead, buffer } = await this.#handle.read(
      Buffer.allocUnsafe(CHUNK_BYTES),
      0,
      CHUNK_BYTES,
      this.#position,
    );
    if (bytesRead === 0) return undefined;
    this.#position += bytesRead;
    return this.#splitter.push(buffer.subarray(0, bytesRead));
  }

  /** The last line without a line end, when the writer has moved on to another file. */
  rest(): Line | undefined {
    return this.#splitter.end();
  }

  async wasCut(): Promise<boolean> {
    return (await this.#handle.stat()).size < this.#position;
  }

  rewind(): void {
    this.#position = 0;
  }

  /** The other file that has the path now, if there is one. */
  async replacement(path: string): Promise<OpenFile | undefined> {
    try {
      const { dev, ino } = await stat(path);
      if (dev === this.#dev && ino === this.#ino) return undefined;
    } catch {
      // The file was renamed and the new one does not exist yet. The old one may still grow.
      return undefined;
    }
    return openOrUndefined(path);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
