/** Detectors that are always on: no credential is ever recorded. */
export const CREDENTIAL_DETECTORS = ['api_key', 'private_key'] as const;

const BEGINNING = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
const END = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;
/** The characters of a key, with its line breaks escaped or not. */
const BODY = /[A-Za-z0-9+/=\s\\:,.-]*/y;

/**
 * Masks private keys in PEM, from BEGIN to END. If the end is missing, everything that may belong to the key is masked.
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
