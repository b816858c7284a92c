import type { Attributes } from '@opentelemetry/api';
import { asRecord, type UnknownRecord } from '../../../json/readers.js';

/**
 * What flat attributes say of nested data: of `llm.input_messages.0.message.role` with the prefix `llm.` the role stands
 * at `input_messages`, `0`, `message`, `role`. Where a name is both a value and a prefix, what is below it stays.
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

/** What stands under the numbers of a list, in their order: not all of them need be there. */
export function treeList(node: unknown): UnknownRecord[] {
  const record = asRecord(node);
  if (record === undefined) return [];
  // JavaScript keeps names that are whole numbers in their order.
  return Object.keys(record)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => asRecord(record[name]))
    .filter((item) => item !== undefined);
}

type Branch = Record<string, unknown>;

/** Without a prototype, as a name may be `__proto__`. */
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
