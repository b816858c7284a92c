import { asInteger, asRecord, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ERROR_TYPE_OTHER } from '../../../semconv/attributes.js';
import { type Failure, failure } from '../../failure.js';
import type { ChunkAccumulator } from '../client-operation.js';
import { PartialItem } from './partial-item.js';

const TERMINAL_EVENTS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
]);

/**
 * Events of a streamed response put together to the response. The last event carries the whole of it; until then
 * the snapshot of the first one stands, with the items and texts that have come since. A stream that was resumed
 * has no first one: what comes is all there is.
 */
export class ResponsesChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  readonly #wholeItems = new Map<number, ForeignRecord>();
  /** Items as far as they have come; those that have been delivered whole count no more. */
  readonly #partialItems = new Map<number, PartialItem>();
  #snapshot: ForeignRecord | undefined;
  #complete = false;
  #failure: Failure | undefined;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get response(): unknown {
    if (this.#complete) return this.#snapshot;
    return this.#snapshot && { ...this.#snapshot, output: this.#arrivedItems() };
  }

  add(event: unknown): void {
    if (!isRecord(event) || this.#complete) return;
    if (isRecord(event.response)) {
      this.#snapshot = event.response;
      this.#complete = TERMINAL_EVENTS.has(event.type);
      return;
    }
    // 5.23.2 to 7.0.0 hand it on; 5.0.1 and 7.55.0 throw it.
    if (event.type === 'error') this.#failure = readErrorEvent(event);
    const index = asInteger(event.output_index);
    if (index === undefined) return;
    // What a response is while it is streamed, also when that happens again.
    this.#snapshot ??= { status: 'in_progress' };
    if (this.#keepContent) this.#addContent(index, event);
  }

  #addContent(index: number, event: ForeignRecord): void {
    if (event.type === 'response.output_item.done') {
      if (isRecord(event.item)) this.#wholeItems.set(index, event.item);
      return;
    }
    const item = this.#partialItems.get(index) ?? new PartialItem();
    this.#partialItems.set(index, item);
    if (event.type !== 'response.output_item.added') item.addText(event);
    else if (isRecord(event.item)) item.announce(event.item);
  }

  #arrivedItems(): ForeignRecord[] {
    const items = new Map(this.#wholeItems);
    for (const [index, partial] of this.#partialItems) {
      const item = items.get(index) ?? partial.toItem();
      if (item !== undefined) items.set(index, item);
    }
    return [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}

/** The error stands in the event itself or, as OpenAI's server also sends it, in its member `error`. */
function readErrorEvent(event: ForeignRecord): Failure {
  const error = asRecord(event.error) ?? event;
  return failure(
    asText(error.code) ?? ERROR_TYPE_OTHER,
    asText(error.message) ?? 'The stream told of an error',
  );
}
