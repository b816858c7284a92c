/** Detectors that are always on: no credential is ever recorded. */
export const CREDENTIAL_DETECTORS = ['api_key', 'private_key'] as const;

/** The forms of private keys: PEM, and that of PuTTY, which ends with a line of its own. */
const BEGINNING = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d/g;
const END = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-MAC: ?[0-9a-f]{0,128}/g;
/** The characters of a key, with its line breaks escaped or not. */
const BODY = /[A-Za-z0-9+/=\s\\:,.-]*/y;

/**
 * Masks private keys in PEM and PuTTY's form, from BEGIN to END. If the end is missing, everything that may belong to the key is masked.
 */
export function withoutPrivateKeys(text: string, mask: string): string {
  let result = '';
  let from = 0;
  let hasEnd = true;
  BEGINNING.lastIndex = 0;
  for (let begin = BEGINNING.exec(text); begin !== null; begin = BEGINNING.exec(text)) {
    const bodyStart = begin.index + begin[0].length;
    const end: number | undefined = hasEnd ? endOfKey(text, bodyStart) : undefined;
    // If this key has no end, no later one has: the search is not repeated.
    hasEnd = end !== undefined;
    const next = end ?? endOfBody(text, bodyStart);
    result += text.slice(from, begin.index) + mask;
    from = next;
    BEGINNING.lastIndex = next;
  }
  return from === 0 ? text : result + text.slice(from);
}

function endOfKey(text: string, from: number): number | undefined {
  END.lastIndex = from;
  const end = END.exec(text);
  return end === null ? undefined : END.lastIndex;
}

function endOfBody(text: string, from: number): number {
  BODY.lastIndex = from;
  return BODY.test(text) ? BODY.lastIndex : from;
}

/** A JSON Web Key in a text. */
const JWK = /"kty"\s{0,8}:\s{0,8}"(?:RSA|EC|OKP|oct)"/;
/** The private members. */
export const PRIVATE_JWK_MEMBERS: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']);
const JWK_MEMBER = new RegExp(
  String.raw`("(?:${[...PRIVATE_JWK_MEMBERS].join('|')})"\s{0,8}:\s{0,8}")[A-Za-z0-9_-]{16,}(?=")`,
  'g',
);

/** Masks the private members of JSON Web Keys in a text of JSON. */
export function withoutPrivateMembers(text: string, mask: string): string {
  return JWK.test(text) ? text.replace(JWK_MEMBER, `$1${mask}`) : text;
}
