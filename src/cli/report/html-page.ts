/**
 * Writes a page as HTML that stands alone: no script, no link to another place, and a policy that forbids both. A text of
 * an event gets into the page only through {@link htmlText}.
 */
import { hash } from 'node:crypto';
import { escapeText } from '../output/text-line.js';
import { insteadOfRows, omission, type PageSection, type PageTable, type ReportPage } from './page.js';

const STYLE = `
:root { color-scheme: light dark; --text: #1b1b1f; --ground: #fff; --line: #c7c7cf; --head: #f0f0f4; --dim: #55555f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6ea; --ground: #17171a; --line: #46464f; --head: #26262c; --dim: #a6a6b0; }
}
body { margin: 0 auto; padding: 1.5rem; max-width: 80rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--ground); overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
p { max-width: 48rem; }
nav ul { columns: 16rem; }
a { color: inherit; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { border: 1px solid var(--line); padding: 0.25rem 0.5rem; text-align: left; vertical-align: top;
  min-width: 4rem; font-weight: normal; }
thead th { background: var(--head); font-weight: 600; overflow-wrap: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.note { color: var(--dim); font-size: 0.875rem; }
@media print {
  :root { color-scheme: light; --text: #000; --ground: #fff; --line: #888; --head: #eee; --dim: #333; }
  body { padding: 0; max-width: none; font-size: 10pt; }
  nav { display: none; }
  .table { overflow: visible; }
  table { font-size: 8pt; }
  th, td { min-width: 0; }
  thead { display: table-header-group; }
  tr, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;

/** The browser applies only the style with this hash. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or an attribute in quotes. Control characters and invisible characters are shown escaped. */
export function htmlText(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** Yields the page piece by piece, since the whole can be large. */
export function* htmlPage({ title, summary, sections }: ReportPage): Generator<string> {
  const shownTitle = htmlText(title);
  yield `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${shownTitle}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${shownTitle}</h1>
${paragraphs(summary)}</header>
<nav aria-label="Sections">
<ul>
${sections.map(({ title: name }, index) => `<li><a href="#section-${index + 1}">${htmlText(name)}</a></li>\n`).join('')}</ul>
</nav>
<main>
`;
  for (const [index, section] of sections.entries()) yield* sectionHtml(section, index + 1);
  yield '</main>\n</body>\n</html>\n';
}

function* sectionHtml({ title, paragraphs: texts, tables }: PageSection, number: number): Generator<string> {
  const id = `section-${number}`;
  yield `<section aria-labelledby="${id}">\n<h2 id="${id}">${htmlText(title)}</h2>\n${paragraphs(texts)}`;
  for (const [index, table] of tables.entries()) yield* tableHtml(table, `table-${number}-${index + 1}`);
  yield '</section>\n';
}

function* tableHtml(table: PageTable, id: string): Generator<string> {
  const { caption, columns, rows } = table;
  const instead = insteadOfRows(table);
  if (instead !== undefined) {
    yield `<p class="note">${htmlText(`${caption}: ${instead}`)}</p>\n`;
    return;
  }
  // A wide table scrolls in a region of its own, which the keyboard has to reach.
  yield `<div class="table" role="region" aria-labelledby="${id}" tabindex="0">\n<table>\n`;
  yield `<caption id="${id}">${htmlText(caption)}</caption>\n<thead>\n<tr>`;
  for (const { title, isNumber } of columns)
    yield `<th scope="col"${style(isNumber)}>${htmlText(title)}</th>`;
  yield '</tr>\n</thead>\n<tbody>\n';
  for (const row of rows) {
    const cells = columns.map(({ isNumber }, index) => {
      const text = htmlText(row[index] ?? '');
      return index === 0 ? `<th scope="row">${text}</th>` : `<td${style(isNumber)}>${text}</td>`;
    });
    yield `<tr>${cells.join('')}</tr>\n`;
  }
  yield '</tbody>\n</table>\n</div>\n';
  const cut = omission(table);
  if (cut !== undefined) yield `<p class="note">${htmlText(cut)}</p>\n`;
}

function style(isNumber: boolean): string {
  return isNumber ? ' class="number"' : '';
}

function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p>${htmlText(text)}</p>\n`).join('');
}
