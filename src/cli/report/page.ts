/** A page for people in a form that neither HTML nor Markdown is part of: the texts in it are plain, and may be hostile. */

export interface ReportPage {
  readonly title: string;
  /** Sentences under the title. */
  readonly summary: readonly string[];
  readonly sections: readonly PageSection[];
}

export interface PageSection {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly tables: readonly PageTable[];
}

export interface PageTable {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Number of rows that were left out. */
  readonly omitted: number;
  /** The sentence in the place of a table without rows. */
  readonly empty: string;
}

export interface TableColumn {
  readonly title: string;
  readonly isNumber: boolean;
}

/** Columns by their titles; those of numbers begin with `#`. */
export function columnsOf(...titles: readonly string[]): TableColumn[] {
  return titles.map((title) =>
    title.startsWith('#') ? { title: title.slice(1), isNumber: true } : { title, isNumber: false },
  );
}

/** The sentence under a table that was cut; `undefined` if it was not. */
export function omission({ rows, omitted }: PageTable): string | undefined {
  if (omitted === 0) return undefined;
  const total = rows.length + omitted;
  return `Only the first ${rows.length} of ${total} rows are shown. The option --rows shows more.`;
}

/** The sentence in the place of a table without rows; `undefined` if it has some. */
export function insteadOfRows(table: PageTable): string | undefined {
  return table.rows.length > 0 ? undefined : (omission(table) ?? table.empty);
}

/** Rows up to a limit, and how many came after it. */
export class LimitedRows<Row> {
  readonly rows: Row[] = [];
  omitted = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** @param row - called only if there is space, so that a row that is left out costs nothing. */
  add(row: () => Row): void {
    if (this.rows.length < this.#max) this.rows.push(row());
    else this.omitted += 1;
  }
}

/** A table with a row of cells for each row of a list. */
export function limitedTable<Row>(
  caption: string,
  titles: readonly string[],
  { rows, omitted }: LimitedRows<Row>,
  cells: (row: Row) => string[],
  empty: string,
): PageTable {
  return { caption, columns: columnsOf(...titles), rows: rows.map(cells), omitted, empty };
}
