/**
 * The fault table of docs/delivery.md. A test file makes the rows of one group, and the block of that group between
 * `<!-- faults: group -->` and `<!-- end of faults -->` is compared with them: the faults, and whether anything was lost.
 * `UPDATE_FAULTS=1` writes the block. All rows are also in `.cache/delivery-faults/{group}.json`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { PROJECT } from '../../run-fixture.js';

export interface FaultRow {
  /** The fault, as a reader of the table knows it. */
  readonly fault: string;
  /** `none`, or the policy. */
  readonly spool: 'none' | 'refuse-new' | 'drop-oldest';
  readonly sent: number;
  /** Different events that have arrived. */
  readonly received: number;
  /** Events that have not arrived. All are counted by the processor; a test has to make sure of it. */
  readonly lost: number;
  /** Events that arrived once more. */
  readonly doubled: number;
  /** Milliseconds from the end of the fault until everything had arrived. */
  readonly recoveryMillis: number;
}

const PAGE = path.join(PROJECT, 'docs/delivery.md');
const OUTPUT = path.join(PROJECT, '.cache/delivery-faults');
const HEAD = [
  '| fault | spool | sent | received | lost | doubled | recovery |',
  '| --- | --- | --: | --: | --: | --: | --: |',
];

/** Makes sure that all events have arrived. */
export function expectNothingLost(row: FaultRow): void {
  expect(row).toMatchObject({ lost: 0, received: row.sent });
}

/**
 * Compares the rows of a group with the table in the document, or writes them into it.
 *
 * @param isWhole - whether all rows of the group could be made on this machine.
 */
export function settleFaultTable(group: string, rows: readonly FaultRow[], isWhole = true): void {
  fs.mkdirSync(OUTPUT, { recursive: true });
  fs.writeFileSync(path.join(OUTPUT, `${group}.json`), `${JSON.stringify(rows, undefined, 2)}\n`);
  const page = fs.readFileSync(PAGE, 'utf8');
  const block = new RegExp(`(<!-- faults: ${group} -->\\n)([^]*?)(<!-- end of faults -->)`);
  const [, begin, table, end] = block.exec(page) ?? [];
  if (begin === undefined || table === undefined)
    throw new Error(`docs/delivery.md has no block "faults: ${group}"`);
  if (process.env.UPDATE_FAULTS === '1') {
    expect(isWhole, 'whether this machine can make all rows').toBe(true);
    const written = `\n${[...HEAD, ...rows.map(lineOf)].join('\n')}\n\n`;
    fs.writeFileSync(PAGE, page.replace(block, `${begin}${written}${end}`));
    return;
  }
  const written = table.split('\n').filter(isRow).map(outcomeOf);
  const outcomes = rows.map(lineOf).map(outcomeOf);
  expect(isWhole ? written : written.filter((outcome) => outcomes.includes(outcome))).toEqual(outcomes);
}

function lineOf({ fault, spool, sent, received, lost, doubled, recoveryMillis }: FaultRow): string {
  const counts = [sent, received, lost, doubled].map((count) => count.toLocaleString('en'));
  return `| ${[fault, spool, ...counts, `${(recoveryMillis / 1000).toFixed(1)} s`].join(' | ')} |`;
}

function isRow(line: string): boolean {
  return line.startsWith('| ') && !HEAD.includes(line);
}

/** What does not differ from run to run: the fault, the spool, and whether events were lost. */
function outcomeOf(line: string): string {
  const [, fault, spool, , , lost] = line.split('|').map((cell) => cell.trim());
  return `${fault}, ${spool}: ${lost === '0' ? 'nothing lost' : 'events lost'}`;
}
