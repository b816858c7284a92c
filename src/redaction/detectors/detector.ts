/** The position of a match in a text. */
export interface TextMatch {
  readonly start: number;
  readonly end: number;
}

/** Facts about a text that follow from the name of its member: `{"phone": "5551234567"}`. */
export interface TextContext {
  readonly isPhone: boolean;
  readonly isSsn: boolean;
}

export interface PersonalDataDetector {
  /** Bits of `TRAIT`. A text without any of them is not searched. */
  readonly traits: number;
  /** Returns matches in the order of their positions, without overlaps. Takes time linear in the length of the text. */
  find(text: string, context: TextContext, traits: number): TextMatch[];
  /** Returns the text to hash, which is the same for all spellings of the same value. */
  normalize(found: string): string;
}

/**
 * Returns the accepted matches of a pattern.
 *
 * @param pattern - each attempt must end within a bounded number of characters, so that the time stays linear.
 */
export function matchesOf(
  pattern: RegExp,
  text: string,
  accept: (found: string, start: number) => boolean,
): TextMatch[] {
  const matches: TextMatch[] = [];
  for (const match of text.matchAll(pattern)) {
    const [found] = match;
    if (accept(found, match.index)) matches.push({ start: match.index, end: match.index + found.length });
  }
  return matches;
}

export function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
