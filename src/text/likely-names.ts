/** Names that stand for a credential if their value looks like one: in code, configuration, commands and sentences. */
import { oneOfPatterns } from './credential-shapes.js';

/** Names whose values are credentials in `name: value` and `<name>value</name>` too, if the value looks like one. */
export const LIKELY_LABELS: readonly string[] = ['token', 'secret', 'pwd', 'pass', 'passcode', 'credential'];

/** Words before a likely label that make it another thing: `nextPageToken`, `cancel_token`, `stop_token`. */
const OTHER_TOKENS = [
  'page',
  'next',
  'sync',
  'continuation',
  'cancel',
  'cancellation',
  'start',
  'end',
  'stop',
  'pad',
];

/**
 * A likely label as the last part of a name in code: `api_token`, `API_TOKEN`, `stripeToken`, `$secret`. The pattern does
 * not ignore case, because a capital letter begins the part.
 */
export const LIKELY_NAME: string = likelyName();

function likelyName(): string {
  const inCase = (change: (word: string) => string) => oneOfPatterns(LIKELY_LABELS.map(change));
  const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
  const others = [
    ...OTHER_TOKENS,
    ...OTHER_TOKENS.map(capital),
    ...OTHER_TOKENS.map((word) => word.toUpperCase()),
  ];
  const snake = oneOfPatterns([inCase(String), inCase(capital), inCase((word) => word.toUpperCase())]);
  return `(?:(?<![A-Za-z])${snake}|(?<=[a-z0-9])${inCase(capital)})(?<!${oneOfPatterns(others)}[-_]?[A-Za-z]{3,10})`;
}

/** The type between a name and its value: `Token string = `, `token: String = `. */
export const DECLARED_TYPE = String.raw`(?::?\s[A-Za-z]{2,16})?`;

/** Options of commands whose next word is a credential: `--token`, `--github-token`, `-password`. */
export const CREDENTIAL_OPTION =
  '--?(?:[a-z]{1,20}-){0,3}(?:token|secret|password|passwd|pass|api-?key|access-key|secret-key)';

/** A value that is neither a word nor a number, as a lookahead. */
export const LIKELY_VALUE = '(?=[A-Za-z_./+~!@#$%^*=-]{0,64}[0-9])(?=[0-9_./+~!@#$%^*=-]{0,64}[A-Za-z])';
