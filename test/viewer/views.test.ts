/** The views of the page on the events of the README's demo. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import type { SessionDetail } from '../../src/cli/view/view-api.js';
import { violations } from '../examples/accessibility-rules.js';
import { type OpenedView, openView, settled, ViewProcess } from './view-process.js';

const WIDE = { width: 1360, height: 800 };
const NARROW = { width: 380, height: 760 };
/** A window of 1,280 by 800 pixels at 200 %. */
const ZOOMED = { width: 640, height: 400 };

let browser: Browser;
let view: ViewProcess;
let opened: OpenedView;
/** The session of the demo that has a retry. */
let session: string;

beforeAll(async () => {
  view = await ViewProcess.start(inject('demoFile'));
  browser = await launchChromium();
  opened = await openView(browser, view);
  await opened.page.getByRole('search').getByRole('button', { name: 'Retries' }).click();
  const link = opened.page.locator('.virtual .row-link');
  await opened.page.getByText('1 session found').waitFor();
  session = decodeURIComponent((await link.getAttribute('href'))?.replace('#/session/', '') ?? '');
});

afterAll(async () => {
  await browser.close();
  await view.stop();
});

/** The address of each view, by its name, for a session and the event of its retry. */
const views = (): Readonly<Record<string, string>> => ({
  sessions: '#/sessions',
  session: `#/session/${session}`,
  step: `#/session/${session}?node=8`,
  'conversation of a step': `#/session/${session}?node=12&detail=conversation`,
  'recorded event': `#/session/${session}?node=8&detail=event`,
  conversation: `#/session/${session}?tab=conversation`,
  overview: '#/overview',
  compare: `#/compare?left=${session}&right=${session}`,
  evidence: '#/evidence',
  'unknown session': '#/session/none',
  'unknown view': '#/nowhere',
});

describe('The table of sessions', () => {
  it('has the four sessions of the demo, with their numbers', async () => {
    const { page, show } = opened;
    await show('#/sessions');
    const rows = page.locator('.virtual [role=row]');
    await expect.poll(() => rows.count()).toBe(4);
    // The session of the process is in neither.
    await page.getByText('68 events in 4 sessions').waitFor();
    const retried = page.locator('.virtual [role=row]', { has: page.locator(`a[href$="${session}"]`) });
    expect(await retried.locator('[role=cell]').allInnerTexts()).toEqual([
      '',
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      'triage_agent',
      'triage_agent, refund_agent',
      'Completed',
      expect.stringMatching(/ (ms|s)$/),
      '28',
      '2,252',
      '$0.00073',
      '–',
      '1',
      '1',
    ]);
  });

  it('shows a time in the zone of the reader, and the exact one on hover', async () => {
    const { page, show } = opened;
    await show('#/sessions');
    const time = page.locator('.virtual time').first();
    const [shown, exact] = [await time.innerText(), await time.getAttribute('title')];
    expect(exact).toMatch(/Z$/);
    const berlin = new Date(exact ?? '').toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' });
    expect(shown).toBe(berlin);
  });

  it('is sorted by a click on a head, and keeps that in its address', async () => {
    const { page, show } = opened;
    await show('#/sessions');
    const head = page.getByRole('columnheader', { name: 'Tokens' });
    await page.getByRole('button', { name: 'Tokens' }).click();
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('button', { name: 'Tokens' }).click();
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending');
    expect(new URL(page.url()).hash).toBe('#/sessions?sort=tokens&order=asc');
    await expect.poll(() => page.locator('.virtual .cell-tokens').first().innerText()).toBe('21');
  });

  it('is filtered by a name that is chosen, and by a text in any event', async () => {
    const { page, show } = opened;
    await show('#/sessions');
    const rows = page.locator('.virtual [role=row]');
    await page.getByText('Agent', { exact: true }).click();
    await page.getByLabel('refund_agent').check();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => rows.count()).toBe(4);
    await page.getByRole('searchbox').fill('capital of FRANCE');
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('searchbox').fill('nothing has this text');
    await page.getByRole('heading', { name: 'No session fits' }).waitFor();
    await page.getByRole('link', { name: 'Show all sessions' }).click();
    await expect.poll(() => rows.count()).toBe(4);
  });
});

