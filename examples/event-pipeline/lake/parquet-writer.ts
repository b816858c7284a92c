/** The consumer of the lake: writes the events as Parquet, partitioned by day and tenant, with DuckDB. */
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { receiveEvents } from '../received-events.js';
import { lakeFolder, textLiteral } from './lake.js';

const database = await DuckDBInstance.create(':memory:');
const connection = await database.connect();
const folder = await mkdtemp(path.join(tmpdir(), 'events-'));
const batchFile = path.join(folder, 'batch.jsonl');
let written = 0;
let lineBytes = 0;

await receiveEvents('lake', async ({ lines }) => {
  if (lines.length === 0) return;
  await writeFile(batchFile, `${lines.join('\n')}\n`);
  // Each call adds files of its own, so a batch is in the lake as a whole before its offsets are committed.
  await connection.run(`
    COPY (
      SELECT
        (json->>'$.timestamp')::TIMESTAMPTZ AT TIME ZONE 'UTC' AS time,
        strftime(time, '%Y-%m-%d') AS day,
        coalesce(json->>'$.tenant_id', 'none') AS tenant,
        json->>'$.event_id' AS event_id,
        replace(json->>'$.type', 'EVENT_TYPE_', '') AS type,
        replace(json->>'$.status', 'EVENT_STATUS_', '') AS status,
        json->>'$.session_id' AS session_id,
        json->>'$.span_id' AS span_id,
        json->>'$.agent_name' AS agent_name,
        json->>'$.tool_call.name' AS tool,
        (json->>'$.cost.total_cost')::DOUBLE AS cost,
        json->>'$.policy.policy_id' AS policy,
        json->>'$.policy.outcome' AS outcome,
        json AS event
      FROM read_ndjson_objects(${textLiteral(batchFile)})
    ) TO ${textLiteral(lakeFolder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day, tenant), APPEND)
  `);
  written += lines.length;
  lineBytes += lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
});

connection.closeSync();
await rm(folder, { recursive: true });
console.log(JSON.stringify({ written, lineBytes, parquetBytes: await lakeBytes() }));

async function lakeBytes(): Promise<number> {
  const files = await readdir(lakeFolder, { recursive: true });
  const sizes = files
    .filter((file) => file.endsWith('.parquet'))
    .map(async (file) => (await stat(path.join(lakeFolder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
