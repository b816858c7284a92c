/**
 * Measures what recording adds to a run of ten turns with tools and two handoffs, in processor time, and what share that
 * is of a run whose model takes 50 ms for each turn.
 *
 *     npm run bench:agents
 *     ROUNDS=20 npm run bench:agents
 *
 * The variants take turns, each in processes of its own. The least time counts: other work on the machine only adds. What
 * a run allocates, and exactly, says `npm run bench:count -- --runs`.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { installPinned } from '../scripts/pinned-packages.mjs';
import { AGENT_VARIANTS, type AgentVariant, BARE } from './agent-variants.js';
import { TURNS_OF_A_RUN } from './canned-run-fetch.js';
import { PEERS_FOLDER_VARIABLE } from './peers.js';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const MODEL_MICROS = TURNS_OF_A_RUN * 50_000;

/** Compiled, since a loader's work would be measured as well. */
const WORKER = path.resolve('.cache/bench/agent-worker.js');
const env = { ...process.env, [PEERS_FOLDER_VARIABLE]: installPinned('beside') };

const least = new Map<AgentVariant, number>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of AGENT_VARIANTS) least.set(name, Math.min(least.get(name) ?? Infinity, timeOf(name)));
}

const bare = least.get(BARE) ?? Number.NaN;
console.log(`Node ${process.versions.node}; processor time of a run in microseconds, the least of ${ROUNDS}`);
console.log(`\n${''.padEnd(15)} ${'a run'.padStart(9)} ${'added'.padStart(9)}   of its wall time`);
for (const [name, time] of least) {
  const added = time - bare;
  const cells = [time, added].map((figure) => figure.toFixed(0).padStart(9));
  console.log(
    `${name.padEnd(15)} ${cells.join(' ')} ${`${((added / MODEL_MICROS) * 100).toFixed(2)} %`.padStart(9)}`,
  );
}

function timeOf(name: AgentVariant): number {
  const output = execFileSync(process.execPath, [WORKER, name, 'time'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as number;
}
