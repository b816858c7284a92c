/** The body of a request, read within limits and expanded. */
import { gunzip } from '../../input/input.js';

/** The longest body, also after it was expanded. The Collector of OpenTelemetry accepts 20 MiB by default. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Why a request is refused: the status of the answer, and a sentence that says what to do. */
export class TelemetryProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Reads a body to its end.
 *
 * @param onBytes - called with the size of each piece that is kept in memory.
 * @throws TelemetryProblem - 413 if it is too long, 415 for a coding other than gzip, 400 if the gzip data is damaged.
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  contentEncoding: string | undefined,
  onBytes: (bytes: number) => void,
): Promise<Buffer> {
  const coding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (coding !== 'identity' && coding !== 'gzip') {
    throw new TelemetryProblem(415, 'the content-encoding is not known; use gzip, or none');
  }
  if (coding === 'identity') return collected(buffers(chunks), onBytes);
  try {
    // The compressed bytes are limited as well: gzip may have any number of empty members.
    return await collected(gunzip(limited(buffers(chunks))), onBytes);
  } catch (error) {
    if (error instanceof TelemetryProblem) throw error;
    throw new TelemetryProblem(400, 'the body is not gzip, or is cut off');
  }
}

async function* buffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLong();
    yield chunk;
  }
}

async function collected(chunks: AsyncIterable<Buffer>, onBytes: (bytes: number) => void): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw tooLong();
    onBytes(chunk.length);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

export function tooLong(): TelemetryProblem {
  const limit = `${MAX_BODY_BYTES / 1024 / 1024} MiB`;
  return new TelemetryProblem(413, `the body is longer than ${limit}; send smaller batches`);
}
