import { createHash } from 'node:crypto';
import { embeddingSize } from '../models.js';
import { type EmbeddingsRequest, inputsOf } from './request.js';

export interface EmbeddingsBody {
  readonly object: 'list';
  readonly data: readonly {
    readonly object: 'embedding';
    readonly index: number;
    readonly embedding: number[] | string;
  }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

export function reply(request: EmbeddingsRequest): EmbeddingsBody {
  const inputs = inputsOf(request);
  const size = request.dimensions ?? embeddingSize(request.model);
  const encode = request.encoding_format === 'base64' ? asBase64 : asNumbers;
  const tokens = inputs.reduce((sum, input) => sum + countTokens(input), 0);
  return {
    object: 'list',
    data: inputs.map((input, index) => ({
      object: 'embedding',
      index,
      embedding: encode(vectorOf(input, size)),
    })),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function countTokens(input: string | number[]): number {
  return typeof input === 'string' ? Math.ceil(input.length / 4) : input.length;
}

/** A unit vector that depends on the input alone. It has no meaning: similar texts are not close to each other. */
export function vectorOf(input: string | number[], size: number): Float32Array {
  const digest = createHash('sha256').update(JSON.stringify(input)).digest();
  let state = digest.readUInt32LE(0) | 1;
  const vector = Float32Array.from({ length: size }, () => {
    // xorshift32 is fast, and the same on every machine.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function asNumbers(vector: Float32Array): number[] {
  return [...vector];
}

/** Little-endian floats, as the client reads them. */
function asBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * Float32Array.BYTES_PER_ELEMENT);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}
