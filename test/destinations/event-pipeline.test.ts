// The example as a user starts it: a broker, two producers, the auditor and the lake, in processes of their own.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const output = mkdtempSync(path.join(tmpdir(), 'event-pipeline-'));
afterAll(() => rmSync(output, { recursive: true, force: true }));

const CUSTOMERS = 21;

test('two tenants reach the auditor and the lake, whole and signed', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'examples/event-pipeline/start.ts'],
    {
      cwd: root,
      env: { ...process.env, CUSTOMERS: String(CUSTOMERS), AT_ONCE: '5', PIPELINE_OUTPUT: output },
    },
  );
  const reports = [...stdout.matchAll(/^\{.*\}$/gm)].map(([text]) => JSON.parse(text) as Report);
  const producers = reports.filter(({ customers }) => customers === CUSTOMERS);
  const made = producers.reduce((sum, { eventsMade = 0 }) => sum + eventsMade, 0);

  expect(producers.map(({ tenant }) => tenant).sort()).toEqual(['shop-a', 'shop-b']);
  expect(producers.map(({ eventsDropped }) => eventsDropped)).toEqual([0, 0]);
  const lake = reports.find(({ written }) => written !== undefined);
  expect(lake?.written).toBe(made);
  expect(lake?.parquetBytes).toBeLessThan(lake?.lineBytes ?? 0);
  expect(reports.find(({ findings }) => findings !== undefined)).toEqual({
    events: made,
    doubled: 0,
    // Each customer's, and that of each stream.
    sessions: 2 * CUSTOMERS + 2,
    streams: 2,
    checkpoints: expect.toSatisfy((checkpoints: number) => checkpoints >= 2),
    findings: 0,
  });

  // Each tenant has three customers whose shop is down.
  expect(rowsOf(stdout, 'Error rate per tool')).toEqual([
    ["'issue_refund'", `'${2 * CUSTOMERS}'`, "'6'", expect.any(String)],
    ["'lookup_order'", `'${2 * CUSTOMERS}'`, "'6'", expect.any(String)],
    ["'check_policy'", `'${2 * CUSTOMERS}'`, "'0'", '0'],
  ]);
  expect(rowsOf(stdout, 'Cost per agent').map(([tenant, agent, calls]) => [tenant, agent, calls])).toEqual(
    ['triage_agent', 'refund_agent'].flatMap((agent) =>
      ['shop-a', 'shop-b'].map((tenant) => [`'${tenant}'`, `'${agent}'`, `'${2 * CUSTOMERS}'`]),
    ),
  );
  expect(rowsOf(stdout, 'Slowest sessions')).toHaveLength(5);
  expect(rowsOf(stdout, 'Decisions by policy')).toEqual([
    ["'no_card_numbers'", "'allow'", `'${2 * CUSTOMERS}'`],
    ["'refund-limit'", "'allow'", `'${(2 * CUSTOMERS * 2) / 3}'`],
    ["'refund-limit'", "'review'", `'${(2 * CUSTOMERS) / 3}'`],
  ]);
});

test('the types of the lake are right, whose packages are its own', async () => {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [tsc, '-p', 'examples/event-pipeline/lake'], { cwd: root });
});

interface Report {
  readonly tenant?: string;
  readonly customers?: number;
  readonly eventsMade?: number;
  readonly eventsDropped?: number;
  readonly written?: number;
  readonly lineBytes?: number;
  readonly parquetBytes?: number;
  readonly findings?: number;
}

/** Returns the cells of a table of `console.table` below its title, without the index. */
function rowsOf(text: string, title: string): string[][] {
  const [, after = ''] = text.split(`\n${title}\n`);
  const [table = ''] = after.split('└');
  return table
    .split('\n')
    .filter((line) => /^│ \d/.test(line))
    .map((line) =>
      line
        .split('│')
        .slice(2, -1)
        .map((cell) => cell.trim()),
    );
}
