/**
 * Counts what a call of the client costs, instead of timing it: bytes, promises and instructions, which are the same
 * tomorrow and on a busy machine.
 *
 *     npm run bench:count                                       # everything; hours, of which instructions take most
 *     npm run bench:count -- --node 20,24 --variant "ours: traces" --no-instructions
 *     npm run bench:count -- --runs                             # the same for runs of agents
 *     npm run bench:count -- --files --variant "ours: traces"   # the bytes of a call by file, on this Node alone
 *     npm run bench:count -- --check                            # against bench/baseline.json, on this Node alone
 *     npm run bench:count -- --no-instructions --write-baseline # after a change that is meant to cost more or less
 *
 * Bytes are the growth of V8's heap between two counts; samples with a collection in them are left out. Promises are
 * those of V8's hook. Instructions are counted by callgrind over windows of as many calls each, of which the least
 * counts; they include the collector's. Each figure is of processes of its own and is printed above that of the bare
 * client. A run measures what it is asked for, keeps it in bench/counts.json or, of runs, in bench/counts-of-runs.json,
 * and writes the tables in docs/performance.md from all that is kept there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AGENT_VARIANTS } from '../agent-variants.js';
import { BARE, VARIANTS, type VariantName } from '../client-variants.js';
import { isPeer } from '../peers.js';
import { differencesFromBaseline, GATED, writeBaseline } from './baseline.js';
import { type CountTable, withTables } from './count-table.js';
import {
  allocatedBytesOf,
  type Counts,
  countAllocations,
  countInstructions,
  nodeOf,
  valgrindIsMissing,
  writeCounts,
} from './counted-process.js';
import { countRuns, runsFromBaseline, withRunTables, writeRunsBaseline } from './runs.js';

const NODES = [20, 22, 24, 26] as const;
const RUNNING = Number(process.versions.node.split('.')[0]);
const KEPT = 'bench/counts.json';
const DOCUMENT = 'docs/performance.md';
/** Bytes of a call. Files with fewer differ by chance. */
const LEAST_OF_FILE = 20;

const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    variant: { type: 'string', multiple: true },
    runs: { type: 'boolean', default: false },
    files: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'no-instructions': { type: 'boolean', default: false },
    'write-baseline': { type: 'boolean', default: false },
  },
});

if (values.check) check();
else if (values.files) printFiles();
else if (values.runs) await measureRuns();
else await measure();

/** Compares bytes and promises on this Node with the baseline. */
function check(): void {
  const binary = nodeOf(RUNNING);
  const counts: Record<string, Counts> = {};
  for (const name of [BARE, ...GATED] as const) counts[name] = countAllocations(binary, name);
  const { lines, failed } = differencesFromBaseline(RUNNING, counts);
  const runs = runsFromBaseline(RUNNING, binary);
  console.log([...lines, ...runs.lines].join('\n'));
  if (!failed && !runs.failed) return;
  console.log(
    'If the change is worth it, run `npm run bench:count -- --no-instructions --write-baseline`, or with `--runs` for runs, ' +
      'and say why.',
  );
  process.exitCode = 1;
}

/** Prints the files in which variants allocate more than the bare client, and how much. */
function printFiles(): void {
  const binary = nodeOf(RUNNING);
  const bare = allocatedBytesOf(binary, BARE);
  for (const name of chosen(VARIANTS, values.variant)) {
    if (name === BARE) continue;
    const { all, files } = allocatedBytesOf(binary, name);
    console.log(`\n${name}: ${all - bare.all} bytes a call more than the bare client`);
    const more = Object.entries(files).map(
      ([file, bytes]) => [file, bytes - (bare.files[file] ?? 0)] as const,
    );
    for (const [file, bytes] of more.sort((a, b) => b[1] - a[1]))
      if (bytes >= LEAST_OF_FILE) console.log(`${String(bytes).padStart(8)}  ${file}`);
  }
}

async function measureRuns(): Promise<void> {
  const names = chosen(AGENT_VARIANTS, values.variant);
  const withInstructions = countsInstructions();
  for (const node of chosenNodes()) await countRuns(node, nodeOf(node), names, withInstructions);
  if (values['write-baseline']) writeRunsBaseline();
  writeFileSync(DOCUMENT, withRunTables(readFileSync(DOCUMENT, 'utf8')));
}

async function measure(): Promise<void> {
  const variants = chosen(VARIANTS, values.variant);
  const withInstructions = countsInstructions();
  for (const node of chosenNodes()) {
    const binary = nodeOf(node);
    for (const name of variants) {
      try {
        const counts = countAllocations(binary, name);
        keep(
          node,
          name,
          withInstructions
            ? { ...counts, call: { ...counts.call, instructions: await countInstructions(binary, name) } }
            : counts,
        );
      } catch (error) {
        // A peer may refuse this version of Node, and is missing in its table then.
        if (!isPeer(name)) throw error;
        console.log(`Node ${node}, ${name}: ${String(error).slice(0, 2_000)}`);
      }
    }
  }
  if (values['write-baseline']) writeBaseline(kept());
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8'), kept()));
}

function chosenNodes(): readonly number[] {
  return values.node?.split(',').map(Number) ?? NODES;
}

function chosen<Name extends string>(
  all: readonly Name[],
  names: readonly string[] | undefined,
): readonly Name[] {
  const unknown = names?.find((name) => !all.some((variant) => variant === name));
  if (unknown !== undefined) throw new Error(`unknown variant ${unknown}; use one of ${all.join(', ')}`);
  return all.filter((name) => names === undefined || names.includes(name));
}

function countsInstructions(): boolean {
  if (values['no-instructions']) return false;
  const isMissing = valgrindIsMissing();
  if (isMissing)
    console.log('valgrind is not installed, so instructions are left out (Debian: apt-get install valgrind)');
  return !isMissing;
}

function kept(): CountTable {
  return JSON.parse(readFileSync(KEPT, 'utf8')) as CountTable;
}

/** Instructions that were counted before stay, unless they are counted again. */
function keep(node: number, name: VariantName, counts: Counts): void {
  console.log(`Node ${node}, ${name}: ${JSON.stringify(counts)}`);
  const all = kept();
  const before = all[node]?.[name];
  const merged = before === undefined ? counts : joined(before, counts);
  writeCounts(KEPT, { ...all, [node]: { ...all[node], [name]: merged } });
}

function joined(some: Counts, more: Counts): Counts {
  return { call: { ...some.call, ...more.call }, chunk: { ...some.chunk, ...more.chunk } };
}
