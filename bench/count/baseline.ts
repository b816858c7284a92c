/** The counts that a change may not raise unnoticed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { BARE, type VariantName } from '../client-variants.js';
import { aboveBare, type CountTable } from './count-table.js';
import type { Counts } from './counted-process.js';

const FILE = 'bench/baseline.json';

/** The variants that are compared: the common case, and everything at once. */
export const GATED = [
  'ours: traces',
  'ours: all',
  'ours: unsampled',
] as const satisfies readonly VariantName[];

const TOLERANCE = 0.05;
/** Differences that are V8's own, from one run to the next: those of a call are 0.4 % of what the bare client allocates. */
const SLACK = { call: { bytes: 300, promises: 0.2 }, chunk: { bytes: 32, promises: 0.2 } } as const;

/** Figures above the bare client, by Node's major version and by variant. */
type Baseline = Record<string, Record<string, Counts>>;

export function differencesFromBaseline(
  node: number,
  counts: Readonly<Record<string, Counts>>,
): { lines: string[]; failed: boolean } {
  const baseline = (JSON.parse(readFileSync(FILE, 'utf8')) as Baseline)[node];
  const bare = counts[BARE];
  if (baseline === undefined || bare === undefined)
    return { lines: [`${FILE} has no counts for Node ${node}`], failed: true };
  let failed = false;
  const lines = GATED.flatMap((name) =>
    (['call', 'chunk'] as const).flatMap((unit) =>
      (['bytes', 'promises'] as const).map((figure) => {
        const expected = baseline[name]?.[unit][figure] ?? Number.NaN;
        const counted = counts[name];
        const actual = (counted && aboveBare(counted, bare)[unit][figure]) ?? Number.NaN;
        const allowed = Math.max(Math.abs(expected) * TOLERANCE, SLACK[unit][figure]);
        const isMore = !(actual - expected <= allowed);
        failed ||= isMore;
        const word = isMore
          ? 'MORE'
          : expected - actual > allowed
            ? 'less, write the baseline again'
            : 'same';
        return `${name}, ${figure} a ${unit}: ${actual.toFixed(1)}, baseline ${expected.toFixed(1)}: ${word}`;
      }),
    ),
  );
  return { lines, failed };
}

/** Instructions are left out: they need valgrind, and take minutes. */
export function writeBaseline(table: CountTable): void {
  const baseline: Baseline = {};
  for (const [node, variants] of Object.entries(table)) {
    const bare = variants[BARE];
    if (bare === undefined) continue;
    baseline[node] = {};
    for (const name of GATED) {
      const counts = variants[name];
      if (counts !== undefined) baseline[node][name] = withoutInstructions(aboveBare(counts, bare));
    }
  }
  writeFileSync(FILE, `${JSON.stringify(baseline, undefined, 2)}\n`);
}

function withoutInstructions({ call, chunk }: Counts): Counts {
  const rounded = ({ bytes = Number.NaN, promises = Number.NaN }: Counts['call']) => ({
    bytes: Math.round(bytes),
    promises: Math.round(promises * 10) / 10,
  });
  return { call: rounded(call), chunk: rounded(chunk) };
}