describe('A session', () => {
  it('is a tree of its steps', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}`);
    const rows = page.locator('.virtual [role=row]');
    await rows.first().waitFor();
    const tree = await rows.evaluateAll((elements) =>
      elements.map((element) => {
        const text = (name: string) => element.querySelector(`.tree-${name}`)?.textContent ?? '';
        const indent = '  '.repeat(Number(element.getAttribute('aria-level')) - 1);
        return `${indent}${text('kind')} ${text('name')}`.trimEnd();
      }),
    );
    expect(tree.filter((line) => /^ *(session|agent|model|tool|retry|policy) ?/.test(line))).toEqual([
      'session triage_agent',
      '  agent triage_agent',
      '    model gpt-5-mini',
      '      retry',
      '    tool lookup_order',
      '    tool check_policy',
      '    model gpt-5-mini',
      '  agent refund_agent',
      '    model gpt-5-mini',
      '    tool issue_refund',
      '    model gpt-5-mini',
      expect.stringMatching(/^ +policy/),
    ]);
  });

  it('has a bar for each step, as long as its step and at its time', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}`);
    const bars = page.locator('.virtual .bar:not(.tick)');
    await bars.first().waitFor();
    const lane = await page.locator('.virtual .tree-lane').first().boundingBox();
    const answer = await page.request.get(`${view.origin}/api/sessions/${encodeURIComponent(session)}`);
    const { nodes, summary }: SessionDetail = await answer.json();
    // The clocks of a machine drift apart: an outer step may end some milliseconds before its last inner one.
    const times = [summary, ...nodes];
    const start = Math.min(...times.flatMap(({ startTime = [] }) => startTime));
    const end = Math.max(...times.flatMap(({ startTime = [], endTime = startTime }) => endTime));
    const steps = nodes.filter(({ span }) => span);
    const pixels = (lane?.width ?? 0) / (end - start);
    const places = await bars.evaluateAll((elements) =>
      elements.map((bar) => {
        const { left, width } = bar.getBoundingClientRect();
        return { left, width };
      }),
    );
    expect(places.length).toBeGreaterThan(8);
    expect(places.length).toBe(steps.length);
    for (const [index, { startTime = Number.NaN, endTime = Number.NaN }] of steps.entries()) {
      const { left = 0, width = 0 } = places[index] ?? {};
      // The shortest bar has 3 pixels, and is not cut at the end.
      const begin = Math.min(pixels * (startTime - start), (lane?.width ?? 0) - 3);
      expect(Math.abs(left - (lane?.x ?? 0) - begin)).toBeLessThan(1);
      expect(Math.abs(width - Math.max(3, pixels * (endTime - startTime)))).toBeLessThan(1);
    }
  });

  it('shows of a selected model call its request, tokens and cost', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}?node=7`);
    const facts = page.locator('.facts');
    await facts.waitFor();
    const text = await facts.innerText();
    expect(text).toContain('Tokens and cost');
    expect(text).toMatch(/provider\s+openai/);
    expect(text).toMatch(/finish reason\s+tool_calls/);
    expect(text).toMatch(/model\s+gpt-5-mini/);
  });

  it('shows of a recorded event its hash, its chain and its JSON', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}?node=8&detail=event`);
    const panel = page.getByRole('tabpanel', { name: 'event' });
    await panel.getByText('Hash is right').waitFor();
    await panel.getByText('Follows the event before it').waitFor();
    await panel.getByText('EVENT_TYPE_RETRY').waitFor();
  });

  it('is found by the number of an event', async () => {
    const { page, show } = opened;
    await show('#/event/8');
    await page.getByRole('tabpanel', { name: 'event' }).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/session/${session}?node=8&detail=event`);
  });

  it('says so if there is no such session', async () => {
    const { page, show, faults } = opened;
    await show('#/session/none');
    await page.getByRole('alert').getByText('no such session').waitFor();
    // The browser reports the status itself.
    faults.length = 0;
  });
});

describe('The conversation of a session', () => {
  it('has what the customer, the agents and the tools said', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}?tab=conversation`);
    const chat = page.getByRole('region', { name: 'Conversation' });
    await chat.getByText('My kettle from order A-1001 arrived broken').first().waitFor();
    await chat.getByText('lookup_order').first().waitFor();
  });

  it('ends at the step that is selected', async () => {
    const { page, show } = opened;
    await show(`#/session/${session}?node=6&detail=conversation`);
    const chat = page.getByRole('region', { name: 'Conversation' });
    await chat.getByText('My kettle from order A-1001').first().waitFor();
    expect(await chat.getByText('lookup_order').count()).toBe(0);
  });
});

describe('Each view', () => {
  /** The problems of each view in a window that was opened like this, as `check` finds them. */
  async function problems(
    options: BrowserContextOptions,
    check: (page: Page) => Promise<readonly string[]>,
  ): Promise<Record<string, readonly string[]>> {
    const { page, show } = await openView(browser, view, options);
    const found: Record<string, readonly string[]> = {};
    for (const [name, hash] of Object.entries(views())) {
      await show(hash);
      await settled(page);
      found[name] = await check(page);
    }
    await page.context().close();
    return found;
  }

  const none = () => Object.fromEntries(Object.keys(views()).map((name) => [name, []]));

  const overflow = async (page: Page): Promise<readonly string[]> => {
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    return wider > 0 ? [`${wider} px wider than the window`] : [];
  };

  it.each([
    ['light and wide', { viewport: WIDE }],
    ['light and narrow', { viewport: NARROW }],
  ] as const)('breaks no rule of accessibility, %s', { timeout: 180_000 }, async (_what, options) => {
    const check = async (page: Page) => [...(await violations(page)), ...(await overflow(page))];
    expect(await problems(options, check)).toEqual(none());
  });

  it('has enough contrast in the dark, where only the colours differ', { timeout: 180_000 }, async () => {
    const check = (page: Page) => violations(page, ['color-contrast']);
    expect(await problems({ viewport: WIDE, colorScheme: 'dark' }, check)).toEqual(none());
  });

  it('fits into a window at 200 %', { timeout: 180_000 }, async () => {
    expect(await problems({ viewport: ZOOMED }, overflow)).toEqual(none());
  });
});

it('The page makes no request to another host, and its policy refuses nothing of it', () => {
  expect(opened.faults).toEqual([]);
});
