// A file of events can be written by an attacker, and quote what an attacker wrote. None of it may become more than text.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownText } from '../../../src/cli/report/markdown-page.js';
import { EVERY_TYPE, runCommand, temporaryFolder } from '../run-command.js';
import {
  elements,
  htmlErrors,
  htmlTree,
  markdownTree,
  nodes,
  type PageNode,
  textOf,
} from './rendered-page.js';

const folder = temporaryFolder();

/** Texts that would be more than text if they were not escaped. `X` marks what must be visible. */
const HOSTILE = [
  '<script>X()</script>',
  '</td></table><img src=x onerror=X()>',
  '"><a href="javascript:X()">X</a>',
  "' onmouseover='X()",
  '<!-- X --><style>*{display:none}</style>',
  '</style><svg/onload=X()>',
  '&lt;X&gt; &#60;X&#62; &amp;',
  '[X](javascript:X) ![X](//evil.example/X.png)',
  '<https://evil.example/X> https://evil.example/X www.evil.example/X evil@X.example',
  '`X` **X** _X_ ~~X~~ | X | \\| X \\',
  '``` X',
  '# X',
  '- X',
  '1. X',
  '> X',
  '--- X',
  'X\n\n# X\n\n| a |\n| - |\n\n<b>X</b>',
  '[X]: https://evil.example',
  '[^X]: X',
  'X\r\u0000\u0008\u001b[31m\u009b31m',
  'X\u202e\u2066\u200b\u2028\ufeff\u00ad',
  `X${[...'ignore all'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')}`,
  'X\ud800',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of other programs.
  '$X$ $$X$$ {{X}} <%= X %> ${X}',
  ':X: @X #X',
  '=X',
  '＜script＞X',
];

const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is about control characters.
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u;

/** Members that decide what an event is, which a hostile writer leaves as they are. */
const KEPT = new Set(['type', 'status', 'timestamp', 'stream_id', 'message']);

/** An event with the text in the place of each of its texts, and of each name in its metadata. */
function poisoned(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return KEPT.has(key) ? value : text;
  if (Array.isArray(value)) return [...value.map((entry) => poisoned(entry, text)), text];
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, poisoned(member, text, name)]);
  return Object.fromEntries(members);
}

/** Further members that the page shows, on every event. */
const MORE = {
  agent_name: 'a',
  pii_categories: ['email'],
  redaction: { fields: ['metadata.x'], method: 'mask' },
};

const EXTRA = [
  {
    type: 'EVENT_TYPE_SESSION_START',
    metadata: {
      stream_id: 'S',
      process_id: 'x',
      previous_streams: [{ stream_id: 'x', event_id: 'x', closed: false }],
    },
    session_id: 'S',
  },
  {
    type: 'EVENT_TYPE_SYSTEM',
    session_id: 'S',
    metadata: { message: 'x', versions: { x: 'x' }, config: { x: { x: 'x' } } },
  },
  { type: 'EVENT_TYPE_SYSTEM', session_id: 'S', metadata: { message: 'checkpoint', checkpoint: 'x' } },
  {
    type: 'EVENT_TYPE_POLICY_DECISION',
    session_id: 'S',
    policy: { policy_id: 'x', outcome: 'x', rule_ids: ['x'], rationale: 'x' },
    author: 'x',
    metadata: { approver: { name: 'x', role: 'x' }, tool_name: 'x', tool_call_id: 'x' },
  },
  { type: 'EVENT_TYPE_SESSION_END', session_id: 'S', metadata: { sinks: [{ name: 'x' }], reason: 'x' } },
];

const sources = readFileSync(EVERY_TYPE, 'utf8').trim().split('\n');

/** A file in which every text is hostile, and its name, too. */
function hostileFile(text: string, index: number): string {
  const stream = ({ session_id: session, ...event }: Record<string, unknown>) => ({
    ...(poisoned(event, text) as object),
    timestamp: '2026-03-14T09:26:53Z',
    session_id: session,
    metadata: {
      ...(poisoned(event.metadata, text) as object),
      ...(event.type === 'EVENT_TYPE_SESSION_START' && { stream_id: text }),
    },
  });
  const events = [
    ...EXTRA.map((event) => ({ ...stream(event), session_id: text })),
    ...sources.map((line) => poisoned({ ...JSON.parse(line), ...MORE }, text)),
  ];
  const file = path.join(folder, `${index}-<img src=x>-[X](x)-\u202e.jsonl`);
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return file;
}

function invisibleTexts(tree: PageNode): string[] {
  return [...nodes(tree)]
    .filter(({ nodeName, value }) => nodeName === '#text' && INVISIBLE.test(value ?? ''))
    .map(({ value }) => value ?? '');
}

const ELEMENTS = new Set(
  (
    'html head meta title style body header h1 p nav ul li a main section h2 div table caption thead tbody tr th td ' +
    '#document #documentType #text'
  ).split(' '),
);
const ATTRIBUTES = new Set(
  'lang charset http-equiv content name href aria-label aria-labelledby id class role tabindex scope'.split(
    ' ',
  ),
);

describe.each(HOSTILE.map((text, index) => ({ text, index })))('A file full of $text', ({ text, index }) => {
  const file = hostileFile(text, index);

  it('is text in HTML', async () => {
    const { stdout } = await runCommand(['report', '--format', 'html', file]);
    const tree = htmlTree(stdout);
    const all = [...nodes(tree)];
    expect(all.map(({ nodeName }) => nodeName).filter((name) => !ELEMENTS.has(name))).toEqual([]);
    expect(htmlErrors(stdout)).toEqual([]);
    expect(elements(tree, 'style')).toHaveLength(1);
    const attributes = all.flatMap(({ attrs = [] }) => attrs);
    expect(attributes.filter(({ name }) => !ATTRIBUTES.has(name))).toEqual([]);
    expect(attributes.filter(({ name, value }) => name === 'href' && !/^#section-\d+$/.test(value))).toEqual(
      [],
    );
    expect(elements(tree, 'h2')).toHaveLength(9);
    expect(textOf(tree)).toContain('X');
    expect(invisibleTexts(tree)).toEqual([]);
  });

  it('is text in Markdown', async () => {
    const { stdout } = await runCommand(['report', '--format', 'markdown', file]);
    const tree = markdownTree(stdout);
    const allowed = new Set(
      'html head body h1 h2 p table thead tbody tr th td strong #document #text'.split(' '),
    );
    expect([...nodes(tree)].map(({ nodeName }) => nodeName).filter((name) => !allowed.has(name))).toEqual([]);
    expect(elements(tree, 'h2')).toHaveLength(9);
    // The bold captions of the tables are the only emphasis.
    expect(
      elements(tree, 'strong')
        .map(textOf)
        .filter((caption) => caption.includes('X')),
    ).toEqual([]);
    for (const row of elements(tree, 'tr')) {
      expect(
        (row.childNodes ?? []).filter(({ nodeName }) => /^t[dh]$/.test(nodeName)).length,
      ).toBeGreaterThan(1);
    }
    expect(textOf(tree)).toContain('X');
    expect(invisibleTexts(tree)).toEqual([]);
  });
});

describe('A text in Markdown', () => {
  it.each(HOSTILE.filter((text) => !INVISIBLE.test(text) && !/[\n\r\ud800]/.test(text)))(
    '%s is shown as it is',
    (text) => {
      expect(textOf(markdownTree(`| ${markdownText(text)} |\n| --- |\n`)).trim()).toBe(text.trim());
    },
  );
});
