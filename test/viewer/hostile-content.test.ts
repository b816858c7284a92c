/** Events whose texts try to become something else than text. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { violations } from '../examples/accessibility-rules.js';
import { type OpenedView, openView, settled, TemporaryFolder, ViewProcess } from './view-process.js';

const MARKUP = `<img src="http://evil.example/x.png" onerror="globalThis.hacked=1"><script>hacked=1</script>`;
const LINKS = '[click](javascript:hacked=1) ![x](http://evil.example/y.png) https://evil.example/z';
const ANSI = '\u001b[31mred\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007';
const BIDI = 'invoice\u202Egnp.exe';
const HIDDEN = `visible\u{e0068}\u{e0069}\u200b`;
const HUGE = `${'0123456789abcdef'.repeat(131_072)}the end of it`;
const SESSION = '../<b>a</b>?x=1#y%2F';
const DEPTH = 1000;

const folder = new TemporaryFolder();
let browser: Browser;
let view: ViewProcess;
let opened: OpenedView;

beforeAll(async () => {
  view = await ViewProcess.start(
    folder.write('hostile.jsonl', hostileEvents()),
    '--trace-link',
    'http://127.0.0.1:1/{trace_id}',
  );
  browser = await launchChromium();
  opened = await openView(browser, view);
});

afterAll(async () => {
  await browser.close();
  await view.stop();
  folder[Symbol.dispose]();
});

const address = (query = '') => `#/session/${encodeURIComponent(SESSION)}${query}`;

describe('Content of events', () => {
  it('is text in every view: no element, no link and no request comes of it', async () => {
    const { page, show, faults } = opened;
    for (const hash of [
      '#/sessions',
      address(),
      address('?tab=conversation'),
      ...[0, 2, 3, 4, 6].flatMap((event) =>
        ['details', 'conversation', 'event'].map((tab) => address(`?node=${event}&detail=${tab}`)),
      ),
      '#/overview',
      `#/compare?left=${encodeURIComponent(SESSION)}&right=${encodeURIComponent(SESSION)}`,
      '#/evidence',
    ]) {
      await show(hash);
      await settled(page);
      const made = await page.evaluate(() => ({
        elements: document.querySelectorAll(
          'img, script:not([src]), iframe, object, embed, b, svg:not(.chart-key)',
        ).length,
        links: Array.from(document.querySelectorAll('a'), ({ href }) => href).filter(
          (href) => !href.startsWith(`${location.origin}/`) && !href.startsWith('http://127.0.0.1:1/'),
        ),
        styles: document.querySelectorAll('style').length,
        hacked: 'hacked' in globalThis,
      }));
      expect([hash, made]).toEqual([hash, { elements: 0, links: [], styles: 0, hacked: false }]);
    }
    expect(faults).toEqual([]);
  });

  it('is shown with its markup, its control characters and its turns of direction', async () => {
    const { page, show } = opened;
    await show(address('?node=2&detail=details'));
    const facts = page.locator('.facts');
    await facts.getByText('invoice').first().waitFor();
    const text = await facts.innerText();
    expect(text).toContain(MARKUP);
    expect(text).toContain(LINKS);
    expect(text).toContain('␛[31mred␛]8;;http://evil.example␇link␛]8;;␇');
    expect(text).toContain('invoice[U+202E]gnp.exe');
    expect(text).toContain('visible[U+E0068][U+E0069][U+200B]');
    const characters = await page.evaluate(() => document.body.innerText + document.body.innerHTML);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be left.
    expect(characters).not.toMatch(/[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069\u200b]/);
  });

  it('has a title and a name in the table that stay within their cells', async () => {
    const { page, show } = opened;
    await show('#/sessions');
    const row = page.locator('.virtual [role=row]').first();
    await row.waitFor();
    const { height } = (await row.boundingBox()) ?? { height: 0 };
    expect(height).toBeLessThan(40);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1360);
  });
});

it('A huge text is cut, and shown whole when asked for', async () => {
  const { page, show } = opened;
  await show(address('?node=3&detail=details'));
  const facts = page.locator('.facts');
  const button = facts
    .getByRole('button', { name: `Show all ${HUGE.length.toLocaleString('en')} characters` })
    .first();
  await button.waitFor();
  const shown = () => facts.evaluate((element) => element.textContent?.length ?? 0);
  expect(await shown()).toBeLessThan(20_000);
  await button.click();
  await expect.poll(shown).toBeGreaterThan(HUGE.length);
  expect(await facts.evaluate((element) => element.textContent)).toContain('the end of it');
  await facts.getByRole('button', { name: 'Show less' }).first().click();
  await expect.poll(shown).toBeLessThan(20_000);
});

it('A deep value opens level by level', async () => {
  const { page, show } = opened;
  await show(address('?node=4&detail=event'));
  const panel = page.getByRole('tabpanel', { name: 'event' });
  await panel.locator('.json-branch').first().waitFor();
  const levels = () => panel.locator('.json-branch').count();
  expect(await levels()).toBeLessThan(30);
  const before = await levels();
  await panel.locator('.json-branch:not([open]) > summary', { hasText: 'arguments' }).click();
  await expect.poll(levels).toBeGreaterThan(before);
  expect(await levels()).toBeLessThan(40);
});

it('Hostile content breaks no rule of accessibility', async () => {
  const { page, show } = opened;
  for (const hash of ['#/sessions', address('?node=2&detail=details'), address('?tab=conversation')]) {
    await show(hash);
    await settled(page);
    expect(await violations(page)).toEqual([]);
  }
});

function hostileEvents(): readonly object[] {
  let number = 0;
  const event = (type: string, fields: object): object => {
    number += 1;
    return {
      event_id: `01a22b41-ae88-75c2-816e-${String(number).padStart(12, '0')}`,
      type: `EVENT_TYPE_${type}`,
      timestamp: new Date(Date.UTC(2026, 0, 1) + number * 10).toISOString(),
      status: 'EVENT_STATUS_COMPLETED',
      severity: 'SEVERITY_INFO',
      author: 'AUTHOR_SYSTEM',
      session_id: SESSION,
      trace_id: '../"><script>',
      span_id: `span${number}`,
      agent_name: MARKUP,
      user_id: BIDI,
      ...fields,
    };
  };
  let deep: object = { bottom: MARKUP };
  for (let level = 0; level < DEPTH; level += 1) deep = { [`level ${level}`]: deep };
  const call = { span_id: 'call', parent_span_id: 'span1' };
  return [
    event('SESSION_START', { status: 'EVENT_STATUS_STARTED' }),
    event('INPUT_RECEIVED', { parent_span_id: 'span1', message: { role: 'user', text: MARKUP + ANSI } }),
    event('ERROR', {
      parent_span_id: 'span1',
      severity: 'SEVERITY_ERROR',
      error: { error_message: MARKUP, error_code: BIDI, stack_trace: `${LINKS}\n${ANSI}\n${HIDDEN}` },
    }),
    event('OUTPUT_EMITTED', { parent_span_id: 'span1', message: { role: 'assistant', text: HUGE } }),
    event('TOOL_CALL_START', {
      ...call,
      status: 'EVENT_STATUS_STARTED',
      tool_call: { id: MARKUP, name: MARKUP, arguments: deep },
    }),
    event('TOOL_CALL_END', {
      ...call,
      tool_response: {
        tool_call_id: MARKUP,
        output: JSON.parse(
          JSON.stringify({ constructor: MARKUP }).replace('{', `{"__proto__":${JSON.stringify(LINKS)},`),
        ),
      },
    }),
    event('POLICY_DECISION', {
      parent_span_id: 'span1',
      policy: { policy_id: MARKUP, outcome: 'deny', rationale: ANSI, rule_ids: [BIDI] },
    }),
    event('SESSION_END', { span_id: 'span1' }),
  ];
}
