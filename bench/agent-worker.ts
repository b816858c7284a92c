/**
 * Plays runs of agents in one variant and prints figures as JSON. The benchmarks start it. Where the bytes of a run come
 * from, by file and function:
 *
 *     node --single-threaded .cache/bench/agent-worker.js "ours: traces" functions
 */
import { context, createContextKey } from '@opentelemetry/api';
import { type AgentRuns, type AgentVariant, BARE, recordsOf, setUpAgents } from './agent-variants.js';
import { type Allocations, allocated, promisesOf } from './allocated.js';
import { type AllocatedBytes, allocatedBytes } from './heap-functions.js';
import { repeatOnDemand } from './on-demand.js';

const WARM_UP = 300;
/** So few that most samples have no collection in them. */
const COUNTED = 5;
const TIMED = 200;

let played = 0;

async function repeat(runs: AgentRuns, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await runs.play();
  played += count;
  await runs.settle();
}

async function allocations(runs: AgentRuns): Promise<Allocations> {
  const times = (count: number) => repeat(runs, count);
  const bytes = await allocated(times, COUNTED);
  return { bytes, promises: await promisesOf(times, 3 * COUNTED) };
}

/** Bytes a run by file and by function. */
const functions = (runs: AgentRuns): Promise<AllocatedBytes> =>
  allocatedBytes(() => repeat(runs, WARM_UP), WARM_UP, false);

/** Processor time of a run in microseconds. */
async function time(runs: AgentRuns): Promise<number> {
  const before = process.cpuUsage();
  await repeat(runs, TIMED);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TIMED;
}

const instructions = (runs: AgentRuns) => repeatOnDemand((_name, count) => repeat(runs, count));

const MEASURES = { allocations, functions, time, instructions } satisfies Record<
  string,
  (runs: AgentRuns) => Promise<unknown>
>;
export type AgentMeasure = keyof typeof MEASURES;

const [variant, measure] = process.argv.slice(2) as [AgentVariant, AgentMeasure];
const runs = setUpAgents(variant);
// As in an application that has a trace; see client-worker.ts.
const active = context.active().setValue(createContextKey('bench'), true);
const result = await context.with(active, async () => {
  // Whoever counts instructions has it warmed up on demand.
  if (measure !== 'instructions') await repeat(runs, WARM_UP);
  return MEASURES[measure](runs);
});
// A variant that records nothing would be the cheapest. A run has spans for its agents, model calls and tools.
if (variant !== BARE && recordsOf(variant) < played * 20)
  throw new Error(`${variant} has recorded ${recordsOf(variant)} spans`);
// Timers of some peers would keep the process alive.
process.stdout.write(`\n${JSON.stringify(result ?? null)}\n`, () => process.exit(0));
