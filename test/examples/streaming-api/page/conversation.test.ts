/** Conversations on the page, in a browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../../scripts/chromium/chromium.js';
import { removeFolders, type StartedService, startService } from '../service-process.js';
import { lastTurn, openPage, recordAnnouncements, say, settled, shown } from './open-page.js';

const JAEGER = 'http://127.0.0.1:16686';
let browser: Browser;
let service: StartedService;

beforeAll(async () => {
  [browser, service] = await Promise.all([launchChromium(), startService({ JAEGER_URL: JAEGER })]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  removeFolders();
});

describe('The page', () => {
  it('shows an answer while it arrives, and then its tokens, cost and trace', async () => {
    const { page, complaints, requested } = await openPage(browser, service.url, { agent: 'chat' });
    await page.getByRole('button', { name: 'Tell me a story' }).click();
    const lengths: number[] = [];
    while (await page.locator('#stop').isVisible()) {
      lengths.push((await page.locator('.turn .text').allInnerTexts()).join('').length);
    }
    // At least two parts of the text before it was whole.
    expect(new Set(lengths).size).toBeGreaterThan(2);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(await lastTurn(page)).toEqual([
      'user: Tell me a story',
      expect.stringMatching(/^message: chat \| Once upon a time .* third column\.$/),
    ]);

    const facts = page.locator('.facts');
    expect(await facts.innerText()).toMatch(/^60 → 230 tokens\s+\$0\.\d+\s+\d\.\d s\s+trace [0-9a-f]{8}$/);
    const traceId = await page.locator('dd.id').innerText();
    expect(await facts.getByRole('link').getAttribute('href')).toBe(`${JAEGER}/trace/${traceId}`);
    expect(await page.locator('#usage').innerText()).toMatch(/Model calls\s+1\s+Input tokens\s+60/);

    expect(complaints).toEqual([]);
    expect(requested.filter((address) => !address.startsWith(service.url))).toEqual([]);
  });

  it('shows tool calls with their arguments and results', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'What are the weather and the time in Paris?');
    await settled(page);
    expect(await lastTurn(page)).toEqual([
      'user: What are the weather and the time in Paris?',
      'reasoning: Reasoning',
      'call: get_weather | city: Paris | done | 18 °C and light rain in Paris',
      expect.stringMatching(
        /^call: get_time \| timezone: Europe\/Paris \| done \| \d\d:\d\d in Europe\/Paris$/,
      ),
      expect.stringMatching(/^message: assistant \| The weather is 18 °C and light rain in Paris\. It is/),
    ]);
    await page.getByText('Reasoning').click();
    expect(await page.locator('.reasoning p').innerText()).toMatch(/^The weather and the time do not depend/);
  });

  it('asks before a tool runs that needs approval, and goes on when the user approves with the keyboard', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'Please delete note 7');
    const question = page.getByRole('group', { name: 'assistant wants to call delete_note' });
    await question.waitFor();
    await settled(page);
    // A key that is still pressed must not decide.
    expect(await hasFocus(page, '.approval')).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shown(page, 'About note 7');
    await settled(page);
    expect(await lastTurn(page)).toEqual([
      'user: Please delete note 7',
      'call: delete_note | id: 7 | done | Note 7 is deleted.',
      'approval: assistant wants to call delete_note | id: 7 | You approved this call.',
      'message: assistant | About note 7: Note 7 is deleted.',
    ]);
    expect(await hasFocus(page, '#message')).toBe(true);
    // The resumed run reports the usage of the whole run, of which the first part is counted already.
    const tokens = (await page.locator('.facts').allInnerTexts()).map((facts) => facts.split(' tokens')[0]);
    expect(tokens).toEqual(['260 → 22', '310 → 14']);
    expect(await page.locator('#usage').innerText()).toMatch(
      /calls\s+2\s+Input tokens\s+570\s+Output tokens\s+36/,
    );
  });

  it('keeps a tool from running that the user rejects', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'Please delete note 7');
    await page.getByRole('button', { name: 'Reject' }).click();
    await shown(page, 'About note 7');
    await settled(page);
    expect((await lastTurn(page)).slice(-2)).toEqual([
      'approval: assistant wants to call delete_note | id: 7 | You rejected this call.',
      'message: assistant | About note 7: Tool execution was not approved.',
    ]);
  });

  it('shows which agent hands over, and which one answers', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'Where is my invoice?');
    await settled(page);
    expect(await lastTurn(page)).toEqual([
      'user: Where is my invoice?',
      'handoff: assistant handed over to billing-specialist',
      'call: find_invoice | done | invoice: 2026-0042, amount: 59.00 EUR, status: paid, paidOn: 2026-11-12',
      'message: billing-specialist | Your newest invoice is 2026-0042 over 59.00 EUR. You paid it on 12 November 2026.',
    ]);
  });

  it('shows the progress of a research, and its report', async () => {
    const { page } = await openPage(browser, service.url, { agent: 'research' });
    await page.getByRole('button', { name: 'Are heat pumps worth it in cold climates?' }).click();
    await page.locator('[aria-current=step]').waitFor();
    await settled(page);
    expect(await page.locator('.stages .done').allInnerTexts()).toEqual(['planning', 'searching', 'writing']);
    expect((await page.locator('.progress .log li').allInnerTexts()).sort()).toEqual([
      'Planning the searches',
      'Searched for "cost of a heat pump"',
      'Searched for "heat pumps in cold climates"',
      'Searched for "insulation and heating"',
      'Searching for 3 topics',
      'Writing the report',
    ]);
    const report = page.getByRole('region', { name: 'Report' });
    expect(await report.getByRole('heading').allInnerTexts()).toEqual([
      'Heat pumps in cold climates',
      'heat pumps in cold climates',
      'cost of a heat pump',
      'insulation and heating',
      'Conclusion',
      'Questions to look into next',
    ]);
    expect(await page.locator('#usage').innerText()).toMatch(/Model calls\s+8\s/);
  });

  it.each([
    ['Fail with 500', /^failure: Failed \(\w+\) \| ./],
    ['Fail midway', /^failure: Failed \(\w+\) \| ./],
    ['My card is 4111 1111 1111 1111', /^failure: Failed \(guardrail_tripped\) \| ./],
  ])('says why "%s" fails, and goes on with the next message', async (input, failure) => {
    const { page } = await openPage(browser, service.url);
    await say(page, input);
    await page.locator('.failure').waitFor();
    await settled(page);
    expect((await lastTurn(page)).at(-1)).toMatch(failure);
    expect(await page.locator('.transcript').innerText()).not.toMatch(/ at .*:\d+:\d+/);
    await say(page, 'ping');
    await shown(page, 'pong');
  });

  it('shows words of the model as text, whatever they look like', async () => {
    const { page, complaints } = await openPage(browser, service.url);
    const hostile = '<img src="x" onerror="document.title = 1"><b>bold</b>';
    await say(page, hostile);
    await shown(page, 'I am the local model server');
    await settled(page);
    expect((await lastTurn(page))[1]).toContain(`You said: ${hostile}`);
    expect(await page.locator('.transcript').locator('img, .text b').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('announces whole sentences to a screen reader, and no single words', async () => {
    const { page } = await openPage(browser, service.url, { agent: 'chat' });
    const announced = await recordAnnouncements(page);
    await say(page, 'Tell me a story');
    await settled(page);
    expect(await announced()).toEqual([
      'Sent to chat.',
      expect.stringMatching(/^chat answered: Once upon a time .* third column\.$/),
    ]);
    expect(await page.getByRole('log').getAttribute('aria-live')).toBe('off');
  });

  it('changes the agent with the arrow keys, and keeps each conversation', async () => {
    const { page } = await openPage(browser, service.url);
    await say(page, 'ping');
    await shown(page, 'pong');
    await page.getByRole('radio', { name: 'assistant' }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('radio', { name: 'chat' }).isChecked()).toBe(true);
    expect(await page.getByRole('log').getByText('pong').count()).toBe(0);
    await page.keyboard.press('ArrowUp');
    expect(await page.getByRole('log').getByText('pong').count()).toBe(1);
  });
});

function hasFocus(page: Page, selector: string): Promise<boolean> {
  return page
    .locator(`${selector}:focus`)
    .count()
    .then((count) => count === 1);
}
