/** Conversations that are interrupted: by the user, by the network, by a reload, by a restart of the server. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../../scripts/chromium/chromium.js';
import { removeFolders, type StartedService, startService } from '../service-process.js';
import { startCuttingProxy } from './cutting-proxy.js';
import { lastTurn, openPage, say, settled, shown } from './open-page.js';

const STORY = /^message: chat \| Once upon a time .* third column\.$/;
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

describe('The page', () => {
  it('stops an answer with the Escape key, and takes the next message at once', async () => {
    const { page } = await openPage(browser, service.url, { agent: 'chat' });
    await say(page, 'Fail in silence');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await page.keyboard.press('Escape');
    await shown(page, 'You stopped this answer.');
    expect(await lastTurn(page)).toEqual(['user: Fail in silence', 'note: You stopped this answer.']);
    await say(page, 'ping');
    await shown(page, 'pong');
  });

  it('goes on with the same answer after a lost connection', async () => {
    const proxy = await startCuttingProxy(service.url);
    const { page } = await openPage(browser, proxy.url, { agent: 'chat' });
    const resumed: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.method() === 'GET' && request.url().includes('/stream/')) {
        resumed.push(request.headers()['last-event-id']);
      }
    });
    await say(page, 'Tell me a story');
    // A story is about 40 kB of events.
    await proxy.cutAfter(5_000);
    await proxy.cutAfter(5_000);
    await settled(page);
    proxy.close();
    // Whole, in order and without a repetition: the events went on where they had stopped.
    expect((await lastTurn(page))[1]).toMatch(STORY);
    expect((await lastTurn(page))[1]?.match(/Once upon/g)?.length).toBe(1);
    expect(resumed).toEqual([expect.stringMatching(/:\d+$/), expect.stringMatching(/:\d+$/)]);
  });

  it('goes on with the session after a reload', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'What are the weather and the time in Paris?');
    await settled(page);
    await say(page, 'Where is my invoice?');
    await settled(page);
    const before = await page.locator('.turn').count();
    const session = await page.locator('#session').innerText();
    const turn = await lastTurn(page);
    const usage = await page.locator('#usage').innerText();

    await page.reload();
    await shown(page, '2026-0042 over 59.00 EUR');
    expect(await page.locator('.turn').count()).toBe(before);
    expect(await page.locator('#session').innerText()).toBe(session);
    expect(await page.locator('#usage').innerText()).toBe(usage);
    const withoutHandoff = turn.filter((line) => !line.startsWith('handoff'));
    const restored = await lastTurn(page);
    expect(restored.map((line) => line.replace('message: assistant', 'message: billing-specialist'))).toEqual(
      withoutHandoff,
    );

    await page.getByRole('button', { name: 'New session' }).click();
    await say(page, 'ping');
    await settled(page);
    expect(await page.locator('.turn').count()).toBe(1);
    expect(await page.locator('#session').innerText()).not.toBe(session);
  });

  it('goes on with a running answer after a reload', async () => {
    const { page } = await openPage(browser, service.url, { agent: 'chat' });
    await say(page, 'Tell me a story');
    await shown(page, 'lighthouse');
    await page.reload();
    await shown(page, 'third column');
    await settled(page);
    expect(await page.locator('.turn').count()).toBe(1);
    expect(await lastTurn(page)).toEqual(['user: Tell me a story', expect.stringMatching(STORY)]);
  });

  it('asks again for a decision after a reload, and after a restart of the server in between', {
    timeout: 180_000,
  }, async () => {
    let own = await startService();
    const { page } = await openPage(browser, own.url);
    await say(page, 'Please delete note 7');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await settled(page);
    expect(await own.stop()).toBe(0);
    own = await startService({ PORT: new URL(own.url).port, OUTPUT_DIR: own.folder });
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    await shown(page, 'About note 7: Note 7 is deleted.');
    await settled(page);
    await own.stop();
  });

  it('says that an answer is lost when the server dies, and goes on with the session when it is back', {
    timeout: 180_000,
  }, async () => {
    let own = await startService();
    const { page } = await openPage(browser, own.url, { agent: 'chat' });
    await say(page, 'ping');
    await shown(page, 'pong');
    await settled(page);
    const session = await page.locator('#session').innerText();
    await say(page, 'Tell me a story');
    await shown(page, 'lighthouse');
    await own.kill();
    await page.getByText('Connection lost').waitFor();
    own = await startService({ PORT: new URL(own.url).port, OUTPUT_DIR: own.folder });
    await page.locator('.failure').waitFor({ timeout: 40_000 });
    await settled(page);
    await say(page, 'ping');
    await settled(page);
    expect(await lastTurn(page)).toEqual(['user: ping', 'message: chat | pong']);
    expect(await page.locator('#session').innerText()).toBe(session);
    await own.stop();
  });
});
