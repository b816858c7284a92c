import type { ChaukasEvent } from '../chaukas/event.js';
import { type JsonObject, type JsonValue, NESTED_TOO_DEEP } from '../json/json.js';
import type { WorkSteps } from '../steps.js';
import { MASK } from '../text/mask-secrets.js';
import { wellFormed, withWellFormedMembers } from '../text/well-formed.js';
import { LONGEST_CREDENTIAL_NAME } from './credential-names.js';
import { PRIVATE_JWK_MEMBERS } from './detectors/credentials.js';
import { eitherStep, firstIndex, follow, followAttribute, type PathState, pathTo } from './field-paths.js';
import { LongLists } from './long-lists.js';
import { type MemberName, NO_NAME, UnusedNames } from './member-names.js';
import {
  EVENT_MEMBER_NAMES,
  EVENT_MEMBERS,
  MESSAGE_ATTRIBUTES,
  type MemberKind,
  type MemberKinds,
} from './redactable-fields.js';
import type { RedactionCallback } from './redaction-options.js';
import { RedactionReport } from './redaction-report.js';
import { type FieldRule, limitLength, type TextRedaction } from './text-redaction.js';
import { TRAIT, textTraits } from './text-scan.js';

export interface RedactionRules {
  readonly texts: TextRedaction;
  readonly fields: PathState<FieldRule> | undefined;
  readonly callback: RedactionCallback | undefined;
  readonly maxFieldLength: number;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * Deeper values are replaced by a text that says so. Readers of protobuf stop at 100 messages in each other, of which an
 * object in a `google.protobuf.Struct` takes three.
 */
const MAX_DEPTH = 33;
/** The smallest number that may be a credit card number, with twelve digits. */
const LEAST_CARD_NUMBER = 1e11;

type State = PathState<FieldRule> | undefined;

/** The role of an attribute's first two levels. */
const MESSAGE_DEPTH = 2;

/**
 * Redacts one event, or one attribute of a span or a log record. Values without a finding are returned as they are, and objects with a change are copied, because
 * events share parts with other events.
 */
export class EventRedaction {
  /** `undefined` if nothing was found. */
  findings: RedactionReport | undefined;

  readonly #rules: RedactionRules;
  readonly #event: ChaukasEvent | undefined;
  readonly #firstMessage: number;
  readonly #isSlow: boolean;
  #lists: LongLists | undefined;
  /** Path of the current value, up to `#depth`. It becomes a text only for a finding. */
  readonly #place: Array<string | number> = [];
  #depth = 0;
  /** Whether the value is a list of messages as spans have them. */
  #hasParts = false;

  /**
   * @param event - `undefined` for an attribute.
   * @param firstMessage - the number of messages that were sent before those in the event's request.
   */
  constructor(event: ChaukasEvent | undefined, rules: RedactionRules, firstMessage = 0) {
    this.#event = event;
    this.#firstMessage = firstMessage;
    this.#rules = rules;
    this.#isSlow = rules.texts.hasPatterns || rules.callback !== undefined;
  }

