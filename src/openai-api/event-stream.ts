import { asNonEmptyString, asRecord } from '../json/readers.js';

/** The text of one event may be an image. A longer event is left out. */
const MAX_EVENT_LENGTH = 32 * 1024 * 1024;

/** The data of an event as the client's stream gives it to its reader, or the error that it would throw. */
export type StreamedItem = { readonly chunk: unknown } | { readonly error: unknown };

/**
 * Reads the server-sent events of an answer whose bytes arrive in pieces, as the client does (7.55.0). Data that is not
 * JSON, and whatever follows `[DONE]`, is left out.
 */
export class EventStreamReader {
  readonly #decoder = new TextDecoder();
  /** The pieces of the line that has begun. They are joined once, since a line may come in thousands of them. */
  #line: string[] = [];
  #data: string[] = [];
  #event: string | undefined;
  #length = 0;
  #endsWithReturn = false;
  #done = false;

  /** Returns the events that are complete with these bytes. */
  read(bytes: Uint8Array): StreamedItem[] {
    if (this.#done) return [];
    const decoded = this.#decoder.decode(bytes, { stream: true });
    if (decoded === '') return [];
    // The line break of two characters may be cut in the middle.
    const text = this.#endsWithReturn && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    this.#endsWithReturn = decoded.endsWith('\r');
    const [first = '', ...others] = text.split(/\r\n|\n|\r/);
    const items: StreamedItem[] = [];
    this.#add(first);
    for (const next of others) {
      this.#endLine(items);
      this.#add(next);
    }
    return items;
  }

  #add(piece: string): void {
    this.#length += piece.length;
    if (piece !== '' && this.#length <= MAX_EVENT_LENGTH) this.#line.push(piece);
  }

  #endLine(items: StreamedItem[]): void {
    const line = this.#line.length === 1 ? (this.#line[0] ?? '') : this.#line.join('');
    this.#line = [];
    if (line !== '') this.#field(line);
    else if (this.#length > 0) this.#endEvent(items);
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
  }

  #endEvent(items: StreamedItem[]): void {
    const item = this.#length > MAX_EVENT_LENGTH ? undefined : this.#item();
    if (item !== undefined && !this.#done) items.push(item);
    this.#data = [];
    this.#event = undefined;
    this.#length = 0;
  }

  #item(): StreamedItem | undefined {
    const text = this.#data.join('\n');
    if (text.startsWith('[DONE]')) this.#done = true;
    const data = this.#done ? undefined : parsed(text);
    if (data === undefined) return undefined;
    // The events of an assistant's run are known by their names only.
    if (this.#event?.startsWith('thread.')) return { chunk: { event: this.#event, data } };
    const error = (data as { error?: unknown } | null)?.error;
    if (this.#event === 'error') return { error: error ?? data };
    return error ? { error } : { chunk: data };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members of the error that the client's stream throws for an error of the server. */
export function streamedError(error: unknown): object {
  const { code, type, message } = asRecord(error) ?? { message: error };
  return { code, type: asNonEmptyString(type) ?? 'APIError', message, error: asRecord(error) ?? {} };
}
