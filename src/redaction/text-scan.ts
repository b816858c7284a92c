/**
 * One look at every character of a text, which tells which detectors have anything to do there. Nearly every text of an
 * event has nothing for any of them, so this loop is what redaction costs.
 */
import { RARE_LETTERS } from '../text/credential-shapes.js';
import { percentDecoded } from '../text/mask-secrets.js';
import {
  decodesToText,
  isBlank,
  isInKeyPrefix,
  isRefusedHeader,
  labelEndsBefore,
  schemeEndsBefore,
  secretNameEndsBefore,
} from './credential-scan.js';

/** What a text has, as bits. */
export const TRAIT = {
  credential: 1,
  at: 2,
  /** Digits close to one another, as many as in the shortest number that is looked for. */
  number: 4,
  /** A number of whatever length, before which somebody says what it is: `phone: 555 1234`, `+`. */
  shortNumber: 2048,
  dottedNumber: 8,
  colons: 16,
  /** Two letters and two digits that begin a word. */
  iban: 32,
  dashes: 64,
  /** Half of a surrogate pair, perhaps. */
  surrogate: 128,
  /** An escape that may hide what is looked for: `\u0040`, `\/`. */
  escape: 256,
  backslash: 512,
  /** The name of a member in a text of JSON whose value may be a credential: `"token":`. */
  secretName: 4096,
  /** `%40` and its like. */
  percent: 1024,
} as const;

/** What is not searched for, but how the text is to be read. */
export const NOTHING_TO_FIND = TRAIT.backslash | TRAIT.surrogate;

const FEW_DIGITS = 7;
/** As many as the shortest number has that nobody names, but for one with a `+`. */
const MANY_DIGITS = 9;
/** Characters between two digits of one number: `030 / 12`. */
const WIDEST_GAP = 3;
/** Seven in an address of IPv6, six where it ends as one of IPv4. */
const SIX_COLONS = 6;
const IN_WORD = -1_000_000_000;
const SHORTEST_BASE64 = 16;

const KIND = {
  word: 0,
  digit: 1,
  rareLetter: 2,
  dash: 3,
  underscore: 4,
  inBase64: 5,
  // From here on: no character of base64.
  other: 6,
  blank: 7,
  colon: 8,
  equals: 9,
  dot: 10,
  quote: 11,
  comma: 12,
  at: 13,
  percent: 14,
  backslash: 15,
} as const;

const KINDS = kinds();

