/**
 * A cheap test whether a text may contain a credential. `maskSecrets`, which finds out for certain, costs a hundred times
 * as much as everything else in redaction. Each function looks at one place, at which the scan of the text
 * (`text-scan.ts`) met a character that a shape of `text/credential-shapes.ts` cannot do without.
 */
import {
  AUTH_SCHEMES,
  AUTHORIZATION,
  COOKIE,
  KEYS_WITHOUT_PREFIX,
  type KeyShape,
  LABEL,
  MODEL_PROVIDER_KEYS,
  mayBeginWord,
  oneOfPatterns,
  PARAMETER_LABELS,
  RARE_LETTERS,
  REFUSED_HEADER,
  SCHEME_SEPARATOR,
  SECRET_LABELS,
  TOOL_SERVICE_KEYS,
} from '../text/credential-shapes.js';
import { CREDENTIAL_OPTION, LIKELY_LABELS } from '../text/likely-names.js';
import { credentialName, LONGEST_CREDENTIAL_NAME } from './credential-names.js';

/* Keys */

/** A prefix of keys, split at the character at which the scan stops. */
interface SplitPrefix {
  readonly before: string;
  /** Code of the character at which the scan stops. */
  readonly stop: number;
  readonly behind: string;
  /** The least key behind the prefix, as a sticky pattern. */
  readonly key: RegExp;
}

/** Prefixes by the character at which the scan stops, then by the character before it. */
const PREFIXES = byCode(splitPrefixes(), ({ stop }) => stop).map((prefixes = []) =>
  byCode(prefixes, ({ before }) => before.charCodeAt(before.length - 1)),
);

/**
 * Whether the character at this index belongs to the prefix of a key: `sk-`, `hf_`, `ya29.`, the z of `AIza`.
 *
 * @param code - the code of that character, one of ASCII.
 */
export function isInKeyPrefix(text: string, at: number, code: number): boolean {
  const previous = text.charCodeAt(at - 1);
  const prefixes = previous < 128 ? PREFIXES[code]?.[previous] : undefined;
  if (prefixes === undefined) return false;
  for (const { before, behind, key } of prefixes) {
    if (
      endsWith(text, before, at) &&
      mayBeginWord(text, at - before.length) &&
      text.startsWith(behind, at + 1) &&
      follows(key, text, at + 1 + behind.length)
    ) {
      return true;
    }
  }
  return false;
}

function splitPrefixes(): SplitPrefix[] {
  return [...MODEL_PROVIDER_KEYS, ...TOOL_SERVICE_KEYS].flatMap((shape) => {
    const key = new RegExp(keyBehindPrefix(shape), 'y');
    return shape.prefixes.flatMap((prefix) => {
      const at = stopIn(prefix);
      return at < 0
        ? []
        : [{ before: prefix.slice(0, at), stop: prefix.charCodeAt(at), behind: prefix.slice(at + 1), key }];
    });
  });
}

function keyBehindPrefix({ characters, least, ahead = '' }: KeyShape): string {
  return `${ahead}${characters}{${least}}`;
}

/** The index of the character of a prefix at which the scan stops; -1 if there is none. */
function stopIn(prefix: string): number {
  if (/[-_.]$/.test(prefix)) return prefix.length - 1;
  return [...prefix].findIndex((character, index) => index > 0 && RARE_LETTERS.includes(character));
}

/** The prefixes without a character at which the scan stops, by their first character. */
const LETTER_PREFIXES = byCode(
  [...MODEL_PROVIDER_KEYS, ...TOOL_SERVICE_KEYS].flatMap((shape) => {
    const key = new RegExp(keyBehindPrefix(shape), 'y');
    return shape.prefixes
      .filter((prefix) => stopIn(prefix) < 0)
      .map((prefix) => ({ prefix, second: prefix.charCodeAt(1), key }));
  }),
  ({ prefix }) => prefix.charCodeAt(0),
);

/** Whether a run of letters, digits, dashes and the like contains a key whose prefix is only letters: `dapi`, `LTAI`. */
export function runHoldsKey(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const prefixes = LETTER_PREFIXES[text.charCodeAt(at)];
    if (prefixes === undefined) continue;
    const second = text.charCodeAt(at + 1);
    for (const known of prefixes) {
      if (known.second !== second || !text.startsWith(known.prefix, at)) continue;
      if (mayBeginWord(text, at) && follows(known.key, text, at + known.prefix.length)) return true;
    }
  }
  return false;
}

