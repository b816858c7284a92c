/**
 * Whether a text may hold a credential: a cheap question before `maskSecrets`, which costs a hundred times as much as
 * all the rest. Each function looks at one place where the scan of the text (`text-traits.ts`) has seen a character
 * that some pattern of `maskSecrets` cannot do without. A wrong yes costs time, a wrong no a secret: where a pattern
 * there grows, so must these. `test/redaction/credential-hint.test.ts` compares the two.
 */
const LONGEST_LABEL = 32;

const LABEL = new RegExp(
  '(?:api[-_ ]?key(?: (?:provided|given|passed|received|used))?|subscription[-_]key|access[-_ ]?key(?:[-_ ]?id)?' +
    '|(?:access|refresh|id|auth|session|security)[-_ ]?token|(?:client|webhook)[-_ ]?secret' +
    '|pass(?:word|wd|phrase)|openai-(?:organization|project)|authorization|cookie)$',
  'i',
);
const PARAMETER = /(?<![A-Za-z])(?:token|secret|key|signature|sig|pwd)$/i;

const SECRET_NAME = /(?:token|secret|pwd|jwt|(?:secret|private)[-_]?key)$/i;

const KEY = '[A-Za-z0-9_.*%…•·●-]';
const SHORT_KEY = new RegExp(`${KEY}{3}`, 'y');
const NAME_LIKE_KEY = new RegExp(`(?=[A-Za-z_-]{0,64}[0-9*.…•·●])${KEY}{8}`, 'y');
const LONG_KEY = new RegExp(`${KEY}{12}`, 'y');
const ORGANIZATION = /[A-Za-z0-9*]{6}/y;
const TOKEN = /[A-Za-z0-9_.=+/-]{16}/y;
const BASIC = /[\s+:=]{1,4}\w[a-z]{0,64}[A-Z0-9+/=]/y;
const GITHUB = /[A-Za-z0-9_]{20}/y;
const VENDOR_KEY = /[A-Za-z0-9_.-]{10}/y;

const ESCAPE_LETTERS = 'bfnrt';

/** Before a separator at `end`, with blanks and quotes between: `password" : `, `?key=`. */
export function labelEndsBefore(text: string, end: number, isParameter: boolean): boolean {
  let at = end;
  for (let blanks = 0; blanks < 2 && isBlank(text.charCodeAt(at - 1)); blanks += 1) at -= 1;
  for (let quotes = 0; quotes < 3 && isQuote(text.charCodeAt(at - 1)); quotes += 1) at -= 1;
  if (text.charCodeAt(at - 1) === 0x3b /* ; of &quot; */) return true;
  if (!mayEndLabel(text.charCodeAt(at - 2) | 0x20, text.charCodeAt(at - 1) | 0x20)) return false;
  const before = text.slice(Math.max(0, at - LONGEST_LABEL), at);
  return LABEL.test(before) || (isParameter && PARAMETER.test(before));
}

/** Before the quote of a member's name: `"token":`. */
export function secretNameEndsBefore(text: string, quote: number): boolean {
  if (!mayEndLabel(text.charCodeAt(quote - 2) | 0x20, text.charCodeAt(quote - 1) | 0x20)) return false;
  return SECRET_NAME.test(text.slice(Math.max(0, quote - LONGEST_LABEL), quote));
}

/** Whether what maskSecrets masks behind a label is the value of a member with this name. */
export function isLabel(name: string): boolean {
  return LABEL.test(name);
}

/** Before a blank, `+`, `:` or `=`. */
export function schemeEndsBefore(text: string, end: number): boolean {
  const last = text.charCodeAt(end - 1) | 0x20;
  if (last === 0x72 /* r */) {
    return (text.charCodeAt(end - 6) | 0x20) === 0x62 && text.slice(end - 6, end).toLowerCase() === 'bearer';
  }
  return (
    last === 0x63 /* c */ &&
    text.charCodeAt(end - 5) === 0x42 &&
    endsWith(text, 'Basic', end) &&
    follows(BASIC, text, end)
  );
}

/** Around a `-`: `sk-`, `xai-`, `org-` … */
export function prefixEndsWithDash(text: string, dash: number): boolean {
  switch (text.charCodeAt(dash - 1)) {
    case 0x6b: // k
      return (
        (begins(text, 'sk', dash) || begins(text, 'pk', dash) || begins(text, 'rk', dash)) &&
        follows(SHORT_KEY, text, dash + 1)
      );
    case 0x73: // s
      return (
        (begins(text, 'sess', dash) && follows(SHORT_KEY, text, dash + 1)) ||
        (endsWith(text, 'xoxs', dash) && follows(VENDOR_KEY, text, dash + 1))
      );
    case 0x69: // i
      return (
        (begins(text, 'xai', dash) || begins(text, 'nvapi', dash)) && follows(NAME_LIKE_KEY, text, dash + 1)
      );
    case 0x78: // x
      return begins(text, 'pplx', dash) && follows(NAME_LIKE_KEY, text, dash + 1);
    case 0x67: // g
      return begins(text, 'org', dash) && follows(ORGANIZATION, text, dash + 1);
    case 0x74: // t
      return endsWith(text, 'glpat', dash) && follows(VENDOR_KEY, text, dash + 1);
    default:
      return (
        text.charCodeAt(dash - 2) === 0x78 &&
        text.startsWith('xo', dash - 4) &&
        follows(VENDOR_KEY, text, dash + 1)
      );
  }
}