  /** Redacts long lists ahead of {@link EventRedaction.changes}, in steps. Patterns and the callback take one step. */
  *ahead(): WorkSteps<void> {
    if (this.#event === undefined || this.#isSlow) return;
    const { fields, texts } = this.#rules;
    this.#lists = new LongLists(fields, texts, this.#firstMessage, (place, entry, state) => {
      const apart = new EventRedaction(this.#event, this.#rules);
      apart.#place.push(...place);
      apart.#depth = place.length;
      try {
        return { redacted: apart.#value(entry, NO_NAME, state), findings: apart.findings };
      } catch {
        // It fails again where the member that it is in can be left out.
        return undefined;
      }
    });
    yield* this.#lists.redact(this.#event);
  }

  /** Returns the changed members of the event; a member that is dropped has the value `undefined`. */
  changes(): Map<string, unknown> | undefined {
    let changes: Map<string, unknown> | undefined;
    for (const name of EVENT_MEMBER_NAMES) {
      const value = this.#event?.[name];
      if (value === undefined) continue;
      const redacted = this.#safely(name, value);
      if (redacted === value) continue;
      changes ??= new Map();
      changes.set(name, redacted);
    }
    return changes;
  }

  /** Returns the value to record in an attribute; `undefined` if it is dropped. */
  attribute(name: string, value: JsonValue): JsonValue | undefined {
    try {
      const { rule, state } = followAttribute(this.#rules.fields, name);
      this.#place[0] = name;
      this.#depth = 1;
      if (rule !== undefined) return this.#replaced(value, 'value', rule) as JsonValue | undefined;
      this.#hasParts = MESSAGE_ATTRIBUTES.has(name);
      return this.#value(value, NO_NAME, state);
    } catch (error) {
      this.#rules.onError(`Redaction of ${name} failed; it is left out`, error);
      return undefined;
    }
  }

  /** A member that cannot be read completely is left out. */
  #safely(name: keyof typeof EVENT_MEMBERS, value: unknown): unknown {
    try {
      const kind: MemberKind | MemberKinds = EVENT_MEMBERS[name];
      this.#depth = 0;
      return typeof kind === 'string'
        ? this.#member(name, value, kind, this.#rules.fields)
        : this.#message(name, value as Readonly<Record<string, unknown>>, kind);
    } catch (error) {
      this.#rules.onError(`Redaction of an event's ${name} failed; it is left out`, error);
      this.#noted.add(undefined, 'drop');
      this.#noted.addField(() => name);
      return undefined;
    }
  }

  #message(name: string, value: Readonly<Record<string, unknown>>, kinds: MemberKinds): unknown {
    const { rule, state } = follow(this.#rules.fields, name);
    this.#place[0] = name;
    this.#depth = 1;
    let copy: Record<string, unknown> | undefined;
    for (const key in kinds) {
      const member = value[key];
      if (member === undefined) continue;
      const kind = kinds[key] as MemberKind;
      const redacted =
        rule === undefined ? this.#member(key, member, kind, state) : this.#whole(key, member, kind, rule);
      if (redacted === member) continue;
      copy ??= { ...value };
      if (redacted === undefined) delete copy[key];
      else copy[key] = redacted;
    }
    this.#depth = 0;
    return withWellFormedMembers(copy ?? value, kinds);
  }

  #member(key: string, value: unknown, kind: MemberKind, parent: State): unknown {
    const { rule, state } = follow(parent, key);
    if (rule !== undefined) return this.#whole(key, value, kind, rule);
    this.#place[this.#depth++] = key;
    const redacted = this.#ofKind(value, kind, state);
    this.#depth -= 1;
    return redacted;
  }

  #ofKind(value: unknown, kind: MemberKind, state: State): unknown {
    switch (kind) {
      case 'text':
        return this.#text(value as string, NO_NAME, state);
      case 'identifier':
        return this.#identifier(value as string);
      case 'struct':
        return this.#object(value as JsonObject, state);
      case 'structs':
        return this.#typedList(value as JsonObject[], 'struct', state);
      case 'texts':
        return this.#typedList(value as string[], 'text', state);
      case 'identifiers':
        return this.#typedList(value as string[], 'identifier', state);
    }
  }

