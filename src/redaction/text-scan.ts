/**
 * A single pass over the characters of a text that decides which detectors must search it. Nearly all texts of events need
 * none of them, so this loop determines the cost of redaction.
 */
import { finished, type WorkSteps } from '../steps.js';
import { RARE_LETTERS } from '../text/credential-shapes.js';
import { decodedWord } from '../text/encoded-words.js';
import {
  decodesToText,
  isBlank,
  isInKeyPrefix,
  isLetter,
  isRefusedHeader,
  isUserOfCommand,
  isUserOfOracle,
  labelEndsBefore,
  likelyNameEndsBefore,
  optionOrPhraseEndsBefore,
  partOfKeyFollows,
  runHoldsKey,
  schemeEndsBefore,
  secretNameEndsBefore,
} from './credential-scan.js';
import {
  changedByWindows,
  LONGEST_PIECE,
  piecewiseTraits,
  scanTextAhead,
  traitsKnownAhead,
  type WindowChange,
} from './long-text-scan.js';

/** Traits of a text, as bits. */
export const TRAIT = {
  credential: 1,
  at: 2,
  /** Digits close to each other, at least as many as in the shortest number that a detector finds. */
  number: 4,
  /** A number of any length with a label before it: `phone: 555 1234`, `+`. */
  shortNumber: 2048,
  dottedNumber: 8,
  colons: 16,
  /** Two letters and two digits that begin a word. */
  iban: 32,
  dashes: 64,
  /** Perhaps a lone surrogate. */
  surrogate: 128,
  /** An escape that may hide a match: `\u0040`, `\/`. */
  escape: 256,
  backslash: 512,
  /** The name of a member in a text of JSON, whose value may be a credential: `"token":`. */
  secretName: 4096,
  /** `%40` and its like. */
  percent: 1024,
  /** `&#64;` and its like. */
  entity: 8192,
} as const;

/** Traits that no detector searches for. They say how the text must be read. */
export const NOTHING_TO_FIND = TRAIT.backslash | TRAIT.surrogate;

const ENCODED = TRAIT.percent | TRAIT.entity;

const FEW_DIGITS = 7;
/** Digits of the shortest number without a label or a `+`. */
const MANY_DIGITS = 9;
/** Maximum number of characters between two digits of one number: `030 / 12`. */
const WIDEST_GAP = 3;
/** An IPv6 address has seven colons, or six if its end is an IPv4 address. */
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
  // The kinds from here on are not characters of base64.
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
  more: 16,
  tilde: 17,
  ampersand: 18,
} as const;

const KINDS = kinds();

/** Returns the traits of a text. A long one may have been scanned ahead, and is scanned in pieces otherwise. */
export function textTraits(text: string): number {
  const { length } = text;
  if (length <= LONGEST_PIECE) return scannedTraits(text, false);
  const known = traitsKnownAhead(text);
  if (known !== undefined) return known;
  return finished(piecewiseTraits(text, scannedTraits));
}

/** Scans a long text ahead of its redaction. Stops after each piece. */
export function scanAhead(text: string): WorkSteps<void> {
  return scanTextAhead(text, scannedTraits);
}

/** As many digits as in the shortest number that a detector finds, whatever stands between them. */
const NUMBER_LIKE = /\d(?:[^\dA-Za-z]{0,4}\d){6}/;

/**
 * Changes a long text where the scan finds something; see {@link changedByWindows}.
 *
 * @param traits - those of the text. If it has a number, detectors find shorter ones, too, than those that the scan finds.
 */
export function changedWhereFound(text: string, traits: number, change: WindowChange): WorkSteps<string> {
  const hasNumbers = (traits & (TRAIT.number | TRAIT.shortNumber)) !== 0;
  const mayHold = (part: string, own: number) =>
    (own & ~NOTHING_TO_FIND) !== 0 || (hasNumbers && NUMBER_LIKE.test(part));
  return changedByWindows(text, scannedTraits, TRAIT.credential, mayHold, change);
}

