/**
 * Credentials that an error text may quote: "Incorrect API key provided: sk-…", the headers of a request that a gateway
 * sends back, the address of a proxy.
 *
 * Every pattern takes time that is linear in the text, whatever stands there: what repeats without a limit is one
 * class of characters, and where that may be in vain, the pattern cannot begin a second time within it.
 */
const MASK = '[REDACTED]';

/** Not within a word (`task-force`), but right behind an escape that ends in a letter (`\nsk-…` as JSON has it). */
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))`;

/** Servers shorten the keys that they quote, with stars or dots of any kind, and leave the ends. */
const KEY = '[A-Za-z0-9_.*%…•·●-]';

/** What a sentence may have behind the name of a scheme, where a credential could stand. */
const PROSE = String.raw`(?!(?:auth(?:entication|orization)?|tokens?|scheme|headers?|access|or|and|is)(?![\w-]))`;

const QUOTES = String.raw`(?:["'\`\\]|&(?:quot|#34|#39|#x27);){0,3}`;
const BARE = String.raw`[^\s"'\`,;&<>()[\]{}\\]`;
/** With what a shorter separator would leave of `=> `: what is masked is not masked again. */
const MASKED = String.raw`[>\s]{0,3}${QUOTES}[A-Za-z]{0,12}[-_ ]?\[REDACTED`;

/** A header, member, parameter or variable and its value: `label: value`, `"label":"value"`, `label=value`. */
function labelled(label: string, { scheme = '', character = BARE, more = '' } = {}): [RegExp, string] {
  // The comma is that of a list of raw headers, ["api-key","…"].
  const separator = String.raw`${QUOTES}(?:\s{0,2}(?:[:=]>?|(?<="),(?=\s?\\{0,3}"))\s{0,2}|\s(?=["'\`]))`;
  const inQuotes = String.raw`(")(?:[^"\\\n]|\\.)+|(')(?:[^'\\\n]|\\.)+`;
  const bare = String.raw`(${QUOTES}${scheme})${character}+(?:\[REDACTED]${character}*)*${more}`;
  const pattern = `(${label})(${separator})(?!${MASKED})(?:${inQuotes}|${bare})`;
  return [new RegExp(pattern, 'gi'), `$1$2$3$4$5${MASK}`];
}

const CREDENTIALS: ReadonlyArray<readonly [RegExp, string]> = [
  // The user of an address, up to the last @ before its path.
  [/((?:\\?\/){2})[^\s/"'<>\\]*@/g, `$1${MASK}@`],
  // How Node refuses a key that has a line break in it.
  [/(Headers\.\w{1,20}: ")[^"]*/g, `$1${MASK}`],
  // Before the keys: the token that it names may be one of them.
  [new RegExp(`${START}Bearer[\\s+:=]{1,4}${PROSE}${BARE}{3,}`, 'gi'), `Bearer ${MASK}`],
  // Text in base64 is hardly ever all in small letters.
  [
    new RegExp(`${START}Basic[\\s+:=]{1,4}${PROSE}(?=\\w[a-z]{0,64}[A-Z0-9+/=])${BARE}{4,}`, 'g'),
    `Basic ${MASK}`,
  ],
  [new RegExp(`${START}(sk|pk|sess|rk)-${KEY}{3,}`, 'g'), `$1-${MASK}`],
  // Of others that the client is used with. They look more like names, so one has a digit or is shortened.
  [
    new RegExp(
      `${START}((?:sk|pk|rk|ek|whsec|gsk|hf)_|(?:xai|pplx|nvapi)-)(?=[A-Za-z_-]{0,64}[0-9*.…•·●])${KEY}{8,}`,
      'g',
    ),
    `$1${MASK}`,
  ],
  [new RegExp(`${START}(AIza|AKIA|ASIA)${KEY}{12,}`, 'g'), `$1${MASK}`],
  // A JSON Web Token begins with `{"` in base64.
  [new RegExp(`${START}eyJ[A-Za-z0-9_.=+/-]{16,}`, 'g'), MASK],
  [new RegExp(`${START}(org-|proj_)[A-Za-z0-9*]{6,}`, 'g'), `$1${MASK}`],
  labelled(
    'api[-_ ]?key(?: (?:provided|given|passed|received|used))?|subscription[-_]key|access[-_ ]?key(?:[-_ ]?id)?' +
      '|(?:access|refresh|id|auth|session|security)[-_ ]?token|(?:client|webhook)[-_ ]?secret' +
      '|pass(?:word|wd|phrase)|openai-(?:organization|project)',
  ),
  labelled('authorization', { scheme: '(?:Bearer|Basic|Token|Api-?Key) ' }),
  // What may be another scheme, or the credential itself.
  labelled('authorization', { more: `(?: ${BARE}+)?` }),
  // Several in a line.
  labelled('cookie', { character: String.raw`[^"'\\[\r\n]` }),
  [
    new RegExp(`(?<![A-Za-z])(token|secret|key|signature|sig|pwd)=(?!${MASKED})(${QUOTES})${BARE}{8,}`, 'gi'),
    `$1=$2${MASK}`,
  ],
];

const WORD = /[^\s"'<>]+/g;
const ESCAPE = /%([0-9A-Fa-f]{2})/g;
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
/** What no text has: control characters that are no blanks, and bytes that are no UTF-8. */
const NOISE = /[^\P{Cc}\s]|\uFFFD/u;

/**
 * Masks keys, tokens, passwords and ids of organisations and projects in a text that leaves the process: all that has
 * a known form, and whatever a name such as `api-key` stands before; also where it is encoded for an address, or in
 * base64.
 */
export function maskSecrets(text: string): string {
  return maskText(text).replace(WORD, maskEscaped);
}

/** Base64 first: of a part of it nothing can be read. */
function maskText(text: string): string {
  return maskPlain(text.replace(BASE64, maskBase64));
}

function maskPlain(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CREDENTIALS) masked = masked.replace(pattern, replacement);
  return masked;
}

function maskEscaped(word: string): string {
  if (!word.includes('%')) return word;
  const plain = word.replace(ESCAPE, (_escape, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const masked = maskText(plain);
  return masked === plain ? word : masked;
}

/** Ids and paths look like base64, too, but are no text when they are decoded. */
function maskBase64(run: string): string {
  const plain = Buffer.from(run, 'base64').toString();
  return !NOISE.test(plain) && maskPlain(plain) !== plain ? MASK : run;
}
