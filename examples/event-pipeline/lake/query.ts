/** Asks the lake: each query of `queries.sql`, with its result as a table. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { lakeFolder, textLiteral } from './lake.js';

const files = textLiteral(path.join(lakeFolder, '**/*.parquet'));
const database = await DuckDBInstance.create(':memory:');
const connection = await database.connect();
// Delivery is at least once, so a crash leaves copies.
await connection.run(
  `CREATE VIEW events AS SELECT DISTINCT ON (event_id) * FROM read_parquet(${files}, hive_partitioning = true)`,
);

const queries = await readFile(new URL('queries.sql', import.meta.url), 'utf8');
for (const [, title = '', sql = ''] of queries.matchAll(/^-- (.*)\n([^;]*);/gm)) {
  const result = await connection.runAndReadAll(sql);
  console.log(`\n${title}`);
  console.table(result.getRowObjectsJson());
}
connection.closeSync();
