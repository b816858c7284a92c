/** A pattern for names, in which `*` stands for any characters. */
export interface NamePattern {
  readonly pattern: string;
  matches(name: string): boolean;
}

export function namePattern(pattern: string): NamePattern {
  if (!pattern.includes('*')) return { pattern, matches: (name) => name === pattern };
  const parts = pattern.split('*');
  return { pattern, matches: (name) => matchesParts(name, parts) };
}

export function anyMatches(
  patterns: readonly NamePattern[],
  names: readonly (string | undefined)[],
): boolean {
  return patterns.some((pattern) => names.some((name) => name !== undefined && pattern.matches(name)));
}

/**
 * Looks for each part at the first place where it fits, so that any pattern takes one pass over the name. The time of a
 * regular expression with several `*` would grow with a power of the name's length.
 */
function matchesParts(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let from = first.length;
  const until = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at === -1 || at + part.length > until) return false;
    from = at + part.length;
  }
  return from <= until;
}
