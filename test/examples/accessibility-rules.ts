/** The rules of accessibility, for the pages of both services. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * Returns each element that breaks a rule, as `rule: element`.
 *
 * @param rules - the rules that are checked; all if absent.
 */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  // The page's policy forbids scripts that are not its own; axe runs beside it.
  const hasAxe = await page.evaluate(() => 'axe' in globalThis);
  if (!hasAxe) await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(
    (runOnly) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({
        resultTypes: ['violations'],
        ...(runOnly && { runOnly }),
      }),
    rules && [...rules],
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
