import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, LineSplitter } from '../input/line-splitter.js';

/** Shorter than what a person sees as a delay; a look costs one system call. */
const POLL_MS = 200;
const CHUNK_BYTES = 256 * 1024;

/** What following a file gives. */
type Followed =
  | { readonly kind: 'lines'; readonly lines: readonly Line[] }
  /** All that was there is read; what comes from here on is new. Once, also where there is no file yet. */
  | { readonly kind: 'caught-up' }
  /** To be told: the file is not there yet, was replaced, was cut. */
  | { readonly kind: 'notice'; readonly text: string };

/**
 * Reads a file and then what is appended to it, without end. A file that is not there is waited for; one that is
 * replaced (log rotation by renaming) is read to its end, and then the new one from its beginning; one that becomes
 * shorter (rotation by copying and cutting) is read from its beginning.
 *
 * It looks by itself instead of being told: `fs.watch` is silent on network file systems and loses a file that is
 * renamed. The old file stays open until it is read to its end, so that its inode cannot be the new file's.
 *
 * @throws Error - where the file is there and cannot be read.
 */
export async function* followFile(path: string, signal?: AbortSignal): AsyncGenerator<Followed> {
  let file = await openOrUndefined(path);
  if (file === undefined) {
    yield { kind: 'notice', text: 'is not there yet; waiting for it' };
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
        yield { kind: 'notice', text: 'has become shorter; reading it from its beginning' };
        yield* torn(file);
        file.rewind();
        continue;
      }
      const next: OpenFile | undefined = await file.replacement(path);
      if (next === undefined) continue;
      // What was written between the last look and the replacement.
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

/** One file, whatever its name becomes, and how far it is read. */
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

  /** @returns the lines that ended in what was read; undefined where there is nothing more. */
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

  /** A line that nobody will finish any more. */
  rest(): Line | undefined {
    return this.#splitter.end();
  }

  async wasCut(): Promise<boolean> {
    return (await this.#handle.stat()).size < this.#position;
  }

  rewind(): void {
    this.#position = 0;
  }

  /** The other file that has the name now, if there is one. */
  async replacement(path: string): Promise<OpenFile | undefined> {
    try {
      const { dev, ino } = await stat(path);
      if (dev === this.#dev && ino === this.#ino) return undefined;
    } catch {
      // Renamed, and the new one is not there yet: the old one may still be written to.
      return undefined;
    }
    return openOrUndefined(path);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
