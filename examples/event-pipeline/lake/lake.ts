/** The folder with the Parquet files. */
export const lakeFolder = process.env.LAKE_FOLDER ?? 'demo-output/lake';

/** Returns a text as a literal of SQL. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
