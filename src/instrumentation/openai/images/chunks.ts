import { type ForeignRecord, isRecord } from '../../../foreign/read.js';
import type { ChunkAccumulator } from '../client-operation.js';

const COMPLETED: ReadonlySet<unknown> = new Set(['image_generation.completed', 'image_edit.completed']);

/** Events of a streamed image put together to the response. An image that is not ready yet is none. */
export class ImageChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  readonly #images: ForeignRecord[] = [];
  #last: ForeignRecord | undefined;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#last !== undefined;
  }

  get response(): unknown {
    return {
      data: [...this.#images],
      ...(this.#last && { output_format: this.#last.output_format, usage: this.#last.usage }),
    };
  }

  add(event: unknown): void {
    if (!isRecord(event) || !COMPLETED.has(event.type)) return;
    this.#last = event;
    if (this.#keepContent) this.#images.push({ b64_json: event.b64_json });
  }
}
