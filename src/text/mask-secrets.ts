import {
  AUTH_SCHEMES,
  AUTHORIZATION,
  type AuthScheme,
  BARE,
  COOKIE,
  KEYS_WITHOUT_PREFIX,
  type KeyShape,
  MODEL_PROVIDER_KEYS,
  oneOfPatterns,
  PARAMETER_LABELS,
  REFUSED_HEADER,
  SCHEME_SEPARATOR,
  SECRET_LABELS,
  TOOL_SERVICE_KEYS,
  WORD_START,
} from './credential-shapes.js';
import { replaceEncodedWords } from './encoded-words.js';
import {
  CREDENTIAL_OPTION,
  DECLARED_TYPE,
  LIKELY_LABELS,
  LIKELY_NAME,
  LIKELY_VALUE,
} from './likely-names.js';

export const MASK = '[REDACTED]';

/** A pattern and its replacement. Each match contains one of `needs`, if it is there. */
type Masking = readonly [pattern: RegExp, replacement: string, needs?: readonly string[]];

const QUOTES = String.raw`(?:["'\`\\]|&(?:quot|#34|#39|#x27);){0,3}`;

/** The start of a value that is masked already, which must not be masked twice. */
const MASKED = String.raw`[>\s]{0,3}${QUOTES}[A-Za-z]{0,12}[-_ ]?\[REDACTED`;

/**
 * Masks the credentials in a text that leaves the process, such as the message of an error: "Incorrect API key provided:
 * sk-…", the headers of a request that a gateway quotes, the address of a proxy. Keys, tokens, passwords and ids of
 * organisations and projects are found by their shape or by a name such as `api-key` before them, also if they are
 * percent-encoded or in base64.
 *
 * Takes time that is linear in the length of the text, whatever the text is.
 */
export function maskSecrets(text: string): string {
  return replaceEncodedWords(withoutSecrets(text), maskEncoded);
}

/** Bound of the texts that are kept with their masked form. */
const MAX_CONSTANTS = 500;
const constants = new Map<string, string>();

/** Masks a text that does not change from call to call, such as the description of a tool. */
export function maskConstant(text: string): string {
  const known = constants.get(text);
  if (known !== undefined) return known;
  const masked = maskSecrets(text);
  if (constants.size >= MAX_CONSTANTS) constants.clear();
  constants.set(text, masked);
  return masked;
}

/** Base64 comes first: after a part of it was masked, the rest could not be decoded. */
function withoutSecrets(text: string): string {
  return applyMaskings(text.replace(BASE64, maskBase64));
}

const MASKINGS: readonly Masking[] = makeMaskings();

