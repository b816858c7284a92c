/** Items that are serialised at once: it takes some milliseconds, in which nothing else is answered. */
const PIECE = 1000;

export const LAST_PIECE = ']}';

/** The JSON of an object with a long list as its last member, in pieces. The last is {@link LAST_PIECE}. */
export async function* jsonPieces(
  object: object,
  listName: string,
  list: readonly unknown[],
): AsyncGenerator<string> {
  const head = JSON.stringify(object).slice(0, -1);
  yield `${head}${head === '{' ? '' : ','}${JSON.stringify(listName)}:[`;
  for (let start = 0; start < list.length; start += PIECE) {
    const items = JSON.stringify(list.slice(start, start + PIECE)).slice(1, -1);
    yield start === 0 ? items : `,${items}`;
  }
  yield LAST_PIECE;
}