/** Keys without a prefix, by the character at which the scan looks for them. */
const PARTED_KEYS = byCode(
  KEYS_WITHOUT_PREFIX.map(({ behind, ...key }) => ({ ...key, behind: new RegExp(behind, 'y') })),
  ({ stop }) => stop.charCodeAt(0),
);

/** Whether the part of a key without a prefix follows this character. */
export function partOfKeyFollows(text: string, at: number, code: number): boolean {
  const keys = PARTED_KEYS[code];
  if (keys === undefined) return false;
  for (const { sign, signAt, behind } of keys) {
    if (sign.includes(text[at + signAt] ?? ' ') && follows(behind, text, at + 1)) return true;
  }
  return false;
}

const USER_OF_ORACLE = /(?:oracle:\w{1,8}:|\bsqlplus (?:-\w{1,2} )?)[^\s/@:]{1,64}\/[^\s/@]{1,128}$/i;
const LONGEST_ORACLE = 220;

/** Whether the text before an `@` is the user of an Oracle database: `oracle:thin:scott/tiger@`. */
export function isUserOfOracle(text: string, at: number): boolean {
  return USER_OF_ORACLE.test(text.slice(Math.max(0, at - LONGEST_ORACLE), at));
}

const USER_OPTION = /\s(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}$/;
const LONGEST_USER = 64;
const LONGEST_OPTION = 16;

/** Whether the text before a colon is the user in `curl -u user:password`. */
export function isUserOfCommand(text: string, colon: number): boolean {
  let at = colon;
  const first = Math.max(0, colon - LONGEST_USER);
  while (at > first && isOfUser(text.charCodeAt(at - 1))) at -= 1;
  if (at === colon || isBlank(text.charCodeAt(colon + 1))) return false;
  if (isQuote(text.charCodeAt(at - 1))) at -= 1;
  // The last letter of `-u`, `--user` and `--proxy-user`, before a blank or an equals sign.
  const option = text.charCodeAt(at - 2);
  return (
    (option === 0x75 || option === 0x72) &&
    USER_OPTION.test(text.slice(Math.max(0, at - LONGEST_OPTION), colon))
  );
}

function isOfUser(code: number): boolean {
  return !isBlank(code) && !isQuote(code) && code !== 0x3d && code !== 0x3a;
}

/** A table with the values for each character of ASCII. */
function byCode<Value>(
  values: readonly Value[],
  codeOf: (value: Value) => number,
): ReadonlyArray<readonly Value[] | undefined> {
  return Array.from({ length: 128 }, (_, code) => {
    const found = values.filter((value) => codeOf(value) === code);
    return found.length === 0 ? undefined : found;
  });
}

/** Whether the text before this dot begins a header that Node refused: `Headers.append: "…`. */
export function isRefusedHeader(text: string, dot: number): boolean {
  return endsWith(text, REFUSED_HEADER.prefix, dot);
}

/* Schemes */

/** Schemes by the last letter of their names. */
const SCHEMES = byCode(
  AUTH_SCHEMES.map(({ name, ignoresCase, credential }) => ({
    length: name.length,
    first: name.toLowerCase().charCodeAt(0),
    last: name.toLowerCase().charCodeAt(name.length - 1),
    credential: new RegExp(`(?<=${name})${SCHEME_SEPARATOR}${credential}`, ignoresCase ? 'iy' : 'y'),
  })),
  ({ last }) => last,
);

/** Whether a scheme such as `Bearer` ends before this blank, `+`, `:` or `=`, and a credential follows. */
export function schemeEndsBefore(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1) | 0x20;
  const schemes = last < 128 ? SCHEMES[last] : undefined;
  if (schemes === undefined) return false;
  for (const { length, first, credential } of schemes) {
    if ((text.charCodeAt(end - length) | 0x20) === first && follows(credential, text, end)) return true;
  }
  return false;
}

/* Labels */

