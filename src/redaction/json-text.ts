/**
 * Changes single values in a text of JSON. The rest of the text keeps its blanks, its order and its numbers of any size.
 */
import { isRecord } from '../json/readers.js';

/** The place of a value in its JSON. */
interface JsonPlace<State, Name> {
  readonly state: State;
  /** Name of the member that holds the value, directly or in a list; `undefined` for the outermost value. */
  readonly name: Name | undefined;
}

export interface JsonVisitor<State, Name extends { readonly redacted: string }> {
  /** Returns the state for a member or entry, or the JSON that replaces the whole value. */
  enter(
    parent: State,
    key: string | number,
    source: () => string,
  ): { state: State } | { replacement: string };
  /** Returns the facts about a name. Called once per member, because a name may be as long as the text. */
  name(name: string): Name;
  string(value: string, place: JsonPlace<State, Name>): string;
  /** Returns the JSON that replaces the number; `undefined` to keep it. */
  number(source: string, place: JsonPlace<State, Name>): string | undefined;
}

interface Container<State, Name> extends JsonPlace<State, Name> {
  readonly isList: boolean;
  index: number;
}

/** Returns the changed text; `undefined` if the text is not the JSON of an object, a list or a string. */
export function rewriteJson<State, Name extends { readonly redacted: string }>(
  text: string,
  initial: State,
  visitor: JsonVisitor<State, Name>,
): string | undefined {
  if (!isJson(text)) return undefined;
  return rewriteTokens(text, initial, visitor);
}

/** A cheap check before {@link rewriteJson}. */
export function mayBeJson(text: string): boolean {
  const first = /\S/.exec(text)?.[0];
  return first === '{' || first === '[' || first === '"';
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' || Array.isArray(value) || isRecord(value);
  } catch {
    return false;
  }
}

/** The text is valid JSON, so the first character of a token decides its kind. */
function rewriteTokens<State, Name extends { readonly redacted: string }>(
  text: string,
  initial: State,
  visitor: JsonVisitor<State, Name>,
): string {
  const containers: Array<Container<State, Name>> = [];
  let result = '';
  let copied = 0;
  let key = '';
  let name: Name | undefined;
  let place: JsonPlace<State, Name> = { state: initial, name: undefined };
  let expectsName = false;
  let atValue = true;

  const replace = (start: number, end: number, replacement: string): void => {
    result += text.slice(copied, start) + replacement;
    copied = end;
  };

  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const container = containers.at(-1);
    if (code <= 0x20 || code === 0x3a /* : */) {
      at += 1;
    } else if (code === 0x2c /* , */) {
      if (container !== undefined) container.index += 1;
      expectsName = container !== undefined && !container.isList;
      atValue = !expectsName;
      at += 1;
    } else if (code === 0x7d || code === 0x5d) {
      containers.pop();
      atValue = false;
      at += 1;
    } else if (expectsName) {
      const end = endOfString(text, at);
      const source = text.slice(at, end);
      key = JSON.parse(source) as string;
      name = visitor.name(key);
      if (name.redacted !== key) replace(at, end, JSON.stringify(name.redacted));
      expectsName = false;
      atValue = true;
      at = end;
    } else {
      if (atValue && container !== undefined) {
        const from = at;
        const source = () => text.slice(from, endOfValue(text, from));
        const entered = visitor.enter(container.state, container.isList ? container.index : key, source);
        atValue = false;
        if ('replacement' in entered) {
          const end = endOfValue(text, at);
          replace(at, end, entered.replacement);
          at = end;
          continue;
        }
        place = { state: entered.state, name: container.isList ? container.name : name };
      }
      if (code === 0x7b || code === 0x5b) {
        const isList = code === 0x5b;
        containers.push({ state: place.state, name: place.name, isList, index: 0 });
        expectsName = !isList;
        atValue = isList;
        at += 1;
        // If the container is empty, its end follows.
      } else if (code === 0x22) {
        const end = endOfString(text, at);
        const value = JSON.parse(text.slice(at, end)) as string;
        const rewritten = visitor.string(value, place);
        if (rewritten !== value) replace(at, end, JSON.stringify(rewritten));
        at = end;
      } else {
        const end = endOfWord(text, at);
        const rewritten =
          code === 0x2d || (code >= 0x30 && code <= 0x39)
            ? visitor.number(text.slice(at, end), place)
            : undefined;
        if (rewritten !== undefined) replace(at, end, rewritten);
        at = end;
      }
    }
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== 0x22; code = text.charCodeAt(at)) at += code === 0x5c ? 2 : 1;
  return at + 1;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && /[\w.+-]/.test(text[at] ?? '')) at += 1;
  return at;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      at += 1;
      continue;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      at += 1;
    } else if (code <= 0x20 || code === 0x2c || code === 0x3a) {
      at += 1;
      continue;
    } else at = endOfWord(text, at);
    if (depth === 0) return at;
  }
  return text.length;
}
