const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
} as const;

export type Style = keyof typeof CODES;

/** A piece of a line: a text, or a text in a style. */
export type Piece = string | readonly [Style, string];

/** One line for a reader, made of pieces; text of events goes to the terminal in no other way. */
export type TextLine = readonly Piece[];

/** The line as it is printed, its end included: control characters in it are shown, not obeyed. */
export function renderLine(line: TextLine, color: boolean): string {
  let text = '';
  for (const piece of line) {
    if (typeof piece === 'string') text += escapeText(piece);
    else if (color && piece[1] !== '') text += `\u001b[${CODES[piece[0]]}m${escapeText(piece[1])}\u001b[0m`;
    else text += escapeText(piece[1]);
  }
  return `${text.trimEnd()}\n`;
}

/** Lines in columns, two spaces apart; the columns named in `right` end where they end in all lines. */
export function columns(rows: readonly (readonly Piece[])[], right: readonly number[] = []): TextLine[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((piece, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(piece));
    });
  }
  return rows.map((row) =>
    row.flatMap((piece, column) => {
      const gap = ' '.repeat((widths[column] ?? 0) - width(piece));
      const between = column === 0 ? '' : '  ';
      return right.includes(column) ? [between + gap, piece] : [between, piece, gap];
    }),
  );
}

/** Characters of the text as printed; wide ones of East Asian scripts count as one. */
function width(piece: Piece): number {
  return [...escapeText(typeof piece === 'string' ? piece : piece[1])].length;
}

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
