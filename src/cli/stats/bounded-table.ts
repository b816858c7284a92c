/** Names beyond this many share one row: a file may make up a new one in every line. */
const MAX_ROWS = 1000;

export const OTHER_ROWS = '(others)';

/** A row for each name, with a bound on how many there are. */
export class BoundedTable<Row> {
  readonly rows = new Map<string, Row>();
  readonly #newRow: () => Row;
  readonly #maxRows: number;

  constructor(newRow: () => Row, maxRows = MAX_ROWS) {
    this.#newRow = newRow;
    this.#maxRows = maxRows;
  }

  row(name: string): Row {
    const found = this.rows.get(name);
    if (found !== undefined) return found;
    if (this.rows.size >= this.#maxRows && name !== OTHER_ROWS) return this.row(OTHER_ROWS);
    const row = this.#newRow();
    this.rows.set(name, row);
    return row;
  }

  /** Those with the most first; the same order for the same input. */
  sorted(measure: (row: Row) => number): [string, Row][] {
    return [...this.rows].sort(([a, left], [b, right]) => measure(right) - measure(left) || (a < b ? -1 : 1));
  }
}