/** Around a `_`: `sk_`, `hf_`, `proj_` … */
export function prefixEndsWithUnderscore(text: string, underscore: number): boolean {
  switch (text.charCodeAt(underscore - 1)) {
    case 0x6b: // k
      return (
        (begins(text, 'sk', underscore) ||
          begins(text, 'pk', underscore) ||
          begins(text, 'rk', underscore) ||
          begins(text, 'ek', underscore) ||
          begins(text, 'gsk', underscore)) &&
        follows(NAME_LIKE_KEY, text, underscore + 1)
      );
    case 0x63: // c
      return begins(text, 'whsec', underscore) && follows(NAME_LIKE_KEY, text, underscore + 1);
    case 0x66: // f
      return begins(text, 'hf', underscore) && follows(NAME_LIKE_KEY, text, underscore + 1);
    case 0x6a: // j
      return begins(text, 'proj', underscore) && follows(ORGANIZATION, text, underscore + 1);
    case 0x74: // t
      return endsWith(text, 'github_pat', underscore) && follows(GITHUB, text, underscore + 1);
    case 0x6d: // m
      return endsWith(text, 'npm', underscore) && follows(GITHUB, text, underscore + 1);
    default:
      return (
        text.charCodeAt(underscore - 2) === 0x68 &&
        text.charCodeAt(underscore - 3) === 0x67 &&
        follows(GITHUB, text, underscore + 1)
      );
  }
}

/** Around the one letter of a prefix that is rare in other words: the z of `AIza`, the J of `eyJ`. */
export function prefixAroundLetter(text: string, letter: number): boolean {
  switch (text.charCodeAt(letter)) {
    case 0x7a: // z
      return begins(text, 'AI', letter) && text[letter + 1] === 'a' && follows(LONG_KEY, text, letter + 2);
    case 0x4b: // K
      return (
        begins(text, 'A', letter) && text.startsWith('IA', letter + 1) && follows(LONG_KEY, text, letter + 3)
      );
    case 0x53: // S
      return (
        begins(text, 'A', letter) && text.startsWith('IA', letter + 1) && follows(LONG_KEY, text, letter + 3)
      );
    default: // J
      return begins(text, 'ey', letter) && follows(TOKEN, text, letter + 1);
  }
}

/** Before the dot of `Headers.append: "…`, `ya29.…` or `SG.…`. */
export function prefixEndsBeforeDot(text: string, dot: number): boolean {
  switch (text.charCodeAt(dot - 1)) {
    case 0x73: // s
      return endsWith(text, 'Headers', dot);
    case 0x39: // 9
      return endsWith(text, 'ya29', dot) && follows(VENDOR_KEY, text, dot + 1);
    case 0x47: // G
      return endsWith(text, 'SG', dot) && follows(VENDOR_KEY, text, dot + 1);
    default:
      return false;
  }
}

/** Whether a run of base64 characters may be text: ids and paths are mostly none after three bytes. */
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

/** The last two letters of the names that are labels. */
function mayEndLabel(first: number, second: number): boolean {
  switch (second) {
    case 0x79: // key
      return first === 0x65;
    case 0x64: // provided, id, password, passwd
      return first === 0x65 || first === 0x69 || first === 0x72 || first === 0x77;
    case 0x6e: // token, given, authorization
      return first === 0x65 || first === 0x6f;
    case 0x74: // secret, project, jwt
      return first === 0x65 || first === 0x63 || first === 0x77;
    case 0x65: // passphrase, cookie, signature
      return first === 0x73 || first === 0x69 || first === 0x72;
    case 0x67: // sig
      return first === 0x69;
    default:
      return false;
  }
}

/** Whether the prefix stands before `end` and not within a word, as `START` of maskSecrets has it. */
function begins(text: string, prefix: string, end: number): boolean {
  const start = end - prefix.length;
  if (!endsWith(text, prefix, end)) return false;
  if (start === 0 || !isAlphanumeric(text.charCodeAt(start - 1))) return true;
  return (
    (ESCAPE_LETTERS.includes(text[start - 1] ?? '') && text[start - 2] === '\\') ||
    text.startsWith('\\u', start - 6)
  );
}

/** By characters from the end, of which the first is mostly the last that is looked at. */
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

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
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
