const MAX = 0x7fff_ffff;
const MIN = -0x8000_0000;

export function isInt32(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

/**
 * Returns the nearest number that an int32 field of an event can hold; `undefined` for NaN. A span of another
 * instrumentation may have a count of 12.5 or 1e12, and in an audit trail the nearest count is better than no count.
 */
export function nearestInt32(value: number): number | undefined {
  if (Number.isNaN(value)) return undefined;
  // `+ 0` turns -0 into 0: integers have one zero.
  return Math.round(Math.min(MAX, Math.max(MIN, value))) + 0;
}