function makeMaskings(): readonly Masking[] {
  return [
    // The user in an address: everything up to the last @ before its path.
    [/((?:\\?\/){2})[^\s/"'<>\\]*@/g, `$1${MASK}@`],
    // Oracle: scott/tiger@host
    [/((?:oracle:\w{1,8}:|\bsqlplus (?:-\w{1,2} )?)[^\s/@:]{1,64}\/)[^\s/@]{1,128}(?=@)/gi, `$1${MASK}`],
    [/(\s(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,64}:)(?!\[REDACTED|\/\/)[^\s"']+/g, `$1${MASK}`],
    [new RegExp(`(${REFUSED_HEADER.prefix}${REFUSED_HEADER.rest})[^"]*`, 'g'), `$1${MASK}`],
    // Schemes come before keys, because the credential of a scheme may be a key.
    ...AUTH_SCHEMES.map(schemeMasking),
    ...[...TOOL_SERVICE_KEYS, ...MODEL_PROVIDER_KEYS].map(keyMasking),
    ...KEYS_WITHOUT_PREFIX.map(({ pattern }): Masking => [new RegExp(WORD_START + pattern, 'g'), MASK]),
    labelled(oneOfPatterns(SECRET_LABELS)),
    // The contents of an element: <password>…</password>
    [
      new RegExp(
        `(<[\\w:.-]{0,40}${oneOfPatterns([...SECRET_LABELS, ...LIKELY_LABELS])}>\\s{0,2})(?!${MASKED})[^\\s<>][^<>]{0,1024}`,
        'gi',
      ),
      `$1${MASK}`,
    ],
    [
      new RegExp(
        `(?<![A-Za-z])(${oneOfPatterns(LIKELY_LABELS)}${QUOTES}\\s{0,2}:=?\\s{0,2}${QUOTES})(?!${MASKED})${LIKELY_VALUE}${BARE}{8,}`,
        'gi',
      ),
      `$1${MASK}`,
    ],
    // A constant, a variable or a field in code.
    [
      new RegExp(
        `(${LIKELY_NAME}${DECLARED_TYPE}\\s{0,2}(?::=|=>?|:)\\s{0,2}${QUOTES})(?!${MASKED})${LIKELY_VALUE}${BARE}{8,}`,
        'g',
      ),
      `$1${MASK}`,
    ],
    [
      new RegExp(
        `((?<!\\S)${CREDENTIAL_OPTION}\\s{1,2}${QUOTES})(?!${MASKED}|-)${LIKELY_VALUE}${BARE}{8,}`,
        'g',
      ),
      `$1${MASK}`,
    ],
    // The password is …
    [
      new RegExp(
        `(?<![A-Za-z])(${oneOfPatterns([...SECRET_LABELS, ...LIKELY_LABELS])} (?:is|was):? ${QUOTES})(?!${MASKED})${LIKELY_VALUE}${BARE}{8,}`,
        'gi',
      ),
      `$1${MASK}`,
    ],
    labelled(AUTHORIZATION, { scheme: '(?:Bearer|Basic|Token|Api-?Key) ' }),
    // The first word is another scheme, or the credential itself.
    labelled(AUTHORIZATION, { more: `(?: ${BARE}+)?` }),
    // A line of several cookies.
    labelled(COOKIE, { character: String.raw`[^"'\\[\r\n]` }),
    [
      new RegExp(
        `(?<![A-Za-z])(${PARAMETER_LABELS.join('|').replaceAll('.', '\\.')})=(?!${MASKED})(${QUOTES})${BARE}{8,}`,
        'gi',
      ),
      `$1=$2${MASK}`,
    ],
  ];
}

function schemeMasking({ name, ignoresCase, credential }: AuthScheme): Masking {
  return [
    new RegExp(`${WORD_START}${name}${SCHEME_SEPARATOR}${credential}${BARE}*`, ignoresCase ? 'gi' : 'g'),
    `${name} ${MASK}`,
  ];
}

function keyMasking({ prefixes, characters, least, ahead = '', masksPrefix }: KeyShape): Masking {
  const prefix = prefixes.map((text) => text.replaceAll('.', String.raw`\.`)).join('|');
  return [
    new RegExp(`${WORD_START}(${prefix})${ahead}${characters}{${least},}`, 'g'),
    masksPrefix ? MASK : `$1${MASK}`,
    prefixes,
  ];
}

/** Masks the value behind a label: `label: value`, `"label":"value"`, `label=value`. */
function labelled(label: string, { scheme = '', character = BARE, more = '' } = {}): Masking {
  // The comma separates the entries of a list of raw headers, ["api-key","…"].
  const separator = String.raw`${QUOTES}(?:\s{0,2}(?::=|[:=]>?|(?<="),(?=\s?\\{0,3}"))\s{0,2}|\s(?=["'\`]))`;
  const inQuotes = String.raw`(")(?:[^"\\\n]|\\.)+|(')(?:[^'\\\n]|\\.)+`;
  const bare = String.raw`(${QUOTES}${scheme})${character}+(?:\[REDACTED]${character}*)*${more}`;
  const pattern = `(${label})(${separator})(?!${MASKED})(?:${inQuotes}|${bare})`;
  return [new RegExp(pattern, 'gi'), `$1$2$3$4$5${MASK}`];
}

function applyMaskings(text: string): string {
  let masked = text;
  for (const [pattern, replacement, needs] of MASKINGS) {
    if (needs === undefined || masked.length < LONG_TEXT || needs.some((need) => masked.includes(need)))
      masked = masked.replace(pattern, replacement);
  }
  return masked;
}

/**
 * Characters from which on a text is searched for the beginnings of keys before it is searched for keys. A pattern passes
 * a megabyte in 5 ms, and a search for a text in 0.2 (Node 20).
 */
const LONG_TEXT = 4_096;

/* Encoded credentials */

const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;

/** Characters that a text never contains: control characters that are not blanks, and bytes that are not UTF-8. */
const NOISE = /[^\P{Cc}\s]|\uFFFD/u;

function maskEncoded(plain: string): string | undefined {
  const masked = withoutSecrets(plain);
  return masked === plain ? undefined : masked;
}

/** Ids and paths look like base64 too, but do not decode to text. */
function maskBase64(run: string): string {
  const plain = Buffer.from(run, 'base64').toString();
  return !NOISE.test(plain) && applyMaskings(plain) !== plain ? MASK : run;
}
