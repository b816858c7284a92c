/** `/docs` and `/redoc` in a browser: they show the API, and ask no other host for anything. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../../scripts/chromium/chromium.js';
import { removeFolders, type StartedService, startService } from '../service-process.js';

let browser: Browser;
let service: StartedService;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchChromium(), startService()]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  removeFolders();
});

describe.each(['/docs', '/redoc'])('The page %s', (path) => {
  it('shows every route of the API, and asks no other host', async () => {
    const page = await browser.newPage();
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== service.url) elsewhere.push(request.url());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${service.url}${path}`);
    for (const route of ['/assistant/stream', '/chat/run', '/research/stream', '/healthz']) {
      await page.getByText(route, { exact: true }).first().waitFor({ state: 'attached' });
    }
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
