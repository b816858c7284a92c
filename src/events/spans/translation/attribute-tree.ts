import type { Attributes } from '@opentelemetry/api';
import { asRecord, type UnknownRecord } from '../../../json/readers.js';

/**
 * Builds nested data from flat attributes. With the prefix `llm.`, the attribute `llm.input_messages.0.message.role` is at
 * `input_messages`, `0`, `message`, `role`. If a name is both a value and a prefix of other names, its value is dropped.
 */
export function attributeTree(attributes: Attributes, prefix: string): UnknownRecord {
  const root = branch();
  for (const name of Object.keys(attributes)) {
    if (!name.startsWith(prefix)) continue;
    const path = name.slice(prefix.length).split('.');
    const last = path.pop() ?? '';
    let node = root;
    for (const step of path) node = childOf(node, step);
    if (asRecord(node[last]) === undefined) node[last] = attributes[name];
  }
  return root;
}

/** Returns the items of a list in the order of their numbers. Numbers may be missing. */
export function treeList(node: unknown): UnknownRecord[] {
  const record = asRecord(node);
  if (record === undefined) return [];
  // JavaScript sorts names that are whole numbers.
  return Object.keys(record)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => asRecord(record[name]))
    .filter((item) => item !== undefined);
}

type Branch = Record<string, unknown>;

/** Creates an object without a prototype, because a name may be `__proto__`. */
function branch(): Branch {
  return Object.create(null) as Branch;
}

function childOf(node: Branch, step: string): Branch {
  const known = asRecord(node[step]);
  if (known !== undefined) return known as Branch;
  const child = branch();
  node[step] = child;
  return child;
}
