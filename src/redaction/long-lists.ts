import type { ChaukasEvent } from '../chaukas/event.js';
import { type JsonObject, type JsonValue, textLength } from '../json/json.js';
import { STEP_LENGTH, type WorkSteps } from '../steps.js';
import { firstIndex, follow, type PathState, pathTo } from './field-paths.js';
import { EVENT_MEMBER_NAMES, EVENT_MEMBERS, type MemberKind, type MemberKinds } from './redactable-fields.js';
import type { RedactionReport } from './redaction-report.js';
import type { FieldRule, TextRedaction } from './text-redaction.js';

/** Characters from which on a value is redacted in steps. */
const LONG_VALUE = STEP_LENGTH / 4;
/** Lists within more objects and lists are redacted in one step. */
const DEEPEST = 8;

type FieldState = PathState<FieldRule> | undefined;

/** An entry of a list that was redacted apart from its event. */
export interface RedactedEntry {
  readonly redacted: JsonValue;
  readonly findings: RedactionReport | undefined;
}

interface RedactedList {
  readonly path: string;
  /** Entries that were not redacted are missing. */
  readonly entries: ReadonlyArray<RedactedEntry | undefined>;
}

/** Redacts an entry at this place; `undefined` if that fails. */
type RedactEntry = (
  place: ReadonlyArray<string | number>,
  entry: JsonValue,
  state: FieldState,
) => RedactedEntry | undefined;

/**
 * Redacts the entries of an event's long lists, such as the messages of a conversation, ahead of the event and in steps:
 * what is left to do with the event then takes one short step. Long texts are redacted ahead in the same way.
 */
export class LongLists {
  readonly #fields: FieldState;
  readonly #texts: TextRedaction;
  readonly #firstMessage: number;
  readonly #redactEntry: RedactEntry;
  readonly #lists = new Map<readonly JsonValue[], RedactedList>();
  readonly #place: Array<string | number> = [];

  constructor(fields: FieldState, texts: TextRedaction, firstMessage: number, redactEntry: RedactEntry) {
    this.#fields = fields;
    this.#texts = texts;
    this.#firstMessage = firstMessage;
    this.#redactEntry = redactEntry;
  }

  /** Returns the entries of a list, if it was redacted in this place. The same list may stand in several. */
  entriesOf(list: readonly JsonValue[], path: () => string): RedactedList['entries'] | undefined {
    const known = this.#lists.get(list);
    return known?.path === path() ? known.entries : undefined;
  }

  *redact(event: ChaukasEvent): WorkSteps<void> {
    for (const name of EVENT_MEMBER_NAMES) {
      const { rule, state } = follow(this.#fields, name);
      if (rule !== undefined) continue;
      this.#place.push(name);
      yield* this.#member(event[name], EVENT_MEMBERS[name], state);
      this.#place.pop();
    }
  }

  *#member(value: unknown, kind: MemberKind | MemberKinds, state: FieldState): WorkSteps<void> {
    if (typeof kind === 'string') {
      if (kind === 'struct' || kind === 'text') yield* this.#value(value as JsonValue | undefined, state);
    } else if (typeof value === 'object' && value !== null) {
      for (const key in kind)
        yield* this.#memberNamed(key, value as JsonObject, kind[key] as MemberKind, state);
    }
  }

  *#memberNamed(key: string, holder: JsonObject, kind: MemberKind, parent: FieldState): WorkSteps<void> {
    const { rule, state } = follow(parent, key);
    if (rule !== undefined || this.#texts.nameOf(key).redacted !== key) return;
    this.#place.push(key);
    yield* this.#member(holder[key], kind, state);
    this.#place.pop();
  }

  *#value(value: JsonValue | undefined, state: FieldState): WorkSteps<void> {
    if (textLength(value) < LONG_VALUE || this.#place.length > DEEPEST) return;
    if (typeof value === 'string') yield* this.#texts.ahead(value);
    else if (Array.isArray(value)) yield* this.#list(value, state);
    else if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) yield* this.#memberNamed(key, value, 'struct', state);
  }

  *#list(list: JsonValue[], parent: FieldState): WorkSteps<void> {
    const entries: Array<RedactedEntry | undefined> = [];
    const first = firstIndex(this.#place, this.#place.length, this.#firstMessage);
    let length = 0;
    for (let index = 0; index < list.length; index += 1) {
      const entry = list[index] as JsonValue;
      const { rule, state } = follow(parent, first + index);
      if (typeof entry !== 'object' || entry === null || rule !== undefined) continue;
      this.#place.push(index);
      const ofEntry = textLength(entry);
      if (ofEntry >= LONG_VALUE) yield* this.#value(entry, state);
      else entries[index] = this.#redactEntry(this.#place, entry, state);
      this.#place.pop();
      length += ofEntry;
      if (length < LONG_VALUE) continue;
      length = 0;
      yield;
    }
    this.#lists.set(list, { path: pathTo(this.#place), entries });
  }
}
