import { asArray, asInteger, asString, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import type { ChunkAccumulator } from '../client-operation.js';
import { entryAt } from '../entry-at.js';

interface Choice {
  readonly index: number;
  text: string;
  finish_reason: string | null;
}

/** Streamed `text_completion`s, each with a piece of a choice's text, put together to one. */
export class CompletionChunks implements ChunkAccumulator {
  readonly #response: { choices: Choice[]; [key: string]: unknown } = { choices: [] };
  readonly #keepContent: boolean;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get response(): unknown {
    return this.#response;
  }

  get complete(): boolean {
    const { choices } = this.#response;
    return choices.length > 0 && choices.every((choice) => choice.finish_reason !== null);
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#response.id ??= chunk.id;
    this.#response.model ??= chunk.model;
    this.#response.system_fingerprint ??= chunk.system_fingerprint;
    if (isRecord(chunk.usage)) this.#response.usage = chunk.usage;
    for (const choice of asArray(chunk.choices)) if (isRecord(choice)) this.#addChoice(choice);
  }

  #addChoice(part: ForeignRecord): void {
    const choice = entryAt(this.#response.choices, asInteger(part.index) ?? 0, beginChoice);
    if (choice === undefined) return;
    choice.finish_reason = asText(part.finish_reason) ?? choice.finish_reason;
    if (this.#keepContent) choice.text += asString(part.text) ?? '';
  }
}

function beginChoice(index: number): Choice {
  return { index, text: '', finish_reason: null };
}
