import { asNonEmptyString } from '../json/readers.js';

const MAX_LENGTH = 100;
const MAX_MEMBERS = 10;

/** A short text for a rejected value, for error messages: it names the value without quoting all of it. */
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
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? showObject(value) : String(value);
}

function showObject(value: object): string {
  const name = asNonEmptyString(value.constructor?.name);
  return name === undefined || name === 'Object' ? 'an object' : name;
}
