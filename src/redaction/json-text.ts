/**
 * A text of JSON, changed in single places: what is not changed stays as it was written, with its blanks, its numbers of
 * any size and its order.
 */
import { isRecord } from '../json/readers.js';

/** Where a value stands: below which place, with which name or index. */
interface JsonPlace<State, Name> {
  readonly state: State;
  /** Of the member, or of the one that the list is in; `undefined` for the outermost value. */
  readonly name: Name | undefined;
}

export interface JsonVisitor<State, Name extends { readonly redacted: string }> {
  /** The state within a member or entry; or the text of JSON that stands for the whole of it. */
  enter(
    parent: State,
    key: string | number,
    source: () => string,
  ): { state: State } | { replacement: string };
  /** What is known of a name, and what stands in its place. Asked once for each: a name may be as long as the text. */
  name(name: string): Name;
  string(value: string, place: JsonPlace<State, Name>): string;
  /** @returns the text of JSON instead, `undefined` to leave it */
  number(source: string, place: JsonPlace<State, Name>): string | undefined;
}

interface Container<State, Name> extends JsonPlace<State, Name> {
  readonly isList: boolean;
  index: number;
}

/** The text, rewritten; `undefined` where it is not JSON of an object, a list or a string. */
export function rewriteJson<State, Name extends { readonly redacted: string }>(
  text: string,
  initial: State,
  visitor: JsonVisitor<State, Name>,
): string | undefined {
  if (!isJson(text)) return undefined;
  return rewriteTokens(text, initial, visitor);
}

/** Whether it is worth trying. */
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

/** The text is known to be JSON, so each token may be taken for what it begins with. */
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
        // Of an empty one, the end comes next.
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
