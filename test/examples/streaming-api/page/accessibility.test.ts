/** Accessibility of the page by axe, in each state, in both themes, wide and narrow. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../../scripts/chromium/chromium.js';
import { violations } from '../../accessibility-rules.js';
import { removeFolders, type StartedService, startService } from '../service-process.js';
import { openPage, say, settled, shown } from './open-page.js';

let browser: Browser;
let service: StartedService;

beforeAll(async () => {
  [browser, service] = await Promise.all([
    launchChromium(),
    startService({ JAEGER_URL: 'http://127.0.0.1:16686' }),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  removeFolders();
});

describe.each([
  { colorScheme: 'light', width: 1200, height: 860 },
  { colorScheme: 'dark', width: 1200, height: 860 },
  { colorScheme: 'light', width: 380, height: 760 },
] as const)('The page, $colorScheme and $width pixels wide,', (look) => {
  it('has no violation before the first message, with everything in it, and while it waits', async () => {
    const { page } = await openPage(browser, service.url, look);
    expect(await violations(page)).toEqual([]);

    for (const message of [
      'What are the weather and the time in Paris?',
      'Where is my invoice?',
      'Fail midway',
    ]) {
      await say(page, message);
      await settled(page);
    }
    await say(page, 'Please delete note 7');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await settled(page);
    expect(await page.locator('.call, .handoff, .failure, .reasoning, .facts').count()).toBeGreaterThan(6);
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);

    await page.getByRole('radio', { name: 'chat' }).check();
    await say(page, 'Tell me a story');
    await shown(page, 'Once upon');
    expect(await violations(page)).toEqual([]);

    await page.getByRole('radio', { name: 'research' }).check();
    await say(page, 'Are heat pumps worth it in cold climates?');
    await page.getByRole('region', { name: 'Report' }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });
});

/** Pixels by which the page is wider than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
