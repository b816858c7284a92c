/** The pictures of docs/viewer.md. `UPDATE_SCREENSHOTS=1` takes them anew; look at them before you commit them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, it } from 'vitest';
import { launchChromium } from '../../scripts/chromium/chromium.js';
import { PROJECT } from '../run-fixture.js';
import { openView, settled, ViewProcess } from './view-process.js';

const PICTURES = path.join(PROJECT, 'docs/pictures/viewer');

/** The address of each picture, for two sessions of the demo. */
const VIEWS: Readonly<Record<string, (session: string, other: string) => string>> = {
  sessions: () => '#/sessions',
  session: (session) => `#/session/${session}?node=7`,
  conversation: (session) => `#/session/${session}?tab=conversation`,
  compare: (session, other) => `#/compare?left=${session}&right=${other}`,
  overview: () => '#/overview',
  evidence: () => '#/evidence',
};

const files = Object.keys(VIEWS).flatMap((name) => [`${name}-dark.png`, `${name}-light.png`]);

it.runIf(process.env.UPDATE_SCREENSHOTS === '1')('The pictures are taken', { timeout: 300_000 }, async () => {
  const view = await ViewProcess.start(inject('demoFile'));
  const browser = await launchChromium();
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, show } = await openView(browser, view, {
      colorScheme,
      viewport: { width: 1200, height: 680 },
    });
    const links = page.locator('.virtual .row-link', { hasText: 'triage_agent' });
    await expect.poll(() => links.count()).toBe(2);
    const [other = '', session = ''] = await links.evaluateAll((found) =>
      found.map((link) => link.getAttribute('href')?.replace('#/session/', '') ?? ''),
    );
    for (const [name, hash] of Object.entries(VIEWS)) {
      await show(hash(session, other));
      await settled(page);
      await page.waitForTimeout(1000);
      await page.screenshot({ path: path.join(PICTURES, `${name}-${colorScheme}.png`) });
    }
    await page.context().close();
  }
  await browser.close();
  await view.stop();
});

it('The pictures are those of docs/viewer.md, of at most 140 kB each', () => {
  expect(readdirSync(PICTURES).sort()).toEqual([...files].sort());
  const text = readFileSync(path.join(PROJECT, 'docs/viewer.md'), 'utf8');
  expect(files.filter((file) => !text.includes(`pictures/viewer/${file}`))).toEqual([]);
  const large = files.filter((file) => statSync(path.join(PICTURES, file)).size > 140_000);
  expect(large).toEqual([]);
});
