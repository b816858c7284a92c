/**
 * Measures what the instrumentation adds to a run of two turns and two tools: in processor time, and as a share of a
 * run whose model answers after 300 ms.
 *
 *     npm run bench:agents
 *
 * The Agents SDK has one trace provider per process, so each variant runs in processes of its own. The variants take
 * turns; the figures are medians over the turns.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { VARIANTS, type Variant } from './agent-variants.js';

const TURNS = Number(process.env.TURNS ?? 9);
/** The time that the two model calls of a run take. */
const MODEL_MILLIS = 2 * 300;

const RUNS = fileURLToPath(new URL('./agent-runs.js', import.meta.url));

function measure(variant: Variant): number {
  return Number(execFileSync(process.execPath, [RUNS, variant], { encoding: 'utf8' }));
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const times = new Map<Variant, number[]>(VARIANTS.map((variant) => [variant, []]));
for (let turn = 0; turn < TURNS; turn += 1) {
  for (const variant of VARIANTS) times.get(variant)?.push(measure(variant));
}

const [baseline = []] = [...times.values()];
console.log(`Node ${process.versions.node}; processor time of a run in microseconds`);
console.log(
  `\n${'two turns, two tools'.padEnd(22)} ${'a run'.padStart(9)} ${'added'.padStart(9)}   of its wall time`,
);
for (const [variant, samples] of times) {
  const time = median(samples);
  const added = median(samples.map((sample, turn) => sample - (baseline[turn] ?? Number.NaN)));
  const part = added / (MODEL_MILLIS * 1000 + median(baseline));
  const cells = [time, added].map((figure) => figure.toFixed(0).padStart(9));
  console.log(`${variant.padEnd(22)} ${cells.join(' ')} ${`${(part * 100).toFixed(2)} %`.padStart(9)}`);
}
