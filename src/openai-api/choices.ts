/** More choices or tool calls than any request can have: an index beyond it is nonsense and must not allocate. */
const MAX_INDEX = 4096;

/**
 * The entry with this index, begun in its place if it is the first that is heard of it; `undefined` where the index
 * is nonsense. Chunks name entries in any order, and some compatible servers leave numbers out.
 */
export function entryAt<Entry extends { readonly index: number }>(
  entries: Entry[],
  index: number,
  begin: (index: number) => Entry,
): Entry | undefined {
  const known = entries.find((entry) => entry.index === index);
  if (known !== undefined || index < 0 || index > MAX_INDEX) return known;
  const begun = begin(index);
  entries.push(begun);
  entries.sort((a, b) => a.index - b.index);
  return begun;
}
