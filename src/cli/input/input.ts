import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { gunzip, isGzip, MAGIC_BYTES } from './gunzip.js';

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
