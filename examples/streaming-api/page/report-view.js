/** A research report. Its Markdown is shown with headings and paragraphs; everything else in it stays text. */
import { element } from './dom.js';

export function reportView({ summary, markdown, follow_up_questions: questions = [] }) {
  const more =
    questions.length === 0 ? [] : [element('h2', {}, 'Questions to look into next'), listOf(questions)];
  return element(
    'section.report',
    { 'aria-label': 'Report' },
    element('p.summary', {}, summary),
    ...blocks(markdown),
    ...more,
  );
}

function blocks(markdown) {
  return markdown
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map((block) => {
      const [, marks, heading] = /^(#{1,4}) ([^\n]*)$/.exec(block) ?? [];
      if (heading !== undefined) return element(marks.length === 1 ? 'h2' : 'h3', {}, heading);
      const lines = block.split('\n');
      if (lines.every((line) => /^[-*] /.test(line))) return listOf(lines.map((line) => line.slice(2)));
      return element('p', {}, block);
    });
}

function listOf(texts) {
  return element('ul', {}, ...texts.map((text) => element('li', {}, text)));
}
