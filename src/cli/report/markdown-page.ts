/** Writes a page as Markdown (CommonMark with tables), in which no text of an event is more than text. */
import { escapeText } from '../output/text-line.js';
import { insteadOfRows, omission, type PageTable, type ReportPage } from './page.js';

/** Characters that begin or end something within a line, and the colon of an address. */
const SPECIAL = /[\\`*_[\]<>&|~$#@]|:(?=\/)|(?<=www)\./gi;

/** Characters that programs treat before a backslash, or in spite of it. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '|': '&#124;',
  ':': '&#58;',
  '@': '&#64;',
  '.': '&#46;',
};

/** The beginning of a list, a rule or an underlined heading. */
const LINE_BEGIN = /^(?=[-+=])|(?<=^\d+)(?=[.)](?:\s|$))/;

/**
 * Text for a heading, a paragraph or a cell. Control characters and invisible characters are shown escaped, so the text is
 * one line. An address does not become a link, and a name does not become a mention.
 */
export function markdownText(text: string): string {
  return escapeText(text)
    .replace(SPECIAL, (character) => ENTITIES[character] ?? `\\${character}`)
    .replace(LINE_BEGIN, '\\');
}

/** Yields the page piece by piece, since the whole can be large. */
export function* markdownPage({ title, summary, sections }: ReportPage): Generator<string> {
  yield `# ${markdownText(title)}\n\n${paragraphs(summary)}`;
  for (const section of sections) {
    yield `## ${markdownText(section.title)}\n\n${paragraphs(section.paragraphs)}`;
    for (const table of section.tables) yield* tableMarkdown(table);
  }
}

function* tableMarkdown(table: PageTable): Generator<string> {
  const { caption, columns, rows } = table;
  const instead = insteadOfRows(table);
  if (instead !== undefined) {
    yield `${markdownText(`${caption}: ${instead}`)}\n\n`;
    return;
  }
  yield `**${markdownText(caption)}**\n\n`;
  yield rowMarkdown(columns.map(({ title }) => title));
  yield `|${columns.map(({ isNumber }) => (isNumber ? ' ---: |' : ' --- |')).join('')}\n`;
  for (const row of rows) yield rowMarkdown(columns.map((_, index) => row[index] ?? ''));
  const cut = omission(table);
  yield cut === undefined ? '\n' : `\n${markdownText(cut)}\n\n`;
}

function rowMarkdown(cells: readonly string[]): string {
  return `| ${cells.map(markdownText).join(' | ')} |\n`;
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `${markdownText(text)}\n\n`).join('');
}
