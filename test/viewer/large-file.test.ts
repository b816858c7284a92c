/** The page on 100 MB of events that the product made. `npm run bench:viewer` measures times, on up to 1 GB. */
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventFile } from '../../bench/event-file.js';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { PROJECT } from '../run-fixture.js';
import { type OpenedView, openView, ViewProcess } from './view-process.js';

let browser: Browser;
let view: ViewProcess;
let opened: OpenedView;

beforeAll(async () => {
  const file = await eventFile(path.join(PROJECT, '.cache/viewer'), 100);
  browser = await launchChromium();
  view = await ViewProcess.start(file, '--no-follow');
  opened = await openView(browser, view);
}, 240_000);

afterAll(async () => {
  await browser.close();
  await view.stop();
});

it('A large file is shown while it is read, sorted, searched and verified, with few rows in the page', async () => {
  const { page, faults, show } = opened;
  const rows = page.locator('.virtual [role=row]');
  await rows.first().waitFor();
  // Everything is read in the end.
  await expect.poll(() => page.locator('.indexing').count(), { timeout: 120_000 }).toBe(0);
  const bar = await page.locator('.state-bar').innerText();
  const [, events = '', sessions = ''] = /([\d,]+) events in ([\d,]+) sessions/.exec(bar) ?? [];
  const count = (text: string) => Number(text.replaceAll(',', ''));
  expect([count(events) > 100_000, count(sessions) > 5000]).toEqual([true, true]);
  await page.getByText(`${sessions} sessions`, { exact: true }).waitFor();
  expect(await rows.count()).toBeLessThan(60);

  // The last row, of those that are not loaded so far.
  await page.getByRole('region', { name: 'Table of sessions' }).press('End');
  const last = page.locator(`.virtual [role=row][aria-rowindex="${count(sessions) + 1}"] .row-link`);
  await last.waitFor();
  await page.getByRole('button', { name: 'Duration' }).click();
  await expect.poll(() => new URL(page.url()).hash).toBe('#/sessions?sort=duration&order=desc');

  // The verification goes on while other views are looked at.
  await show('#/evidence');
  await page.getByRole('progressbar', { name: 'Verification' }).waitFor();
  await show('#/sessions?q=warehouse%20in%20Hamburg');
  await page.getByText(`${sessions} sessions found`, { exact: true }).waitFor({ timeout: 60_000 });
  await rows.first().locator('.row-link').click();
  await page.locator('.virtual .tree-row.kind-model').first().click();
  await page.locator('.facts').getByText('Tokens and cost').waitFor();
  await page.locator('mark').first().waitFor();
  await show('#/overview');
  await page.getByRole('region', { name: 'Slowest' }).getByRole('link').first().waitFor();
  // It ended meanwhile, or ends now.
  await show('#/evidence');
  await page.getByRole('status').getByText('Verified: every hash').waitFor({ timeout: 120_000 });
  expect(faults).toEqual([]);
}, 240_000);
