/** The texts of the values in a JSON text, for numbers that would lose digits in JavaScript. */

/**
 * Returns the text of a member of an object; `undefined` if it has no such member. If the name stands there twice, it is
 * the last one, as for `JSON.parse`.
 *
 * @param object - valid JSON.
 */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  for (let at = afterSpace(object, afterSpace(object, 0) + 1); object[at] === '"'; ) {
    const endOfName = endOfString(object, at);
    const start = afterSpace(object, afterSpace(object, endOfName) + 1);
    const end = endOfValue(object, start);
    if (nameIn(object.slice(at, endOfName)) === name) found = object.slice(start, end);
    at = afterSpace(object, end);
    if (object[at] === ',') at = afterSpace(object, at + 1);
  }
  return found;
}

/**
 * Returns the texts of the items of a list.
 *
 * @param list - valid JSON.
 */
export function itemTexts(list: string): string[] {
  const items: string[] = [];
  for (let at = afterSpace(list, afterSpace(list, 0) + 1); at < list.length && list[at] !== ']'; ) {
    const end = endOfValue(list, at);
    items.push(list.slice(at, end));
    at = afterSpace(list, end);
    if (list[at] === ',') at = afterSpace(list, at + 1);
  }
  return items;
}

/**
 * Returns the number of brackets that a part of a JSON text opens and does not close; `undefined` if it ends within a
 * string, which no line of JSON does.
 */
export function openBrackets(part: string): number | undefined {
  let open = 0;
  for (let at = 0; at < part.length; ) {
    const character = part[at] as string;
    if (character === '"') {
      at = endOfString(part, at);
      if (at > part.length) return undefined;
      continue;
    }
    if (character === '{' || character === '[') open += 1;
    else if (character === '}' || character === ']') open -= 1;
    at += 1;
  }
  return open;
}

/** Returns the index behind the string that begins at `start`. */
export function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Returns the name that a string stands for. Two spellings of one name are the same name: `a` and `\u0061`. */
export function nameIn(source: string): string {
  return source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
}

/** Counts the open brackets instead of calling itself, because a text may nest deeper than the stack. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = json[at];
    if (character === '"') at = endOfString(json, at);
    else if (character === '{' || character === '[') {
      depth += 1;
      at += 1;
    } else if (character === '}' || character === ']') {
      depth -= 1;
      at += 1;
    } else at = depth === 0 ? endOfWord(json, at) : at + 1;
  } while (depth > 0 && at < json.length);
  return at;
}

function endOfWord(json: string, start: number): number {
  let at = start;
  while (at < json.length && !/[\s,\]}]/.test(json[at] as string)) at += 1;
  return at;
}

function afterSpace(json: string, start: number): number {
  let at = start;
  while (at < json.length && /\s/.test(json[at] as string)) at += 1;
  return at;
}
