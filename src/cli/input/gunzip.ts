import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';

/** Small, because all that a piece expands to (at most about 1,000 times as much) is in memory at once. */
const PIECE_BYTES = 16 * 1024;

const MAGIC = Buffer.from([0x1f, 0x8b]);
export const MAGIC_BYTES = MAGIC.length;

/** @param head - at least {@link MAGIC_BYTES} of the data's beginning, if it has as many. */
export function isGzip(head: Buffer): boolean {
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