  /** The entries of such a list keep their type and their position. */
  #typedList(
    list: readonly unknown[],
    kind: 'struct' | 'text' | 'identifier',
    state: State,
  ): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const entry = list[index];
      const step = follow(state, index);
      this.#place[this.#depth++] = index;
      const redacted =
        step.rule === undefined
          ? this.#ofKind(entry, kind, step.state)
          : (this.#replaced(entry, kind, step.rule) ?? (kind === 'struct' ? {} : ''));
      this.#depth -= 1;
      if (redacted === entry) continue;
      copy ??= [...list];
      copy[index] = redacted;
    }
    return copy ?? list;
  }

  #whole(key: string, value: unknown, kind: MemberKind, rule: FieldRule): unknown {
    this.#place[this.#depth++] = key;
    const replaced = this.#replaced(value, kind, rule);
    this.#depth -= 1;
    return replaced;
  }

  /** Applies a rule of the user to a value, and returns the result in the type of the member; `undefined` to drop it. */
  #replaced(value: unknown, kind: MemberKind | 'value' | 'parts', rule: FieldRule): unknown {
    const text = this.#rules.texts.field(
      typeof value === 'string' ? value : JSON.stringify(value),
      rule,
      this.#noted,
    );
    this.#found();
    if (rule.method === 'drop') return undefined;
    if (kind === 'parts') return [{ type: 'text', content: text }];
    if (kind === 'struct') return { redacted: text };
    if (kind === 'structs') return [{ redacted: text }];
    return kind === 'identifiers' || kind === 'texts' ? [text] : text;
  }

  #identifier(text: string): string {
    const traits = textTraits(text);
    if ((traits & ~TRAIT.backslash) === 0 && text.length <= this.#rules.maxFieldLength) return text;
    const before = this.findings?.count ?? 0;
    const whole = wellFormed(text);
    const result = this.#rules.texts.credentials(whole, traits, this.#noted);
    if ((this.findings?.count ?? 0) !== before) this.#found();
    return limitLength(result, this.#rules.maxFieldLength, text.length);
  }

  #value(value: JsonValue, name: MemberName, state: State): JsonValue {
    if (typeof value === 'string') return this.#text(value, name, state);
    if (typeof value === 'object') {
      if (value === null) return value;
      if (this.#depth > MAX_DEPTH) return NESTED_TOO_DEEP;
      return Array.isArray(value) ? this.#list(value, name, state) : this.#object(value, state);
    }
    return typeof value === 'number' ? this.#number(value, name) : value;
  }

  #object(value: JsonObject, state: State): JsonObject {
    const { nameOf } = this.#rules.texts;
    const place = this.#place;
    const depth = this.#depth;
    this.#depth = depth + 1;
    let entries: Array<[string, JsonValue]> | undefined;
    let names: UnusedNames | undefined;
    const keys = Object.keys(value);
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] as string;
      const member = value[key] as JsonValue;
      const name = nameOf(key);
      let kept = key;
      if (name.redacted !== key) {
        names ??= new UnusedNames(keys);
        kept = names.take(name.redacted);
      }
      place[depth] = kept;
      if (kept !== key) this.#renamed(name);
      let redacted: JsonValue | undefined;
      if (state === undefined) {
        redacted = this.#value(member, this.#nameOfMember(value, key, name), state);
      } else {
        const isParts = this.#hasParts && depth === MESSAGE_DEPTH && key === 'parts';
        const step = isParts ? eitherStep(follow(state, key), follow(state, 'content')) : follow(state, key);
        redacted =
          step.rule === undefined
            ? this.#value(member, name, step.state)
            : (this.#replaced(member, isParts ? 'parts' : 'value', step.rule) as JsonValue | undefined);
      }
      if (entries === undefined) {
        if (redacted === member && kept === key) continue;
        entries = keys.slice(0, index).map((before) => [before, value[before] as JsonValue]);
      }
      if (redacted !== undefined) entries.push([kept, redacted]);
    }
    this.#depth = depth;
    // An assignment to the key `__proto__` would not create a member.
    return entries === undefined ? value : Object.fromEntries(entries);
  }

  #list(list: readonly JsonValue[], name: MemberName, state: State): JsonValue[] {
    const place = this.#place;
    const depth = this.#depth;
    this.#depth = depth + 1;
    let copy: JsonValue[] | undefined;
    // Redacted without the list's name, which counts for a list within it. An object's members have their own names.
    const known = this.#lists?.entriesOf(list, () => pathTo(place.slice(0, depth)));
    const first = firstIndex(place, depth, this.#firstMessage);
    for (let index = 0; index < list.length; index += 1) {
      const entry = list[index] as JsonValue;
      place[depth] = index;
      const step = state === undefined ? undefined : follow(state, first + index);
      const ahead = known && (name.isPlain || !Array.isArray(entry)) ? known[index] : undefined;
      if (ahead?.findings !== undefined) this.#noted.addAll(ahead.findings);
      const redacted =
        ahead !== undefined
          ? ahead.redacted
          : step?.rule === undefined
            ? this.#value(entry, this.#nameOfEntry(list, index, name), step?.state)
            : ((this.#replaced(entry, 'value', step.rule) ?? null) as JsonValue);
      if (redacted === entry) continue;
      copy ??= [...list];
      copy[index] = redacted;
    }
    this.#depth = depth;
    return copy ?? (list as JsonValue[]);
  }

  #nameOfMember(holder: JsonObject, key: string, name: MemberName): MemberName {
    if (key === 'value') return this.#nameOfValue(holder, name);
    // The tokens of a model are words.
    if (key === 'token' && 'logprob' in holder) return NO_NAME;
    return PRIVATE_JWK_MEMBERS.has(key) && typeof holder.kty === 'string'
      ? this.#rules.texts.nameOf('secret')
      : name;
  }

  /** The name of the `value` in `{ name: 'Authorization', value: '…' }`. */
  #nameOfValue(holder: JsonObject, name: MemberName): MemberName {
    const header = holder.name ?? holder.key ?? holder.header;
    return typeof header === 'string' && header.length <= LONGEST_CREDENTIAL_NAME
      ? this.#rules.texts.nameOf(header)
      : name;
  }

  /** The name of the second entry in `['Authorization', '…']`, as Node lists headers. */
  #nameOfEntry(list: readonly JsonValue[], index: number, name: MemberName): MemberName {
    if (index % 2 === 0 || typeof list[index] !== 'string') return name;
    const before = list[index - 1];
    if (typeof before !== 'string' || before.length > LONGEST_CREDENTIAL_NAME || list.length % 2 !== 0)
      return name;
    const header = this.#rules.texts.nameOf(before);
    // Two words are names, as in the list of the members that a schema requires.
    return header.isCredential && /[^A-Za-z_-]/.test(list[index] as string) ? header : name;
  }

  #number(value: number, name: MemberName): JsonValue {
    const { texts } = this.#rules;
    if (name.isPlain && value < LEAST_CARD_NUMBER && !texts.hasPatterns) return value;
    const source = String(value);
    // Times in milliseconds begin with 1, card numbers do not.
    if (name.isPlain && source.startsWith('1') && !texts.hasPatterns) return value;
    const redacted = texts.number(source, name, this.#noted);
    if (redacted === undefined) return value;
    this.#found();
    return redacted === '' ? null : redacted;
  }

  #text(text: string, name: MemberName, state: State): string {
    const traits = textTraits(text);
    if (
      (traits & ~TRAIT.backslash) === 0 &&
      name.isPlain &&
      !this.#isSlow &&
      state === undefined &&
      text.length <= this.#rules.maxFieldLength
    )
      return text;
    return this.#changedText(text, traits, name, state);
  }

  #changedText(text: string, traits: number, name: MemberName, state: State): string {
    const { texts, maxFieldLength, onError } = this.#rules;
    const before = this.findings?.count ?? 0;
    let result: string;
    try {
      const whole = (traits & TRAIT.surrogate) === 0 ? text : wellFormed(text);
      result = texts.text(whole, traits, name, state, this.#noted);
      // Escapes may have hidden lone surrogates.
      if (result !== whole) result = wellFormed(result);
      result = this.#calledBack(result);
    } catch (error) {
      // Some texts are too long for V8's regular expressions.
      onError('Redaction of a field failed; the field is masked', error);
      this.#noted.add(undefined, 'mask');
      result = MASK;
    }
    if ((this.findings?.count ?? 0) !== before) this.#found();
    return limitLength(result, maxFieldLength, text.length);
  }

  #calledBack(text: string): string {
    const { callback, onError } = this.#rules;
    if (callback === undefined) return text;
    const { type, event_id, session_id, agent_name }: Partial<ChaukasEvent> = this.#event ?? {};
    let returned: unknown;
    try {
      returned = callback(text, this.#path(), { type, event_id, session_id, agent_name });
      if (returned !== undefined && typeof returned !== 'string')
        throw new TypeError(
          `it returned ${typeof returned === 'object' ? 'an object' : typeof returned}, not a string`,
        );
    } catch (error) {
      onError('Option "redaction.callback" failed; the field is masked', error);
      returned = MASK;
    }
    if (returned === undefined || returned === text) return text;
    this.#noted.add(undefined, 'mask');
    return wellFormed(returned as string);
  }

  get #noted(): RedactionReport {
    this.findings ??= new RedactionReport();
    return this.findings;
  }

  #renamed({ found }: MemberName): void {
    for (const { category, method } of found) this.#noted.add(category, method);
    if (found.length > 0) this.#found();
  }

  #found(): void {
    this.#noted.addField(() => this.#path());
  }

  #path(): string {
    return pathTo(this.#place.slice(0, this.#depth));
  }
}
