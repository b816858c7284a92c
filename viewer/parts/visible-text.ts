/**
 * Text of events with everything visible that would act instead of being read: control characters, the escape sequences
 * of terminals, characters that turn the direction of text, and characters without width that hide text from a reader.
 */

/**
 * Line feed and tab stay. So do the joiners U+200C and U+200D, which Persian, Indic scripts and emoji need and which
 * hide nothing.
 */
const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to show.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

export interface TextRun {
  readonly text: string;
  /** Name of the character that `text` stands for. */
  readonly stands?: string;
}

export function visibleRuns(text: string): readonly TextRun[] {
  const runs: TextRun[] = [];
  let from = 0;
  for (const match of text.matchAll(ACTING)) {
    if (match.index > from) runs.push({ text: text.slice(from, match.index) });
    runs.push(symbolOf(match[0]));
    from = match.index + match[0].length;
  }
  if (from < text.length || runs.length === 0) runs.push({ text: text.slice(from) });
  return runs;
}

/** The same as one string, for attributes. */
export function visibleText(text: string): string {
  return text.replace(ACTING, (character) => symbolOf(character).text);
}

function symbolOf(character: string): TextRun {
  const code = character.codePointAt(0) ?? 0;
  const stands = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code < 0x20) return { text: String.fromCodePoint(0x2400 + code), stands };
  if (code === 0x7f) return { text: '\u2421', stands };
  return { text: `[${stands}]`, stands };
}
