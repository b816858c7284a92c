import { createHash, type Hash } from 'node:crypto';
import { asArray, asNonEmptyString, asRecord, asString, type UnknownRecord } from '../../json/readers.js';

/**
 * Returns the content of a streamed message with another piece. OpenAI streams a text. Mistral streams lists of parts
 * as well, some of which are the model's thinking; texts of one kind that follow each other are one part.
 */
export function withPiece(content: string | UnknownRecord[], piece: unknown): string | UnknownRecord[] {
  const text = asString(piece);
  if (text !== undefined && typeof content === 'string') return content + text;
  const parts = typeof content === 'string' ? textParts(content) : content;
  if (text !== undefined) {
    for (const part of textParts(text)) addPart(parts, part);
    return parts;
  }
  const pieces = asArray(piece);
  for (const part of pieces) addPart(parts, asRecord(part) ?? { type: 'text', text: asString(part) });
  return pieces.length === 0 ? content : parts;
}

function textParts(text: string): UnknownRecord[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function addPart(parts: UnknownRecord[], part: UnknownRecord): void {
  const last = parts.at(-1);
  const text = textOf(part);
  const before = last?.type === part.type && last !== undefined ? textOf(last) : undefined;
  if (text === undefined || before === undefined) parts.push(part);
  else parts[parts.length - 1] = { type: part.type, [memberOf(part)]: before + text };
}

function memberOf({ type }: UnknownRecord): 'thinking' | 'text' {
  return type === 'thinking' ? 'thinking' : 'text';
}

/** The text of a text or thinking part; `undefined` for any other part. */
function textOf(part: UnknownRecord): string | undefined {
  if (part.type === 'thinking') return thinkingText(part.thinking);
  return part.type === 'text' ? (asString(part.text) ?? '') : undefined;
}

/** The text of the model's thinking: a text, or Mistral's list of text parts. */
export function thinkingText(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  return asArray(thinking)
    .map((part) => asNonEmptyString(asRecord(part)?.text) ?? '')
    .join('');
}

/** Streamed speech. Its data is hashed as it comes, since it is not recorded. */
export class PartialSpeech {
  #transcript = '';
  #bytes = 0;
  #hash: Hash | undefined;

  get begun(): boolean {
    return this.#hash !== undefined || this.#transcript !== '';
  }

  /** The speech so far, with the size and the hash of its data in the place of the data. */
  get audio(): { transcript: string; bytes?: number; sha256?: string } {
    const data = this.#hash && { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
    return { transcript: this.#transcript, ...data };
  }

  add(piece: UnknownRecord): void {
    this.#transcript += asString(piece.transcript) ?? '';
    const base64 = asNonEmptyString(piece.data);
    if (base64 === undefined) return;
    const data = Buffer.from(base64, 'base64');
    this.#bytes += data.length;
    this.#hash ??= createHash('sha256');
    this.#hash.update(data);
  }
}
