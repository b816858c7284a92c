const MAX_LENGTH = 100;
const MAX_MEMBERS = 10;

/** A wrong value as a message of ours names it: what it is, and not all that it holds. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    return `'${value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value}'`;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return 'an empty array';
    const more = value.length > MAX_MEMBERS ? ', …' : '';
    return `[${value.slice(0, MAX_MEMBERS).map(showValue).join(', ')}${more}]`;
  }
  if (value instanceof RegExp) return String(value);
  return typeof value === 'object' && value !== null
    ? (value.constructor?.name ?? 'an object')
    : String(value);
}
