/** The overview, the comparison and the evidence in the browser; the first two on every type of event. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { EVERY_TYPE } from '../cli/run-command.js';
import { violations } from '../examples/accessibility-rules.js';
import { type OpenedView, openView, settled, TemporaryFolder, ViewProcess } from './view-process.js';

const folder = new TemporaryFolder();
let browser: Browser;
let view: ViewProcess;
let opened: OpenedView;

beforeAll(async () => {
  const text = readFileSync(EVERY_TYPE, 'utf8');
  // The second session asks about a toaster, and calls no refund_card.
  const other = text
    .replaceAll('order-1042', 'order-7')
    .replace('My kettle from', 'My toaster from')
    .split('\n')
    .filter((line) => line.includes('"order-7"') && !line.includes('"span_id":"2200000000000005"'));
  const lines = [...text.trim().split('\n'), ...other].map((line): object => JSON.parse(line));
  view = await ViewProcess.start(folder.write('events.jsonl', lines));
  browser = await launchChromium();
  opened = await openView(browser, view);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await view.stop();
  folder[Symbol.dispose]();
});

describe('The overview', () => {
  it('leads from the slowest call to its session', async () => {
    const { page, show } = opened;
    await show('#/overview');
    await page
      .getByRole('region', { name: 'Slowest' })
      .getByRole('link', { name: 'gpt-5', exact: true })
      .first()
      .click();
    await page.getByRole('tabpanel', { name: 'event' }).waitFor();
    expect(new URL(page.url()).hash).toContain('#/session/order-');
  });

  it('has the numbers of its charts in a table', async () => {
    const { page, show } = opened;
    await show('#/overview');
    await page.getByText('The charts as a table').click();
    const rows = page.getByRole('region', { name: 'Numbers of the charts' }).getByRole('row');
    expect(await rows.count()).toBeGreaterThan(2);
  });

  it('is of the sessions that the filters of its address select', async () => {
    const { page, show } = opened;
    await show('#/overview?tool=refund_card');
    const models = page.getByRole('region', { name: 'Models' }).getByRole('row');
    await expect.poll(() => models.nth(1).textContent()).toContain('gpt-51');
    await show('#/overview?tool=none');
    await page.getByRole('heading', { name: 'No call fits' }).waitFor();
  });
});

describe('The comparison', () => {
  it('marks the steps that differ, and goes from one to the next by keyboard', async () => {
    const { page, show } = opened;
    await show('#/compare?left=order-1042&right=order-7');
    await page.getByRole('status').getByText('1 differ, 2 only left, 0 only right').waitFor();
    await page.keyboard.press('n');
    const step = page.getByRole('complementary', { name: 'Step' });
    await step.locator('del', { hasText: 'kettle' }).waitFor();
    await step.locator('ins', { hasText: 'toaster' }).waitFor();
    await page.keyboard.press('n');
    await step.getByRole('heading', { name: 'tool refund_card' }).waitFor();
  });

  it('says what to do until two sessions are chosen', async () => {
    const { page, show } = opened;
    await show('#/compare');
    await page.getByRole('heading', { name: 'Choose two sessions' }).waitFor();
    await page.getByLabel('Left').selectOption('order-1042');
    await page.getByLabel('Right').selectOption('order-1042');
    await settled(page);
    await page.getByRole('status').getByText('No difference in 16 steps').waitFor();
  });
});

describe('The evidence of a file that was changed', () => {
  let changed: ViewProcess;

  beforeAll(async () => {
    const lines = readFileSync(inject('demoFile'), 'utf8').trim().split('\n');
    const file = path.join(folder.path, 'changed.jsonl');
    const at = lines.findIndex((line) => line.includes('"type":"EVENT_TYPE_TOOL_CALL_START"'));
    lines[at] = lines[at]?.replace('A-1001', 'A-9999') ?? '';
    writeFileSync(file, `${lines.join('\n')}\n`);
    changed = await ViewProcess.start(file);
  }, 60_000);

  afterAll(() => changed.stop());

  it.each(['light', 'dark'] as const)(
    'names the event, leads to it, and can be read by all: %s',
    async (colorScheme) => {
      const { page, show, faults } = await openView(browser, changed, { colorScheme });
      await show('#/evidence');
      await page.getByRole('status').getByText('something was changed, removed or lost').waitFor();
      expect(await violations(page)).toEqual([]);
      const findings = page.getByRole('region', { name: 'Findings' });
      await findings.getByRole('row', { name: 'changed_event' }).getByRole('link').first().click();
      await page.getByRole('tabpanel', { name: 'event' }).waitFor();
      await page.getByText('Hash is wrong').waitFor();
      expect(faults).toEqual([]);
      await page.context().close();
    },
  );
});

it('Overview and comparison cause no fault in the page', () => {
  expect(opened.faults).toEqual([]);
});
