/** The page while its sources grow, and after its server has ended. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { PROJECT } from '../run-fixture.js';
import { openView, TemporaryFolder, ViewProcess } from './view-process.js';

const LINES = readFileSync(path.join(PROJECT, 'test/cli/every-type.jsonl'), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

const folder = new TemporaryFolder();
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  folder[Symbol.dispose]();
});

/** The lines as those of one session. Without the process's own, which the table leaves out. */
const sessionOf = (id: string) =>
  LINES.filter(({ session_id }) => !String(session_id).startsWith('stream-'))
    .map((line) => `${JSON.stringify({ ...line, session_id: id })}\n`)
    .join('');

describe('While a file grows, the page', () => {
  it('says that nothing is there yet, then has each session without being loaded again', async () => {
    const file = folder.write('growing.jsonl', []);
    const view = await ViewProcess.start(file);
    const { page, faults } = await openView(browser, view);
    await page.getByRole('heading', { name: 'There are no events yet' }).waitFor();
    await page.evaluate(() => document.body.setAttribute('data-loaded', 'once'));
    const rows = page.locator('.virtual [role=row]');
    for (const [index, id] of ['first', 'second', 'third'].entries()) {
      appendFileSync(file, sessionOf(id));
      await expect.poll(() => rows.count()).toBe(index + 1);
    }
    expect(await page.locator('body').getAttribute('data-loaded')).toBe('once');
    expect(faults).toEqual([]);
    await page.context().close();
    await view.stop();
  });

  it('adds steps to a session that is open, and keeps what is selected', async () => {
    const lines = sessionOf('one').trimEnd().split('\n');
    const half = Math.floor(lines.length / 2);
    const file = folder.write('session.jsonl', []);
    appendFileSync(file, `${lines.slice(0, half).join('\n')}\n`);
    const view = await ViewProcess.start(file);
    const { page, show } = await openView(browser, view);
    await show('#/session/one');
    const rows = page.locator('.virtual .tree-row');
    await rows.first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const selected = page.locator('.tree-row[aria-selected=true]');
    await expect.poll(() => selected.getAttribute('aria-rowindex')).toBe('3');
    const count = await page.getByRole('treegrid').getAttribute('aria-rowcount');
    appendFileSync(file, `${lines.slice(half).join('\n')}\n`);
    await expect.poll(() => page.getByRole('treegrid').getAttribute('aria-rowcount')).not.toBe(count);
    expect(await selected.count()).toBe(1);
    await page.context().close();
    await view.stop();
  });
});

it('After its server has ended, the page says so and keeps what it shows', async () => {
  const file = folder.write('ended.jsonl', []);
  appendFileSync(file, sessionOf('one'));
  const view = await ViewProcess.start(file);
  const { page } = await openView(browser, view);
  const rows = page.locator('.virtual [role=row]');
  await expect.poll(() => rows.count()).toBe(1);
  await view.stop();
  await page.getByRole('alert').getByText('The server does not answer').waitFor();
  expect(await rows.count()).toBe(1);
  await page.context().close();
});

it('A folder without events is said to have none, and nothing of it is called verified', async () => {
  const empty = path.join(folder.path, 'empty');
  mkdirSync(empty);
  const view = await ViewProcess.start(empty);
  const { page, show, faults } = await openView(browser, view);
  const list = page.getByRole('main');
  await list.getByText('has no files *.jsonl or *.jsonl.gz').waitFor();
  await show('#/evidence');
  await page.getByRole('status').getByText('There is nothing to verify').waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
  await view.stop();
});

it('A browser without the token gets no page', async () => {
  const view = await ViewProcess.start(folder.write('token.jsonl', []));
  const page = await browser.newPage();
  const answer = await page.goto(view.origin);
  expect(answer?.status()).toBe(401);
  expect(await page.locator('body').innerText()).toContain('token');
  await page.close();
  await view.stop();
});
