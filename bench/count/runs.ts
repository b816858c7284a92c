/** Instructions, bytes and promises of a run of agents: counted, compared with the baseline, and as tables of docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { AGENT_VARIANTS, type AgentVariant, BARE, isPeer } from '../agent-variants.js';
import type { Allocations } from '../allocated.js';
import { countIn, instructionsIn, type Repeated, writeCounts } from './counted-process.js';

type RunCounts = Allocations & { readonly instructions?: number };
/** Figures by Node's major version and by variant, the bare SDK's among them. */
type RunTable = Readonly<Record<string, Readonly<Partial<Record<AgentVariant, RunCounts>>>>>;

const KEPT = 'bench/counts-of-runs.json';
const BASELINE = 'bench/baseline-runs.json';
const MARKERS = [
  '<!-- written by npm run bench:count -- --runs -->',
  '<!-- end of bench:count -- --runs -->',
] as const;

/** The variants that are compared with the baseline. */
const GATED = ['ours: traces', 'ours: events'] as const satisfies readonly AgentVariant[];
const TOLERANCE = 0.05;

const WORKER = '.cache/bench/agent-worker.js';

const RUNS: Repeated = { name: 'run', warmUp: 150, window: 10, windows: 8 };

const count = (binary: string, name: AgentVariant): Allocations =>
  countIn(WORKER, binary, name, isPeer(name)) as Allocations;

/**
 * Counts variants, and keeps what is counted. Instructions that were counted before stay, unless they are counted again.
 * A peer that refuses this version of Node is missing.
 */
export async function countRuns(
  node: number,
  binary: string,
  names: readonly AgentVariant[],
  withInstructions: boolean,
): Promise<void> {
  for (const name of names) {
    try {
      const allocations = count(binary, name);
      const counts = withInstructions
        ? { ...allocations, instructions: await instructionsIn(WORKER, binary, name, isPeer(name), RUNS) }
        : allocations;
      console.log(`Node ${node}, a run, ${name}: ${JSON.stringify(counts)}`);
      const table = kept();
      const merged = { ...table[node]?.[name], ...counts };
      writeCounts(KEPT, { ...table, [node]: { ...table[node], [name]: merged } });
    } catch (error) {
      if (!isPeer(name)) throw error;
      console.log(`Node ${node}, a run, ${name}: ${String(error).slice(0, 2_000)}`);
    }
  }
}

/** @returns lines with what differs from the baseline, and whether something is more. */
export function runsFromBaseline(node: number, binary: string): { lines: string[]; failed: boolean } {
  const baseline = (JSON.parse(readFileSync(BASELINE, 'utf8')) as RunTable)[node];
  const bare = count(binary, BARE);
  let failed = false;
  const lines = GATED.flatMap((name) => {
    const counted = above(count(binary, name), bare);
    return (['bytes', 'promises'] as const).map((figure) => {
      const expected = baseline?.[name]?.[figure] ?? Number.NaN;
      const isMore = !(counted[figure] <= expected * (1 + TOLERANCE));
      failed ||= isMore;
      const word = isMore ? 'MORE' : 'same or less';
      return `${name}, ${figure} a run: ${counted[figure].toFixed(1)}, baseline ${expected}: ${word}`;
    });
  });
  return { lines, failed };
}

export function writeRunsBaseline(): void {
  const baseline = Object.entries(kept()).map(([node, variants]) => {
    const bare = variants[BARE];
    const figures = GATED.flatMap((name) => {
      const counts = variants[name];
      if (bare === undefined || counts === undefined) return [];
      const { bytes, promises } = above(counts, bare);
      return [[name, { bytes: Math.round(bytes), promises: Math.round(promises * 10) / 10 }]];
    });
    return [node, Object.fromEntries(figures)];
  });
  writeFileSync(BASELINE, `${JSON.stringify(Object.fromEntries(baseline), undefined, 2)}\n`);
}

/** Replaces the text between the markers of a document. */
export function withRunTables(document: string): string {
  const [begin, end] = MARKERS.map((marker) => document.indexOf(marker));
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new Error(`the document lacks the markers ${MARKERS.join(' and ')}`);
  const tables = Object.entries(kept()).map(([node, variants]) => tableOf(node, variants));
  return [document.slice(0, begin), MARKERS[0], '\n\n', tables.join('\n'), '\n', document.slice(end)].join(
    '',
  );
}

function tableOf(node: string, variants: RunTable[string]): string {
  const bare = variants[BARE];
  if (bare === undefined) return '';
  const hasInstructions = bare.instructions !== undefined;
  const rows = AGENT_VARIANTS.flatMap((name) => {
    const counts = variants[name];
    if (counts === undefined) return [];
    const { bytes, promises, instructions } = name === BARE ? counts : above(counts, bare);
    const cells = [
      ...(hasInstructions ? cellsOf(instructions, name === BARE ? undefined : bare.instructions) : []),
      ...cellsOf(bytes, name === BARE ? undefined : bare.bytes),
      promises.toFixed(0),
    ];
    return [`| ${[name, ...cells].join(' | ')} |`];
  });
  const columns = [
    ...(hasInstructions ? ['instructions a run', 'of the bare run'] : []),
    ...['bytes a run', 'of the bare run', 'promises a run'],
  ];
  return [
    `### A run on Node ${node}`,
    '',
    `| ${['variant', ...columns].join(' | ')} |`,
    `| ${['---', ...columns.map(() => '--:')].join(' | ')} |`,
    ...rows,
    '',
  ].join('\n');
}

/** A figure in thousands, and its share of the bare run. */
function cellsOf(figure: number | undefined, whole: number | undefined): [string, string] {
  if (figure === undefined) return ['', ''];
  const share = whole === undefined ? '' : `${((figure / whole) * 100).toFixed(0)} %`;
  return [(Math.round(figure / 1000) * 1000).toLocaleString('en-US'), share];
}

function above(counts: RunCounts, bare: RunCounts): RunCounts {
  const allocations = { bytes: counts.bytes - bare.bytes, promises: counts.promises - bare.promises };
  if (counts.instructions === undefined || bare.instructions === undefined) return allocations;
  return { ...allocations, instructions: counts.instructions - bare.instructions };
}

function kept(): RunTable {
  return JSON.parse(readFileSync(KEPT, 'utf8')) as RunTable;
}
