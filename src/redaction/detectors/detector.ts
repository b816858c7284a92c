/** Where in a text something was found. */
export interface TextMatch {
  readonly start: number;
  readonly end: number;
}

/** What the name of the member that holds a text tells of it: `{"phone": "5551234567"}`. */
export interface TextContext {
  readonly isPhone: boolean;
  readonly isSsn: boolean;
}

export interface PersonalDataDetector {
  /** Bits of `TRAIT`, of which the text must have one. */
  readonly traits: number;
  /** In the order of their places, none within another. Linear in the text's length. */
  find(text: string, context: TextContext, traits: number): TextMatch[];
  /** The same for the same person or thing, however it is written: what is hashed. */
  normalize(found: string): string;
}

/** The text's matches with a pattern whose every try ends within a bounded number of characters. */
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