/** @param isDecoded - whether escapes are decoded already. As in maskSecrets, they are decoded only once. */
export function scannedTraits(text: string, isDecoded = false): number {
  let traits = 0;
  let digits = 0;
  let lastDigit = -WIDEST_GAP - 1;
  let numberFrom = 0;
  /** Whether the number begins with 1 and has no separator, like a time. Such a number needs a label. */
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
    if (bytes !== undefined) {
      at = endOfWord(bytes, at, length);
      if (at === length) break;
    }
    const code = bytes === undefined ? text.charCodeAt(at) : (bytes[at] as number);
    const kind = code < 128 ? (KINDS[code] as number) : foreignKind(code);
    if (kind === KIND.word) continue;
    if (kind === KIND.digit) {
      if (at - lastDigit === 1) digits += 1;
      else if (at > 0 && isWordCode(text.charCodeAt(at - 1))) {
        // Digits within a word are not a number, but perhaps an IBAN.
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
        if (holdsCredential(text, base64From, at)) traits |= TRAIT.credential;
      }
      base64From = at + 1;
    }
    switch (kind) {
      case KIND.rareLetter:
      case KIND.underscore:
        if (isInKeyPrefix(text, at, code)) traits |= TRAIT.credential;
        break;
      case KIND.dash:
        if (isInKeyPrefix(text, at, code) || partOfKeyFollows(text, at, code)) traits |= TRAIT.credential;
        if (text.charCodeAt(at - 1) === 0x2d && beginsKey(text, at + 1)) traits |= TRAIT.dashes;
        if (text.startsWith('PuTTY-User-Key-File', at - 5)) traits |= TRAIT.dashes;
        break;
      case KIND.inBase64:
        if (code === 0x2b ? schemeEndsBefore(text, at) : partOfKeyFollows(text, at, code))
          traits |= TRAIT.credential;
        break;
      case KIND.blank:
        if (schemeEndsBefore(text, at) || optionOrPhraseEndsBefore(text, at)) traits |= TRAIT.credential;
        break;
      case KIND.colon:
        // Colons of one address have at most four digits between them.
        colons = isHex(text.charCodeAt(at - 1)) && at - lastColon <= 5 ? colons + 1 : 1;
        lastColon = at;
        if (colons >= SIX_COLONS || text.charCodeAt(at + 1) === 0x3a) traits |= TRAIT.colons;
        if (
          schemeEndsBefore(text, at) ||
          labelEndsBefore(text, at, true) ||
          likelyNameEndsBefore(text, at) ||
          partOfKeyFollows(text, at, code) ||
          isUserOfCommand(text, at)
        )
          traits |= TRAIT.credential;
        if (text.charCodeAt(at - 1) === 0x22 && secretNameEndsBefore(text, at - 1))
          traits |= TRAIT.secretName;
        break;
      case KIND.equals:
        if (schemeEndsBefore(text, at) || labelEndsBefore(text, at, true) || likelyNameEndsBefore(text, at))
          traits |= TRAIT.credential;
        break;
      case KIND.dot:
        if (lastDigit === at - 1) dottedDigits = at - lastDot <= 4 ? dottedDigits + 1 : 1;
        lastDot = at;
        if (dottedDigits >= 3) traits |= TRAIT.dottedNumber;
        if (isInKeyPrefix(text, at, code) || isRefusedHeader(text, at) || partOfKeyFollows(text, at, code))
          traits |= TRAIT.credential;
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
        if (userBeforeAt || ((traits & TRAIT.credential) === 0 && isUserOfOracle(text, at)))
          traits |= TRAIT.credential;
        break;
      case KIND.percent:
        if (isHex(text.charCodeAt(at + 1)) && isHex(text.charCodeAt(at + 2))) traits |= TRAIT.percent;
        break;
      case KIND.backslash: {
        const next = text.charCodeAt(at + 1);
        traits |= next === 0x75 || next === 0x2f ? TRAIT.escape | TRAIT.backslash : TRAIT.backslash;
        break;
      }
      case KIND.more:
        if (labelEndsBefore(text, at, true) || likelyNameEndsBefore(text, at)) traits |= TRAIT.credential;
        break;
      case KIND.ampersand:
        if (text.charCodeAt(at + 1) === 0x23 || isLetter(text.charCodeAt(at + 1))) traits |= TRAIT.entity;
        break;
      case KIND.tilde:
        if (partOfKeyFollows(text, at, code)) traits |= TRAIT.credential;
        break;
      default:
        if (code >= 0xd800 && code <= 0xdfff) traits |= TRAIT.surrogate;
    }
  }
  if (length - base64From >= SHORTEST_BASE64 && (traits & TRAIT.credential) === 0) {
    if (holdsCredential(text, base64From, length)) traits |= TRAIT.credential;
  }
  if (!isDecoded && (traits & ENCODED) !== 0 && (traits & TRAIT.credential) === 0) {
    if ((scannedTraits(decodedWord(text), true) & TRAIT.credential) !== 0) traits |= TRAIT.credential;
  }
  return traits;
}

/** The index of the first character that is not an ordinary letter. A loop of its own takes fewer registers. */
function endOfWord(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  while (at < length && KINDS[bytes[at] as number] === KIND.word) at += 1;
  return at;
}

const SHORTEST_ENCODED = 16;
const encoder = new TextEncoder();
const encoded = new Uint8Array(LONGEST_PIECE);

/**
 * Returns the bytes of a text of ASCII characters, which are read several times as fast as the characters of a string;
 * `undefined` for other texts. The buffer is always the same, so it must not be used for a text within a text.
 */
function asciiBytes(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length < SHORTEST_ENCODED || length > encoded.length) return undefined;
  // With other characters there are more bytes than characters, or no room for the last ones.
  const { read, written } = encoder.encodeInto(text, encoded);
  return read === length && written === length ? encoded : undefined;
}

/** Whether a run of characters of base64 is a key, or a credential in base64. */
function holdsCredential(text: string, start: number, end: number): boolean {
  return runHoldsKey(text, start, end) || hidesCredential(text, start, end);
}

function hidesCredential(text: string, start: number, end: number): boolean {
  if (!decodesToText(text, start, end)) return false;
  const plain = Buffer.from(text.slice(start, end), 'base64').toString();
  return (scannedTraits(plain, true) & TRAIT.credential) !== 0;
}

/**
 * Whether the text before an `@` is the user of an address: `//user:password@`. It reads back to the previous `@` at most;
 * otherwise the time for a text of many `@` would grow with the square of its length.
 */
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
  // The first check excludes most ids: they have more characters before these.
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
  put('>', KIND.more);
  put('~', KIND.tilde);
  put('&', KIND.ampersand);
  return table;
}
