import { asInteger, asRecord, asString, isRecord } from '../../../foreign/read.js';
import type { ChunkAccumulator } from '../model-operation.js';

const TERMINAL_EVENTS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/**
 * Events of a streamed response put together to the response. The last event carries the whole of it; until then
 * the snapshot of the first one stands, with the items and texts that have come since.
 */
export class ResponsesChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  readonly #items = new Map<number, unknown>();
  /** Texts of items that have not been delivered whole yet. */
  readonly #partialTexts = new Map<number, string>();
  #snapshot: Readonly<Record<string, unknown>> | undefined;
  #complete = false;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get response(): unknown {
    if (this.#complete || this.#snapshot === undefined) return this.#snapshot;
    return { ...this.#snapshot, output: this.#arrivedItems() };
  }

  add(event: unknown): void {
    if (!isRecord(event) || this.#complete) return;
    if (isRecord(event.response)) {
      this.#snapshot = event.response;
      this.#complete = TERMINAL_EVENTS.has(event.type);
    } else if (this.#keepContent) {
      this.#addContent(event);
    }
  }

  #addContent(event: Readonly<Record<string, unknown>>): void {
    const index = asInteger(event.output_index);
    if (index === undefined) return;
    if (event.type === 'response.output_item.done') {
      this.#items.set(index, event.item);
      this.#partialTexts.delete(index);
    } else if (event.type === 'response.output_text.delta') {
      this.#partialTexts.set(index, (this.#partialTexts.get(index) ?? '') + (asString(event.delta) ?? ''));
    }
  }

  #arrivedItems(): unknown[] {
    const items = new Map(this.#items);
    for (const [index, text] of this.#partialTexts) {
      items.set(index, {
        type: 'message',
        role: 'assistant',
        status: 'incomplete',
        content: [{ type: 'output_text', text }],
      });
    }
    return [...items].sort(([a], [b]) => a - b).map(([, item]) => asRecord(item) ?? {});
  }
}
