const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
} as const;

export type Style = keyof typeof CODES;

/** A piece of a line: plain or styled text. */
export type Piece = string | readonly [Style, string];

/** One line for a person. Text of events reaches a terminal only through this type. */
export type TextLine = readonly Piece[];

/** Returns the printed line with its line end. Control characters are escaped. */
export function renderLine(line: TextLine, color: boolean): string {
  let text = '';
  for (const piece of line) {
    if (typeof piece === 'string') text += escapeText(piece);
    else if (color && piece[1] !== '') text += `\u001b[${CODES[piece[0]]}m${escapeText(piece[1])}\u001b[0m`;
    else text += escapeText(piece[1]);
  }
  return `${text.trimEnd()}\n`;
}

/** Returns the line with at most this many printed characters; the last one is `…` if it was cut. */
export function cutLine(line: TextLine, columns: number): TextLine {
  // Blanks at the end are not printed.
  if ([...renderLine(line, false).trimEnd()].length <= columns) return line;
  const cut: Piece[] = [];
  let room = columns - 1;
  for (const piece of line) {
    const [style, text] = typeof piece === 'string' ? [undefined, piece] : piece;
    const kept = [...escapeText(text)].slice(0, room).join('');
    cut.push(style === undefined ? kept : [style, kept]);
    room -= [...kept].length;
  }
  return [...cut, '…'];
}

/** Aligns rows in columns, two spaces apart. The columns in `right` are right-aligned. */
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

/** The number of printed characters. Wide characters of East Asian scripts count as one. */
function width(piece: Piece): number {
  return [...escapeText(typeof piece === 'string' ? piece : piece[1])].length;
}

/**
 * Characters that can control a terminal or hide text: control characters (including C1, which some terminals take for
 * escape sequences), characters that change the direction of writing, line separators, invisible characters (the tags and the
 * selectors of Unicode, in which whole instructions can hide) and lone surrogates.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is about control characters.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u115f\u1160\u180e\u3164\uffa0\u{e0000}-\u{e0fff}]|\u034f|\u17b4|\u17b5|\u180b|\u180c|\u180d/gu;

/** The same without the characters that end a line or a cell of data. */
const UNSAFE_IN_DATA = new RegExp(
  `${UNSAFE.source.replace('\\u0000-\\u001f', '\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f')}|\\r(?!\\n)`,
  'gu',
);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Most texts are like this, and to see it takes a fifth of the time of searching for the others. */
const SAFE = /^[ -~]*$/;

/** Escapes text of an event for one line of output, because an event may quote a hostile page or file. */
export function escapeText(text: string): string {
  if (SAFE.test(text)) return text;
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escaped(character));
}

/** Escapes lines of data for a terminal. The value of JSON does not change. */
export function escapeData(text: string): string {
  return text.replace(UNSAFE_IN_DATA, escaped);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