const LABEL_AT_END = new RegExp(`${LABEL}$`, 'i');
const PARAMETER_AT_END = new RegExp(
  `(?<![A-Za-z])${oneOfPatterns(PARAMETER_LABELS).replaceAll('.', '\\.')}$`,
  'i',
);

/** The last two letters of all labels: for each last letter the set of letters before it, as bits. */
const LABEL_ENDINGS = endingsOf([...SECRET_LABELS, AUTHORIZATION, COOKIE, ...PARAMETER_LABELS]);

/** Length of the longest text that can be a label. A pattern is at least as long as the texts that it matches. */
const LONGEST_LABEL = Math.max(...[...SECRET_LABELS, ...PARAMETER_LABELS].map((label) => label.length));

/** Whether a label ends before the separator at `end`, with blanks and quotes between: `password" : `, `?key=`. */
export function labelEndsBefore(text: string, end: number, isParameter: boolean): boolean {
  let at = end;
  for (let blanks = 0; blanks < 2 && isBlank(text.charCodeAt(at - 1)); blanks += 1) at -= 1;
  for (let quotes = 0; quotes < 3 && isQuote(text.charCodeAt(at - 1)); quotes += 1) at -= 1;
  if (text.charCodeAt(at - 1) === 0x3b /* ; of &quot; */) return true;
  if (!hasEnding(LABEL_ENDINGS, text, at)) return false;
  const before = text.slice(Math.max(0, at - LONGEST_LABEL), at);
  return LABEL_AT_END.test(before) || (isParameter && PARAMETER_AT_END.test(before));
}

const LIKELY_AT_END = new RegExp(`${oneOfPatterns(LIKELY_LABELS)}$`, 'i');
const LONGEST_LIKELY = Math.max(...LIKELY_LABELS.map((label) => label.length));
const LONGEST_TYPE = 16;

/** Whether a name in code that may be a credential's ends before this `:`, `=` or `>`: `userToken :=`, `Token: String =`. */
export function likelyNameEndsBefore(text: string, end: number): boolean {
  let at = text.charCodeAt(end - 1) === 0x3a ? end - 1 : end;
  for (let blanks = 0; blanks < 2 && isBlank(text.charCodeAt(at - 1)); blanks += 1) at -= 1;
  if (isLikelyName(text, at)) return true;
  const typeEnd = at;
  while (at > typeEnd - LONGEST_TYPE && isLetter(text.charCodeAt(at - 1))) at -= 1;
  if (at === typeEnd || !isBlank(text.charCodeAt(at - 1))) return false;
  at -= 1;
  return isLikelyName(text, text.charCodeAt(at - 1) === 0x3a ? at - 1 : at);
}

function isLikelyName(text: string, end: number): boolean {
  return (
    hasEnding(LABEL_ENDINGS, text, end) &&
    LIKELY_AT_END.test(text.slice(Math.max(0, end - LONGEST_LIKELY), end))
  );
}

