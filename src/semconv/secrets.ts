/**
 * Credentials that an error text may quote ("Incorrect API key provided: sk-…"). Each pattern is a literal prefix
 * and one character class, so matching is linear in the text.
 */
const CREDENTIALS: ReadonlyArray<readonly [RegExp, string]> = [
  // Before the keys: the token that it names may be one of them.
  [/\bBearer [A-Za-z0-9_~+/=*.-]{3,}/gi, 'Bearer [REDACTED]'],
  [/\b(sk|pk|sess|rk)-[A-Za-z0-9_*.-]{3,}/g, '$1-[REDACTED]'],
  [/\borg-[A-Za-z0-9]{6,}/g, 'org-[REDACTED]'],
];

/** Masks keys, bearer tokens and organisation ids in a text that leaves the process. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of CREDENTIALS) masked = masked.replace(pattern, replacement);
  return masked;
}
