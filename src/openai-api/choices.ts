/**
 * Larger than the number of choices or tool calls of any request. An index beyond it is invalid and must not
 * allocate.
 */
const MAX_INDEX = 4096;

/**
 * Returns the entry with this index, and inserts a new one in order if there is none yet. `undefined` if the index is
 * invalid. Chunks name entries in any order, and some compatible servers skip numbers.
 */
export function entryAt<Entry extends { readonly index: number }>(
  entries: Entry[],
  index: number,
  create: (index: number) => Entry,
): Entry | undefined {
  // No closure, which would be made for each chunk.
  for (const entry of entries) if (entry.index === index) return entry;
  if (index < 0 || index > MAX_INDEX) return undefined;
  const created = create(index);
  entries.push(created);
  entries.sort((a, b) => a.index - b.index);
  return created;
}
