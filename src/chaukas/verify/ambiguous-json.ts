/** Finds the places in a line of JSON that programs read differently. */
import { endOfString, nameIn } from '../../json/source-text.js';

/** A place that programs read differently. */
export interface Ambiguity {
  readonly code: 'duplicate_member' | 'lost_digits';
  readonly message: string;
}

/** Longer names are not shown. */
const LONGEST_SHOWN = 100;

/** An integer with more digits than every double keeps. */
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * Returns the first such place: a name that an object has twice, of which some programs take the first and some the last
 * value, or an integer that a double cannot hold.
 *
 * @param line - valid JSON. Takes time linear in its length, and a stack on the heap.
 */
export function findAmbiguity(line: string): Ambiguity | undefined {
  /** The names in each open object; `undefined` for a list. */
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (let at = 0; at < line.length; ) {
    const character = line[at] as string;
    if (character === '"') {
      const end = endOfString(line, at);
      if (expectsName) {
        const name = nameIn(line.slice(at, end));
        const names = open.at(-1);
        if (names?.has(name)) return duplicate(name);
        names?.add(name);
        expectsName = false;
      }
      at = end;
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      const end = endOfNumber(line, at);
      const number = line.slice(at, end);
      if (LONG_INTEGER.test(number) && losesDigits(number)) return lostDigits(number);
      at = end;
    } else {
      if (character === '{') open.push(new Set());
      else if (character === '[') open.push(undefined);
      else if (character === '}' || character === ']') open.pop();
      if (character === '{' || (character === ',' && open.at(-1) !== undefined)) expectsName = true;
      else if (character === '}' || character === '[') expectsName = false;
      at += 1;
    }
  }
  return undefined;
}

function endOfNumber(line: string, start: number): number {
  let at = start + 1;
  while (at < line.length && /[\d.eE+-]/.test(line[at] as string)) at += 1;
  return at;
}

/** The digits that RFC 8785 writes for a double, such as 18446744073709552000 for 2^64, are those that it reads. */
function losesDigits(number: string): boolean {
  const read = Number(number);
  if (String(read) === number) return false;
  return !Number.isFinite(read) || BigInt(read) !== BigInt(number);
}

function duplicate(name: string): Ambiguity {
  const shown = JSON.stringify(name.slice(0, LONGEST_SHOWN));
  return {
    code: 'duplicate_member',
    message: `an object has the member ${shown} twice: programs differ in which of the two they read`,
  };
}

function lostDigits(number: string): Ambiguity {
  return {
    code: 'lost_digits',
    message: `the number ${number.slice(0, LONGEST_SHOWN)} has more digits than most programs keep`,
  };
}
