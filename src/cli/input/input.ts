import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

/** Large enough that the cost of a read does not show, small enough that progress and output keep coming. */
const CHUNK_BYTES = 1024 * 1024;

/** Something that events are read from: a file, or standard input. */
export interface Input {
  /** As messages name it. */
  readonly name: string;
  /** The file's path; absent of standard input. */
  readonly path?: string;
  /** Its bytes as they are stored. */
  read(): AsyncIterable<Buffer>;
  /** How many bytes there are to read, where that can be known. */
  size(): Promise<number | undefined>;
}

/** Standard input, as far as it is used. */
export type InputStream = AsyncIterable<Buffer | string> & { readonly isTTY?: boolean };

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
  };
}

/** Its bytes as text, gzip expanded; told by the first bytes, because standard input has no name. */
export async function* expandedBytes(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    let head: Buffer = Buffer.alloc(0);
    // A pipe may hand over a single byte first.
    while (head.length < MAGIC_BYTES) {
      const { done, value } = await iterator.next();
      if (done) break;
      head = head.length === 0 ? value : Buffer.concat([head, value]);
    }
    const whole = resume(head, iterator);
    yield* isGzip(head) ? gunzip(whole) : whole;
  } finally {
    // Closes the file also where nobody reads to its end.
    await iterator.return?.();
  }
}

async function* resume(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Small, because all that a piece expands to (at most about 1,000 times as much) is in memory at once. */
const PIECE_BYTES = 16 * 1024;

const MAGIC = Buffer.from([0x1f, 0x8b]);
const MAGIC_BYTES = MAGIC.length;

/** @param head - at least {@link MAGIC_BYTES} of the data's beginning, if it has as many. */
function isGzip(head: Buffer): boolean {
  return head.subarray(0, MAGIC_BYTES).equals(MAGIC);
}

/** Of a file that is there. */
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
 * Expands gzip, also of several members one after the other. What came before a damage or a sudden end is given first,
 * and then the error is thrown: a pipe of streams would throw away what is still in its buffers.
 *
 * @throws Error - where the data is not gzip or ends early.
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
  const take = (): Buffer[] => expanded.splice(0);
  try {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length && failure === undefined; start += PIECE_BYTES) {
        const piece = chunk.subarray(start, start + PIECE_BYTES);
        await Promise.race([new Promise<unknown>((resolve) => expander.write(piece, resolve)), ended]);
        // The piece is written when its data may still be on the way to the listener above.
        await nextTurn();
        yield* take();
      }
      if (failure !== undefined) break;
    }
    if (failure === undefined) {
      expander.end();
      await ended;
    }
    yield* take();
    if (failure !== undefined) throw failure;
  } finally {
    expander.destroy();
  }
}
