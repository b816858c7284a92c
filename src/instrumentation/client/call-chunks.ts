import type { Attributes } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { ChunkAccumulator } from '../../openai-api/client-operation.js';
import * as semconv from '../../semconv/attributes.js';
import type { Failure } from '../../semconv/failure.js';

/**
 * The chunks of a streamed answer: what they add up to, how many there were and when they came. Made at the first one, so
 * that a call whose answer is not streamed has no room for them.
 *
 * Nothing is made for a chunk but what it adds to the answer: no closure and no reading of the clock, unless metrics want
 * the gaps.
 */
export class CallChunks {
  /** Seconds from the start of the call to the first chunk. */
  readonly timeToFirst: number;
  /** `undefined` if the operation has no reader for chunks. */
  readonly #accumulator: ChunkAccumulator | undefined;
  #count = 0;
  /** Monotonic time of the newest chunk whose gap was measured; 0 before the first one. */
  #measuredAt = 0;

  constructor(accumulator: ChunkAccumulator | undefined, timeToFirst: number) {
    this.#accumulator = accumulator;
    this.timeToFirst = timeToFirst;
  }

  /** Counts a chunk and adds it to the answer. */
  add(chunk: unknown): void {
    this.#count += 1;
    this.#accumulator?.add(chunk);
  }

  addAttributes(attributes: Attributes): void {
    attributes[semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = this.timeToFirst;
    attributes[semconv.ATTR_OPENAI_AGENTS_RESPONSE_CHUNK_COUNT] = this.#count;
  }

  /**
   * Returns the seconds since the chunk before, `undefined` for the first one. The clock is read for each chunk only if
   * the gaps are measured: it would be half of the cost of a chunk.
   */
  gap(): number | undefined {
    const before = this.#measuredAt;
    this.#measuredAt = clock.ticks();
    return before === 0 ? undefined : (this.#measuredAt - before) / 1000;
  }

  /** The chunks so far, in the shape of the API's plain response. */
  get response(): unknown {
    return this.#accumulator?.response;
  }

  /** Whether the model has finished, so that a reader who leaves now does not cut the answer off. */
  get complete(): boolean {
    return this.#accumulator?.complete === true;
  }

  /** A failure that the API reported in a chunk. */
  get failure(): Failure | undefined {
    return this.#accumulator?.failure;
  }
}
