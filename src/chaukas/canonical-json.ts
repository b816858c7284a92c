/** JSON with one form for each value: RFC 8785 (JSON Canonicalization Scheme). What is hashed has to have one. */
import type { JsonValue } from '../foreign/json.js';

/**
 * The canonical JSON of a value: members in the order of their names' UTF-16 code units, no white space, numbers and
 * texts as ECMAScript writes them. Members that are `undefined` are left out.
 *
 * A value whose members stand in this order already, which is how our own events are built, costs little more than
 * `JSON.stringify`.
 */
export function canonicalJson(value: JsonValue): string {
  return isOrdered(value) ? JSON.stringify(value) : written(value);
}

/** What `JSON.stringify` would write is canonical, but for the order. */
function isOrdered(value: JsonValue | undefined): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (!isOrdered(item)) return false;
    return true;
  }
  let previous = '';
  for (const name in value) {
    if (name < previous || !isOrdered(value[name])) return false;
    previous = name;
  }
  return true;
}

/**
 * By hand and not by an object that is put in order, in which names such as `10` would always come first. What is in
 * order within it is still left to `JSON.stringify`.
 */
function written(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value) items += (items === '' ? '' : ',') + canonicalJson(item ?? null);
    return `[${items}]`;
  }
  let members = '';
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}