/** @param isDecoded - what comes of `%25` is no escape again, as for maskSecrets. */
export function textTraits(text: string, isDecoded = false): number {
  let traits = 0;
  let digits = 0;
  let lastDigit = -WIDEST_GAP - 1;
  let numberFrom = 0;
  /** Begins with 1 and has no separator, as times do: a number only where somebody says so. */
  let isBareOne = false;
  let dottedDigits = 0;
  let lastDot = -5;
  let colons = 0;
  let lastColon = -1;
  let base64From = 0;
  let previousAt = -1;
  let userBeforeAt = false;
  const { length } = text;
  const bytes = isDecoded ? undefined : asciiBytes(text);

  for (let at = 0; at < length; at += 1) {
    const code = bytes === undefined ? text.charCodeAt(at) : (bytes[at] as number);
    const kind = code < 128 ? (KINDS[code] as number) : foreignKind(code);
    if (kind === KIND.word) continue;
    if (kind === KIND.digit) {
      if (at - lastDigit === 1) digits += 1;
      else if (at > 0 && isWordCode(text.charCodeAt(at - 1))) {
        // Within a word: no number, but perhaps an IBAN.
        digits = IN_WORD;
        if ((traits & TRAIT.iban) === 0 && mayBeIban(text, at)) traits |= TRAIT.iban;
      } else if (continuesNumber(text, lastDigit, at)) {
        digits += 1;
        isBareOne = false;
      } else {
        digits = 1;
        numberFrom = at;
        isBareOne = code === 0x31;
      }
      lastDigit = at;
      if (digits === FEW_DIGITS && isNamed(text, numberFrom)) traits |= TRAIT.shortNumber;
      if (digits >= MANY_DIGITS && !isBareOne) traits |= TRAIT.number;
      continue;
    }
    if (kind >= KIND.other) {
      if (at - base64From >= SHORTEST_BASE64 && (traits & TRAIT.credential) === 0) {
        if (hidesCredential(text, base64From, at)) traits |= TRAIT.credential;
      }
      base64From = at + 1;
    }
    switch (kind) {
      case KIND.rareLetter:
      case KIND.underscore:
        if (isInKeyPrefix(text, at, code)) traits |= TRAIT.credential;
        break;
      case KIND.dash:
        if (isInKeyPrefix(text, at, code)) traits |= TRAIT.credential;
        if (text.charCodeAt(at - 1) === 0x2d && beginsKey(text, at + 1)) traits |= TRAIT.dashes;
        break;
      case KIND.inBase64:
        if (code === 0x2b && schemeEndsBefore(text, at)) traits |= TRAIT.credential;
        break;
      case KIND.blank:
        if (schemeEndsBefore(text, at)) traits |= TRAIT.credential;
        break;
      case KIND.colon:
        // Of one address: a group between two has four digits at most.
        colons = isHex(text.charCodeAt(at - 1)) && at - lastColon <= 5 ? colons + 1 : 1;
        lastColon = at;
        if (colons >= SIX_COLONS || text.charCodeAt(at + 1) === 0x3a) traits |= TRAIT.colons;
        if (schemeEndsBefore(text, at) || labelEndsBefore(text, at, false)) traits |= TRAIT.credential;
        if (text.charCodeAt(at - 1) === 0x22 && secretNameEndsBefore(text, at - 1))
          traits |= TRAIT.secretName;
        break;
      case KIND.equals:
        if (schemeEndsBefore(text, at) || labelEndsBefore(text, at, true)) traits |= TRAIT.credential;
        break;
      case KIND.dot:
        if (lastDigit === at - 1) dottedDigits = at - lastDot <= 4 ? dottedDigits + 1 : 1;
        lastDot = at;
        if (dottedDigits >= 3) traits |= TRAIT.dottedNumber;
        if (isInKeyPrefix(text, at, code) || isRefusedHeader(text, at)) traits |= TRAIT.credential;
        break;
      case KIND.quote:
        if (isBlank(text.charCodeAt(at - 1)) && labelEndsBefore(text, at - 1, false))
          traits |= TRAIT.credential;
        break;
      case KIND.comma:
        if (text.charCodeAt(at - 1) === 0x22 && labelEndsBefore(text, at, false)) traits |= TRAIT.credential;
        break;
      case KIND.at:
        traits |= TRAIT.at;
        userBeforeAt = isUserOfAddress(text, at, previousAt, userBeforeAt);
        previousAt = at;
        if (userBeforeAt) traits |= TRAIT.credential;
        break;
      case KIND.percent:
        if (isHex(text.charCodeAt(at + 1)) && isHex(text.charCodeAt(at + 2))) traits |= TRAIT.percent;
        break;
      case KIND.backslash: {
        const next = text.charCodeAt(at + 1);
        traits |= next === 0x75 || next === 0x2f ? TRAIT.escape | TRAIT.backslash : TRAIT.backslash;
        break;
      }
      default:
        if (code >= 0xd800 && code <= 0xdfff) traits |= TRAIT.surrogate;
    }
  }
  if (length - base64From >= SHORTEST_BASE64 && (traits & TRAIT.credential) === 0) {
    if (hidesCredential(text, base64From, length)) traits |= TRAIT.credential;
  }
  if (!isDecoded && (traits & (TRAIT.percent | TRAIT.credential)) === TRAIT.percent) {
    if ((textTraits(percentDecoded(text), true) & TRAIT.credential) !== 0) traits |= TRAIT.credential;
  }
  return traits;
}

const SHORTEST_ENCODED = 16;
const encoder = new TextEncoder();
const encoded = new Uint8Array(16_384);

/**
 * The text's characters, where all are of ASCII: bytes are read several times as fast as characters of a string. Always
 * the same memory, so only for the outermost of texts within texts.
 */
