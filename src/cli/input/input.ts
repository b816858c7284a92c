import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

/** Large enough to make the cost of a read negligible, small enough for frequent progress and output. */
const CHUNK_BYTES = 1024 * 1024;

/** A source of events: a file or standard input. */
export interface Input {
  /** The name in messages. */
  readonly name: string;
  /** The path of a file; absent for standard input. */
  readonly path?: string;
  /** The bytes as stored. */
  read(): AsyncIterable<Buffer>;
  /** The number of bytes to read; `undefined` if it is unknown. */
  size(): Promise<number | undefined>;
  /** Ends a read that waits for a writer which may never write. */
  cancel?(): void;
}

/** The part of standard input that is used. */
export type InputStream = AsyncIterable<Buffer | string> & { readonly isTTY?: boolean; destroy?(): unknown };

export function fileInput(path: string): Input {
  return {
    name: path,
    path,
    read: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>,
    size: async () => {
      try {
        const stats = await stat(path);
        return stats.isFile() ? stats.size : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

export function standardInput(stdin: InputStream): Input {
  return {
    name: 'standard input',
    read: async function* () {
      for await (const chunk of stdin) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    },
    size: async () => undefined,
    cancel: () => void stdin.destroy?.(),
  };
}

/** Expands gzip, which is recognised by the first bytes, because standard input has no name. */
export async function* expandedBytes(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    let head: Buffer = Buffer.alloc(0);
    // The first chunk of a pipe may be a single byte.
    while (head.length < MAGIC_BYTES) {
      const { done, value } = await iterator.next();
      if (done) break;
      head = head.length === 0 ? value : Buffer.concat([head, value]);
    }
    const whole = resume(head, iterator);
    yield* isGzip(head) ? gunzip(whole) : whole;
  } finally {
    // Closes the file also if the caller stops before its end.
    await iterator.return?.();
  }
}

async function* resume(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Small, because a piece expands to up to about 1,000 times its size, which is in memory at once. */
const PIECE_BYTES = 16 * 1024;

const MAGIC = Buffer.from([0x1f, 0x8b]);
const MAGIC_BYTES = MAGIC.length;

/** @param head - at least the first {@link MAGIC_BYTES} of the data, if it has as many. */
function isGzip(head: Buffer): boolean {
  return head.subarray(0, MAGIC_BYTES).equals(MAGIC);
}

/** Whether an existing file is gzip. */
export async function isGzipFile(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    return isGzip(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/**
 * Expands gzip, also with several members in a row. If the data is damaged or ends early, the part before is yielded first,
 * and then the error is thrown. A pipeline of streams would discard the part that is still in its buffers.
 *
 * @throws Error - if the data is not gzip or ends early.
 */
export async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const expander = createGunzip();
  const expanded: Buffer[] = [];
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    expander.on('data', (bytes: Buffer) => expanded.push(bytes));
    expander.once('end', resolve);
    expander.once('error', (error) => {
      failure = error;
      resolve();
    });
  });
  const takeExpanded = (): Buffer[] => expanded.splice(0);
  try {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length && failure === undefined; start += PIECE_BYTES) {
        const piece = chunk.subarray(start, start + PIECE_BYTES);
        await Promise.race([new Promise<unknown>((resolve) => expander.write(piece, resolve)), ended]);
        // The write may complete before the listener above has received its data.
        await nextTurn();
        yield* takeExpanded();
      }
      if (failure !== undefined) break;
    }
    if (failure === undefined) {
      expander.end();
      await ended;
    }
    yield* takeExpanded();
    if (failure !== undefined) throw failure;
  } finally {
    expander.destroy();
  }
}
