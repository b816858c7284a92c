/** The page without a mouse. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { type OpenedView, openView, ViewProcess } from './view-process.js';

let browser: Browser;
let view: ViewProcess;
let opened: OpenedView;
let page: Page;

beforeAll(async () => {
  view = await ViewProcess.start(inject('demoFile'));
  browser = await launchChromium();
  opened = await openView(browser, view);
  page = opened.page;
});

beforeEach(async () => {
  await opened.show('#/sessions');
  await page.locator('.virtual .row-link').first().waitFor();
});

afterAll(async () => {
  await browser.close();
  await view.stop();
});

const hash = () => decodeURIComponent(new URL(page.url()).hash);

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** The row of the table that has the focus, from 0. */
const focusedRow = () =>
  page.evaluate(
    () => Number(document.activeElement?.closest('[role=row]')?.getAttribute('aria-rowindex')) - 2,
  );

describe('In the table, the keys', () => {
  it('j and k move, and Enter opens', async () => {
    await press('j', 'j', 'j');
    await expect.poll(focusedRow).toBe(2);
    await press('k');
    await expect.poll(focusedRow).toBe(1);
    const id = await page.evaluate(() => document.activeElement?.getAttribute('title'));
    await press('Enter');
    await expect.poll(hash).toBe(`#/session/${id}`);
  });

  it('x picks two, and C compares them', async () => {
    await press('j', 'x', 'j', 'x');
    await page.getByRole('button', { name: 'Compare', exact: true }).waitFor();
    await press('C');
    await expect.poll(hash).toMatch(/^#\/compare\?left=.+&right=.+/);
  });

  it('/ leads into the search, where other keys are text', async () => {
    await press('/');
    await page.keyboard.type('jkt?');
    expect(await page.getByRole('searchbox').inputValue()).toBe('jkt?');
    await press('Escape');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
  });
});

describe('In a session, the keys', () => {
  beforeEach(async () => {
    await press('j', 'j', 'j', 'j', 'Enter');
    await page.locator('.tree-row').first().waitFor();
  });

  const selectedKind = () => page.locator('.tree-row[aria-selected=true] .tree-kind').innerText();

  it('j and k select, h closes and goes to the parent, l opens', async () => {
    await press('j', 'j');
    await expect.poll(selectedKind).toBe('agent');
    const rows = page.locator('.virtual .tree-row');
    const all = await rows.count();
    await press('h');
    await expect.poll(() => rows.count()).toBeLessThan(all);
    await press('l');
    await expect.poll(() => rows.count()).toBe(all);
    await press('j', 'h');
    await expect.poll(selectedKind).toBe('agent');
    await press('k');
    await expect.poll(selectedKind).toBe('session');
  });

  it('1, 2 and 3 choose what to show of a step', async () => {
    // The first key comes before the step is shown.
    await press('j', 'j', '3');
    for (const [key, name] of [
      ['3', 'event'],
      ['2', 'conversation'],
      ['1', 'details'],
    ] as const) {
      await press(key);
      await page.getByRole('tabpanel', { name, exact: true }).waitFor();
    }
  });

  it('v shows the conversation, and u leads back', async () => {
    await press('v');
    await expect.poll(hash).toContain('tab=conversation');
    await press('u');
    await expect.poll(hash).toBe('#/sessions');
  });

  it('are as many steps as there are rows: the last one is reached and shown', async () => {
    const { length } = await page.locator('.virtual .tree-row').all();
    for (let step = 0; step < length + 3; step += 1) await press('j');
    const last = page.locator('.tree-row[aria-selected=true]');
    await expect.poll(() => last.getAttribute('aria-rowindex')).toBe(String(length + 1));
    expect(await last.evaluate((row) => row === document.activeElement)).toBe(true);
  });
});

describe('Everywhere, the keys', () => {
  it('? lists the keys that work here, and Escape closes the list', async () => {
    await press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.getByText('Pick it to compare').waitFor();
    await press('j');
    expect(await focusedRow()).toBeNaN();
    await press('Escape');
    await expect.poll(() => dialog.count()).toBe(0);
  });

  it('g and a letter lead to the views', async () => {
    for (const [key, name] of [
      ['o', 'overview'],
      ['c', 'compare'],
      ['e', 'evidence'],
      ['s', 'sessions'],
    ] as const) {
      await press('g', key);
      await expect.poll(hash).toBe(`#/${name}`);
    }
  });

  it('t changes the theme, which is kept', async () => {
    const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    expect(await scheme()).toBe('light dark');
    await press('t', 't');
    expect(await scheme()).toBe('dark');
    await page.reload();
    await page.getByRole('navigation').waitFor();
    expect(await scheme()).toBe('dark');
    await press('t');
    expect(await scheme()).toBe('light dark');
  });

  it('Tab reaches the content first, by a button that skips the rest', async () => {
    await press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});

describe('In a session that was found by a text', () => {
  it('the places that have it are marked, as text, and the link keeps the text', async () => {
    const rows = page.locator('.virtual .row-link');
    const all = await rows.count();
    await opened.show('#/sessions?q=KETTLE');
    // The rows of the whole list stay until those that match are there.
    await expect.poll(() => rows.count()).toBeLessThan(all);
    await press('j', 'Enter');
    await expect.poll(hash).toMatch(/\?q=KETTLE$/);
    await press('v');
    const marks = page.getByRole('region', { name: 'Conversation' }).locator('mark');
    await marks.first().waitFor();
    expect(new Set(await marks.allInnerTexts())).toEqual(new Set(['kettle']));
  });
});

describe('The waterfall and the panes', () => {
  beforeEach(async () => {
    await press('j', 'j', 'j', 'j', 'Enter');
    await page.locator('.tree-row').first().waitFor();
  });

  const axis = () => page.locator('.tree-axis span').allInnerTexts();
  const width = async (name: string) => (await page.locator(name).boundingBox())?.width ?? 0;

  it('are zoomed with + and -, to a step with z, and 0 shows the whole time again', async () => {
    const whole = await axis();
    const bar = page.locator('.tree-row[aria-selected=true] .bar');
    await page.locator('.virtual .kind-model').first().click();
    await bar.waitFor();
    const before = await bar.boundingBox();
    await press('+');
    await expect.poll(axis).not.toEqual(whole);
    const after = await bar.boundingBox();
    expect(after?.width).toBeGreaterThan(1.5 * (before?.width ?? 0));
    await press('-');
    await expect.poll(axis).toEqual(whole);
    await press('z');
    const lane = await page.locator('.tree-row[aria-selected=true] .tree-lane').boundingBox();
    await expect.poll(async () => (await bar.boundingBox())?.width).toBeGreaterThan(0.5 * (lane?.width ?? 1));
    await page.getByRole('button', { name: 'The whole time (0)' }).click();
    await expect.poll(axis).toEqual(whole);
    await press('z', '0');
    await expect.poll(axis).toEqual(whole);
  });

  it('have a line between them that arrow keys and the pointer move, and that the browser keeps', async () => {
    const line = page.getByRole('separator', { name: 'Width of the steps' });
    const before = await width('.tree-scroll');
    await line.focus();
    await press('ArrowLeft', 'ArrowLeft');
    await expect.poll(() => line.getAttribute('aria-valuenow')).toBe('50');
    const narrower = await width('.tree-scroll');
    expect(narrower).toBeLessThan(before);
    const box = await line.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 4, 300);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) - 200, 300, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => width('.tree-scroll')).toBeLessThan(narrower - 100);
    const kept = await line.getAttribute('aria-valuenow');
    await page.reload();
    await line.waitFor();
    expect(await line.getAttribute('aria-valuenow')).toBe(kept);
    await line.focus();
    for (let step = 0; step < 20; step += 1) await press('ArrowLeft');
    expect(await line.getAttribute('aria-valuenow')).toBe(await line.getAttribute('aria-valuemin'));
    await line.dblclick();
    await expect.poll(() => line.getAttribute('aria-valuenow')).toBe('60');
  });
});
