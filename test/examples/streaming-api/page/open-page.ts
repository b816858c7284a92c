/** The page in a browser, and what a user does on it. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface OpenPageOptions {
  readonly agent?: string;
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of the page's scripts, and messages of its console, such as violations of its policy. */
  readonly complaints: string[];
  /** Every address that the page asked for. */
  readonly requested: string[];
}

/** Opens the page in a context of its own, with nothing stored from an earlier test. */
export async function openPage(
  browser: Browser,
  url: string,
  options: OpenPageOptions = {},
): Promise<OpenedPage> {
  const { agent = 'assistant', colorScheme = 'light', width = 1200, height = 900 } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('request', (request) => requested.push(request.url()));
  await page.goto(`${url}/#${agent}`);
  await page.getByRole('radio', { name: agent, checked: true }).waitFor();
  return { page, complaints, requested };
}

/** Types a message and sends it with the Enter key. */
export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
}

/** Waits until the transcript shows a text. */
export function shown(page: Page, text: string): Promise<void> {
  return page.getByRole('log').getByText(text).last().waitFor();
}

/** Waits until the run is over or waits for the user. */
export async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator('#stop').isHidden(), { timeout: 30_000 }).toBe(true);
}

/** The parts of the newest turn, one line each, in the order of the page. */
export async function lastTurn(page: Page): Promise<string[]> {
  const parts = page.locator('.turn').last().locator('.user > p, .events > *');
  const texts = await parts.evaluateAll((elements) =>
    elements.map((element) => {
      const kind = element.parentElement?.classList.contains('user') ? 'user' : element.classList[0];
      return `${kind}: ${(element as unknown as { innerText: string }).innerText}`;
    }),
  );
  // Times, costs and traces differ; what they say is tested on its own.
  return texts.map((text) => text.replaceAll(/\n+/g, ' | ')).filter((text) => !text.startsWith('facts'));
}

/** The sentences for screen readers, each with the position at which it was said. */
export async function recordAnnouncements(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const { document, MutationObserver } = globalThis as unknown as BrowserGlobals;
    const said: string[] = [];
    (globalThis as unknown as { said: string[] }).said = said;
    const region = document.getElementById('announcements');
    new MutationObserver((records) => {
      for (const record of records) for (const node of record.addedNodes) said.push(node.textContent.trim());
    }).observe(region, { childList: true, subtree: true, characterData: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
}

/** The few names of a browser that run inside the page; the tests are compiled without the types of the DOM. */
interface BrowserGlobals {
  readonly document: { getElementById(id: string): unknown };
  readonly MutationObserver: new (
    listener: (records: { addedNodes: { textContent: string }[] }[]) => void,
  ) => { observe(target: unknown, options: object): void };
}