export function isLetter(code: number): boolean {
  const small = code | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

const OPTION_AT_END = new RegExp(`(?<!\\S)${CREDENTIAL_OPTION}$`);
const LONGEST_CREDENTIAL_OPTION = 80;

/** Whether an option such as `--token`, or `the password is`, ends before this blank. */
export function optionOrPhraseEndsBefore(text: string, blank: number): boolean {
  const last = text.charCodeAt(blank - 1) | 0x20;
  // The last letters of the options: token, secret, password, pass, key.
  if (last === 0x6e || last === 0x74 || last === 0x64 || last === 0x79) return isOption(text, blank);
  if (last === 0x3a) return isPhrase(text, blank - 1);
  return last === 0x73 && (isPhrase(text, blank) || isOption(text, blank));
}

/** Most words that end like an option do not begin with a dash, which is seen faster than by the pattern. */
function isOption(text: string, end: number): boolean {
  if (!hasEnding(LABEL_ENDINGS, text, end)) return false;
  const first = Math.max(0, end - LONGEST_CREDENTIAL_OPTION);
  let start = end;
  while (start > first && isOfOption(text.charCodeAt(start - 1))) start -= 1;
  return text.charCodeAt(start) === 0x2d && OPTION_AT_END.test(text.slice(first, end));
}

function isOfOption(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || code === 0x2d;
}

/** Whether `is` or `was` ends here, behind a label. */
function isPhrase(text: string, end: number): boolean {
  if ((text.charCodeAt(end - 1) | 0x20) !== 0x73) return false;
  const vowel = text.charCodeAt(end - 2) | 0x20;
  const before = text.charCodeAt(end - 3);
  if (vowel === 0x69) return before === 0x20 && phraseLabelEndsAt(text, end - 3);
  const isWas = vowel === 0x61 && (before | 0x20) === 0x77 && text.charCodeAt(end - 4) === 0x20;
  return isWas && phraseLabelEndsAt(text, end - 4);
}

function phraseLabelEndsAt(text: string, end: number): boolean {
  return isLikelyName(text, end) || labelEndsBefore(text, end, false);
}

/** Whether the name of a secret member ends before this quote: `"token":`, `\"token\":`. */
export function secretNameEndsBefore(text: string, quote: number): boolean {
  let end = quote;
  while (end > 0 && text.charCodeAt(end - 1) === 0x5c) end -= 1;
  let start = end;
  const first = Math.max(0, end - LONGEST_CREDENTIAL_NAME);
  while (start > first && text.charCodeAt(start - 1) !== 0x22) start -= 1;
  if (text.charCodeAt(start - 1) !== 0x22) return false;
  const name = text.slice(start, end);
  return name === 'kty' || credentialName(name).isText;
}

/** Whether a member with this name holds what `maskSecrets` masks behind a label. */
export function isLabel(name: string): boolean {
  return LABEL_AT_END.test(name);
}

function endingsOf(labels: readonly string[]): Int32Array {
  const endings = new Int32Array(128);
  for (const label of labels) {
    const last = label.charCodeAt(label.length - 1);
    endings[last] = (endings[last] ?? 0) | (1 << (label.charCodeAt(label.length - 2) - 0x61));
  }
  return endings;
}

function hasEnding(endings: Int32Array, text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1) | 0x20;
  const previous = (text.charCodeAt(end - 2) | 0x20) - 0x61;
  return last < 128 && previous >= 0 && previous < 26 && (((endings[last] as number) >> previous) & 1) === 1;
}

/* Base64 */

/** Whether a run of base64 characters may be text. The bytes of ids and paths rarely are beyond the third. */
export function decodesToText(text: string, start: number, end: number): boolean {
  let buffered = 0;
  let bits = 0;
  let continuations = 0;
  for (let at = start; at < end; at += 1) {
    buffered = ((buffered << 6) | sextet(text.charCodeAt(at))) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (buffered >> bits) & 0xff;
    if (continuations > 0) {
      if (byte >> 6 !== 0b10) return false;
      continuations -= 1;
    } else if (byte < 0x80) {
      if ((byte < 0x20 && (byte < 9 || byte > 13)) || byte === 0x7f) return false;
    } else if (byte >= 0xc2 && byte < 0xe0) continuations = 1;
    else if (byte >= 0xe0 && byte < 0xf0) continuations = 2;
    else if (byte >= 0xf0 && byte < 0xf5) continuations = 3;
    else return false;
  }
  return true;
}

function sextet(code: number): number {
  if (code >= 0x61) return code === 0x5f ? 63 : code - 71;
  if (code >= 0x41) return code === 0x5f ? 63 : code - 65;
  if (code >= 0x30) return code + 4;
  return code === 0x2f ? 63 : 62;
}

/* Characters */

/** Compares from the end, as the character before `end` is the one that differs most often. */
function endsWith(text: string, word: string, end: number): boolean {
  if (end < word.length) return false;
  for (let back = 1; back <= word.length; back += 1) {
    if (text.charCodeAt(end - back) !== word.charCodeAt(word.length - back)) return false;
  }
  return true;
}

function follows(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(text);
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x60 || code === 0x5c;
}

export function isBlank(code: number): boolean {
  return (
    code === 0x20 ||
    (code >= 9 && code <= 13) ||
    (code >= 0xa0 &&
      (code === 0xa0 ||
        code === 0x1680 ||
        (code >= 0x2000 && code <= 0x200a) ||
        code === 0x2028 ||
        code === 0x2029 ||
        code === 0x202f ||
        code === 0x205f ||
        code === 0x3000 ||
        code === 0xfeff))
  );
}
