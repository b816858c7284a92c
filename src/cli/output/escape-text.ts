/**
 * What a terminal may obey or hide text with, and what no text of ours needs: control characters (also the C1 ones,
 * which some terminals take for escape sequences), characters that turn the direction of writing, separators of lines,
 * invisible characters, halves of a surrogate pair.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

/** The same, without what ends a line or a cell of data. */
const UNSAFE_IN_DATA = new RegExp(
  `${UNSAFE.source.replace('\\u0000-\\u001f', '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f')}|\\r(?!\\n)`,
  'gu',
);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text of an event as one line of ours may hold it: an event may quote a hostile page or file. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escaped(character));
}

/** Data in lines, for a terminal. JSON stays the same JSON. */
export function escapeData(text: string): string {
  return text.replace(UNSAFE_IN_DATA, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