function asciiBytes(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length < SHORTEST_ENCODED || length > encoded.length) return undefined;
  // More bytes than characters, or no room for the last ones, where there are others.
  const { read, written } = encoder.encodeInto(text, encoded);
  return read === length && written === length ? encoded : undefined;
}

function hidesCredential(text: string, start: number, end: number): boolean {
  if (!decodesToText(text, start, end)) return false;
  const plain = Buffer.from(text.slice(start, end), 'base64').toString();
  return (textTraits(plain, true) & TRAIT.credential) !== 0;
}

/** `//user:password@`. Looks back to the previous `@` at most, or a text of nothing else would take the square. */
function isUserOfAddress(text: string, at: number, previousAt: number, userBeforePrevious: boolean): boolean {
  for (let before = at - 1; before > previousAt; before -= 1) {
    const code = text.charCodeAt(before);
    if (code === 0x2f /* slash */) {
      return text.charCodeAt(before - 1) === 0x2f || text.startsWith('/\\', before - 2);
    }
    if (isBlank(code) || code === 0x22 || code === 0x27 || code === 0x3c || code === 0x3e || code === 0x5c)
      return false;
  }
  return previousAt >= 0 && userBeforePrevious;
}

function mayBeIban(text: string, at: number): boolean {
  // First what most ids are told by: they go on before that.
  return (
    !(at > 2 && isAlphanumeric(text.charCodeAt(at - 3))) &&
    isDigit(text.charCodeAt(at + 1)) &&
    isLetter(text.charCodeAt(at - 1)) &&
    isLetter(text.charCodeAt(at - 2))
  );
}

/** `-----BEGIN`, `---- BEGIN` */
function beginsKey(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 0x42 || code === 0x20) && text.startsWith('BEGIN', code === 0x20 ? at + 1 : at);
}

const NUMBER_NAME =
  /phone|tel|mobile|cell|fax|whatsapp|handy|t\u00e9l\u00e9phone|tel\u00e9fono|m\u00f3vil|ssn|security/i;
const LONGEST_NUMBER_NAME = 40;

function isNamed(text: string, start: number): boolean {
  return (
    text.charCodeAt(start - 1) === 0x2b ||
    NUMBER_NAME.test(text.slice(Math.max(0, start - LONGEST_NUMBER_NAME), start))
  );
}

function continuesNumber(text: string, lastDigit: number, at: number): boolean {
  if (at - lastDigit > WIDEST_GAP + 1) return false;
  for (let between = lastDigit + 1; between < at; between += 1) {
    if (!NUMBER_SEPARATORS.includes(text[between] as string)) return false;
  }
  return true;
}

const NUMBER_SEPARATORS = ' .-/()+\u00A0';

function isWordCode(code: number): boolean {
  return isLetter(code) || code === 0x5f;
}

function isAlphanumeric(code: number): boolean {
  return isLetter(code) || isDigit(code);
}

function isLetter(code: number): boolean {
  const small = code | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHex(code: number): boolean {
  const small = code | 0x20;
  return isDigit(code) || (small >= 0x61 && small <= 0x66);
}

function foreignKind(code: number): number {
  return isBlank(code) ? KIND.blank : KIND.other;
}

function kinds(): Uint8Array {
  const table = new Uint8Array(128).fill(KIND.other);
  const put = (characters: string, kind: number): void => {
    for (const character of characters) table[character.charCodeAt(0)] = kind;
  };
  put('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', KIND.word);
  put('0123456789', KIND.digit);
  put(RARE_LETTERS, KIND.rareLetter);
  put('/+', KIND.inBase64);
  put('-', KIND.dash);
  put('_', KIND.underscore);
  put(' \t\n\v\f\r', KIND.blank);
  put(':', KIND.colon);
  put('=', KIND.equals);
  put('.', KIND.dot);
  put('"\'`', KIND.quote);
  put(',', KIND.comma);
  put('@', KIND.at);
  put('%', KIND.percent);
  put('\\', KIND.backslash);
  return table;
}
