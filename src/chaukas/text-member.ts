/** The members of an event that are texts, as JSON. */
import type { UnsealedEvent } from './event.js';

export const UNSPECIFIED = '_UNSPECIFIED';

/** A text without characters that JSON escapes, as nearly all ids are. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Returns the JSON of a text without its quotes. */
export function inQuotes(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

/** The event whose text is written. */
interface WrittenEvent {
  /** Whether proto3 carries all members. */
  isCarried: boolean;
}

/**
 * The JSON of a member that is a text. It is kept, because most events have the same as the one before: the session, the
 * agent, the parent, the tenant.
 */
export class TextMember {
  readonly #name: string;
  #value: string | undefined;
  #json = '';
  #isCarried = true;

  constructor(name: keyof UnsealedEvent) {
    this.#name = `"${name}":"`;
  }

  /** @returns with a comma behind it. */
  in(event: WrittenEvent, value: string): string {
    if (value !== this.#value) {
      this.#value = value;
      this.#json = `${this.#name}${inQuotes(value)}",`;
      this.#isCarried = value !== '' && !value.endsWith(UNSPECIFIED);
    }
    if (!this.#isCarried) event.isCarried = false;
    return this.#json;
  }
}

/** The values of an enum are few, but follow each other in any order. */
export class EnumMember {
  readonly #name: keyof UnsealedEvent;
  readonly #members = new Map<string, TextMember>();

  constructor(name: keyof UnsealedEvent) {
    this.#name = name;
  }

  in(event: WrittenEvent, value: string): string {
    let member = this.#members.get(value);
    if (member === undefined) {
      member = new TextMember(this.#name);
      // Events of another process may have values that this one does not know.
      if (this.#members.size < MAX_ENUM_VALUES) this.#members.set(value, member);
    }
    return member.in(event, value);
  }
}

const MAX_ENUM_VALUES = 100;
