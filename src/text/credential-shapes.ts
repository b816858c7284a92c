/**
 * The shapes of credentials, in one table. Three modules are built from it:
 *
 * - `mask-secrets.ts` masks credentials in texts.
 * - `redaction/credential-scan.ts` decides at a fraction of that cost whether a text may contain a credential. A false
 *   positive there costs time, a false negative leaks a secret.
 * - `redaction/member-names.ts` knows the members of JSON objects whose values are credentials.
 *
 * A new row needs no change in these modules; `test/text/credential-shapes.test.ts` checks every row in both of the first
 * two. The rows are parts of regular expressions and must keep them linear in the length of the text: an unlimited
 * repetition is of a single character class, and the pattern cannot start again within it.
 */

/** A key that begins with one of a few fixed prefixes. */
export interface KeyShape {
  /** Each ends with `-`, `_` or `.`, or has one of {@link RARE_LETTERS} behind its first letter. */
  readonly prefixes: readonly string[];
  /** Character class of the key behind its prefix. */
  readonly characters: string;
  /** Least number of these characters. */
  readonly least: number;
  /** Lookahead behind the prefix that excludes ordinary words. */
  readonly ahead?: string;
  /** Whether the mask replaces the prefix too. */
  readonly masksPrefix?: true;
}

/** Letters that are rare in ordinary words, so that the scan may stop at each of them. */
export const RARE_LETTERS = 'zKSJ';

/** Servers shorten the keys that they quote: stars or dots of any kind stand for the middle. */
const KEY_CHARACTER = '[A-Za-z0-9_.*%…•·●-]';

/** Keys of model providers, and ids of OpenAI's organisations and projects. */
export const MODEL_PROVIDER_KEYS: readonly KeyShape[] = [
  { prefixes: ['sk-', 'pk-', 'sess-', 'rk-'], characters: KEY_CHARACTER, least: 3 },
  {
    prefixes: ['sk_', 'pk_', 'rk_', 'ek_', 'whsec_', 'gsk_', 'hf_', 'xai-', 'pplx-', 'nvapi-'],
    characters: KEY_CHARACTER,
    least: 8,
    // Identifiers in code look like these, but have neither a digit nor the marks of a shortened key.
    ahead: '(?=[A-Za-z_-]{0,64}[0-9*.…•·●])',
  },
  { prefixes: ['AIza', 'AKIA', 'ASIA'], characters: KEY_CHARACTER, least: 12 },
  // A JSON Web Token begins with `{"` in base64.
  { prefixes: ['eyJ'], characters: '[A-Za-z0-9_.=+/-]', least: 16, masksPrefix: true },
  { prefixes: ['org-', 'proj_'], characters: '[A-Za-z0-9*]', least: 6 },
];

/** Keys of services that tools call. They are masked in events only. */
export const TOOL_SERVICE_KEYS: readonly KeyShape[] = [
  // GitHub and npm
  {
    prefixes: ['gho_', 'ghp_', 'ghr_', 'ghs_', 'ghu_', 'github_pat_', 'npm_'],
    characters: '[A-Za-z0-9_]',
    least: 20,
  },
  // GitLab, Slack, Google OAuth, SendGrid
  {
    prefixes: ['glpat-', ...[...'abcdefghijklmnopqrstuvwxyz'].map((kind) => `xox${kind}-`), 'ya29.', 'SG.'],
    characters: '[A-Za-z0-9_.-]',
    least: 10,
  },
];

/** The name of an HTTP authentication scheme, before its credential. */
export interface AuthScheme {
  readonly name: string;
  readonly ignoresCase: boolean;
  /** The least credential behind the separator, as a pattern. */
  readonly credential: string;
}

/** Characters of a value that is not in quotes. */
export const BARE = String.raw`[^\s"'\`,;&<>()[\]{}\\]`;

/** Separator between the name of a scheme and the credential. */
export const SCHEME_SEPARATOR = String.raw`[\s+:=]{1,4}`;

/** Words of a sentence that may follow the name of a scheme in place of a credential. */
const NOT_PROSE = String.raw`(?!(?:auth(?:entication|orization)?|tokens?|scheme|headers?|access|or|and|is)(?![\w-]))`;

export const AUTH_SCHEMES: readonly AuthScheme[] = [
  { name: 'Bearer', ignoresCase: true, credential: `${NOT_PROSE}${BARE}{3}` },
  // Text in base64 is almost never all lower case.
  {
    name: 'Basic',
    ignoresCase: false,
    credential: String.raw`${NOT_PROSE}(?=\w[a-z]{0,64}[A-Z0-9+/=])${BARE}{4}`,
  },
];

/**
 * Names of headers, members, parameters and variables whose values are credentials. Patterns that ignore case; each ends
 * with two plain letters, which is what the scan looks at first.
 */
export const SECRET_LABELS: readonly string[] = [
  ...['provided', 'given', 'passed', 'received', 'used'].map((word) => `api[-_ ]?key ${word}`),
  'api[-_ ]?key',
  'subscription[-_]key',
  'access[-_ ]?key[-_ ]?id',
  'access[-_ ]?key',
  '(?:access|refresh|id|auth|session|security)[-_ ]?token',
  '(?:client|webhook)[-_ ]?secret',
  'password',
  'passwd',
  'passphrase',
  'openai-organization',
  'openai-project',
];

/** The two headers whose values have a syntax of their own. */
export const AUTHORIZATION = 'authorization';
export const COOKIE = 'cookie';

/** Every name whose value is a credential wherever it stands. */
export const LABEL = oneOfPatterns([...SECRET_LABELS, AUTHORIZATION, COOKIE]);

/** Names whose values are credentials in `name=value`. Elsewhere they are ordinary words. */
export const PARAMETER_LABELS: readonly string[] = ['token', 'secret', 'key', 'signature', 'sig', 'pwd'];

/** Names of JSON members whose values are credentials if they look like one: the tokens of a model are words. */
export const SECRET_MEMBERS: readonly string[] = [
  'token',
  'secret',
  'secret[-_]?key',
  'private[-_]?key',
  'pwd',
  'jwt',
  'bearer',
  'credential',
  'credentials',
];

/** Errors of Node quote a header value with a line break in it: `Headers.append: "…`. */
export const REFUSED_HEADER = { prefix: 'Headers', rest: String.raw`\.\w{1,20}: "` } as const;

export function oneOfPatterns(patterns: readonly string[]): string {
  return `(?:${patterns.join('|')})`;
}

/**
 * The beginning of a word, as a pattern: not within another word (`task-force`), but right behind an escape of JSON that
 * ends with a letter (`\nsk-…`). {@link mayBeginWord} is the same test as code.
 */
export const WORD_START = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))`;

const ESCAPE_LETTERS = 'bfnrt';

/** Whether {@link WORD_START} may match at this index. */
export function mayBeginWord(text: string, start: number): boolean {
  if (start === 0 || !isAlphanumeric(text.charCodeAt(start - 1))) return true;
  return (
    (ESCAPE_LETTERS.includes(text[start - 1] ?? '') && text[start - 2] === '\\') ||
    text.startsWith('\\u', start - 6)
  );
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
}
