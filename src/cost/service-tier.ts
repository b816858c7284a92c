/** Tiers at the price that a list has; others (`flex`, `priority`, `scale`, `batch`) have prices of their own. */
const STANDARD: ReadonlySet<string | undefined> = new Set([
  undefined,
  'auto',
  'default',
  'standard',
  'on_demand',
]);

export function isStandardTier(tier: string | undefined): boolean {
  return STANDARD.has(tier);
}
