import { describe, expect, it } from 'vitest';
import { ensureChromium, launchChromium } from '../../../scripts/chromium/chromium.js';

describe('The browser of the tests', () => {
  it('runs a script of a page', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      expect(await page.evaluate('1 + 1')).toBe(2);
    } finally {
      await browser.close();
    }
  });

  it('is not replaced if CHROMIUM_BIN is wrong', () => {
    expect(() => ensureChromium({ CHROMIUM_BIN: '/no/such/file' })).toThrow(
      'CHROMIUM_BIN is "/no/such/file", which does not exist: set it to the path of Chromium.',
    );
  });
});
