/** The picture in the example's README. `UPDATE_SCREENSHOTS=1` takes it anew; look at it before you commit it. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { launchChromium } from '../../../../scripts/chromium/chromium.js';
import { PROJECT } from '../../../run-fixture.js';
import { removeFolders, startService } from '../service-process.js';
import { openPage, say, settled } from './open-page.js';

const FILE = path.join(PROJECT, 'examples/streaming-api/page.png');

it.runIf(process.env.UPDATE_SCREENSHOTS === '1')('The screenshot of the README is taken', async () => {
  const [browser, service] = await Promise.all([
    launchChromium(),
    startService({ JAEGER_URL: 'http://127.0.0.1:16686' }),
  ]);
  const { page } = await openPage(browser, service.url, { width: 1200, height: 1000 });
  await say(page, 'What are the weather and the time in Paris?');
  await settled(page);
  await say(page, 'Where is my invoice?');
  await settled(page);
  await say(page, 'Please delete note 7');
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await settled(page);
  await page.screenshot({ path: FILE });
  await browser.close();
  await service.stop();
  removeFolders();
});

it('The screenshot of the README has at most 200 kB', () => {
  expect(statSync(FILE).size).toBeLessThanOrEqual(200_000);
});
