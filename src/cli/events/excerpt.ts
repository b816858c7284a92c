/** What fits beside the other columns of a line. */
const MAX_CHARACTERS = 72;

/**
 * The beginning of a text, on one line. A copy: a piece of a string keeps the whole string in memory, and this one is
 * kept for as long as its session is open.
 */
export function excerpt(text: string, maxCharacters = MAX_CHARACTERS): string {
  const looked = text.slice(0, 4 * maxCharacters);
  const begin = looked.trim().replace(/\s+/g, ' ');
  const cut = begin.length > maxCharacters || looked.length < text.length;
  // Half of a surrogate pair is no character.
  const kept = begin.slice(0, maxCharacters - 1).replace(/[\ud800-\udbff]$/, '');
  const shown = cut ? `${kept.trimEnd()}…` : begin;
  return Buffer.from(shown).toString();
}

/** JSON of a value that somebody else made, beginning only. */
export function jsonExcerpt(value: unknown, maxCharacters = MAX_CHARACTERS): string {
  if (value === undefined) return '';
  try {
    return excerpt(JSON.stringify(value) ?? '', maxCharacters);
  } catch {
    // Nested beyond what the stack holds.
    return '…';
  }
}
