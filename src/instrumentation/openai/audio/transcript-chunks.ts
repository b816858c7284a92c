import { asString, isRecord } from '../../../foreign/read.js';
import type { ChunkAccumulator } from '../client-operation.js';

/** Events of a streamed transcription put together to the transcription; the last one has all of its text. */
export class TranscriptChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  #text = '';
  #usage: unknown;
  #complete = false;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get response(): unknown {
    return { text: this.#text, usage: this.#usage };
  }

  add(event: unknown): void {
    if (!isRecord(event) || this.#complete) return;
    if (event.type === 'transcript.text.delta') {
      if (this.#keepContent) this.#text += asString(event.delta) ?? '';
    } else if (event.type === 'transcript.text.done') {
      this.#complete = true;
      this.#usage = event.usage;
      if (this.#keepContent) this.#text = asString(event.text) ?? this.#text;
    }
  }
}
