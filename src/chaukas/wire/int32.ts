const MAX = 0x7fff_ffff;
const MIN = -0x8000_0000;

export function isInt32(value: unknown): value is number {
  return typeof value === 'number' && (value | 0) === value;
}

/**
 * The number as an int32 field can hold it: rounded, and no further from zero than 2,147,483,647. A span of others may
 * give 12.5 or 1e12 as a count, and an audit trail rather has the nearest count than none. Nothing for NaN.
 */
export function nearestInt32(value: number): number | undefined {
  if (Number.isNaN(value)) return undefined;
  // `+ 0` makes -0 a zero: integers have but one.
  return Math.round(Math.min(MAX, Math.max(MIN, value))) + 0;
}
