/**
 * Runs an application with this package and another instrumentation of `openai`, in both orders of registration, as ES
 * modules and in CommonJS, and with both as preloads if the other has one: each call has one chat span of ours and is once in the events, with its tokens.
 *
 *     npm run test:beside                     # all of them
 *     npm run test:beside -- openllmetry      # one
 *
 * The other packages are installed once into `.cache/beside`, from the lock file in `scripts/beside/`.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { playPreloaded } from './beside/preloaded.mjs';
import { installPinned } from './pinned-packages.mjs';

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'beside');

/** A chat, a streamed chat and a response, each of 11 and 7 tokens. */
const CALLS = 3;
const TOKENS = 18;

/**
 * The others, with the openai that they support: the newest of each major version. `spans` says how many spans about the
 * model they make here, so that a row without effect is noticed; `warns`, whether they reach our span processor as
 * GenAI spans around or beneath ours, so that a warning says how to switch them off.
 */
const OTHERS = [
  { name: 'none', openai: '7', spans: 0, warns: false },
  {
    name: 'auto-instrumentations-node',
    openai: '6',
    spans: 3,
    warns: true,
    preload: '@opentelemetry/auto-instrumentations-node/register',
  },
  { name: 'instrumentation-openai', openai: '6', spans: 3, warns: true },
  { name: 'openinference', openai: '7', spans: 3, warns: true },
  { name: 'openllmetry', openai: '6', spans: 3, warns: true },
  { name: 'sentry', openai: '7', spans: 3, warns: false },
  { name: 'sentry-10', openai: '6', spans: 3, warns: false },
  { name: 'langfuse', openai: '7', spans: 3, warns: false },
  { name: 'langsmith', openai: '7', spans: 3, warns: false },
  { name: 'dd-trace', openai: '7', spans: 3, warns: false },
];
const ORDERS = ['other-first', 'ours-first'];
const ENTRIES = ['application-require.cjs', 'application-import.mjs'];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !OTHERS.some((other) => other.name === name));
if (unknown.length > 0) {
  throw new Error(
    `unknown instrumentation ${unknown.join()}; use ${OTHERS.map(({ name }) => name).join(', ')}`,
  );
}
const others = OTHERS.filter(({ name }) => chosen.length === 0 || chosen.includes(name));

const started = Date.now();
// Nothing here takes long; a run that hangs must not hold up those who wait for the result.
const deadline = AbortSignal.timeout(10 * 60_000);
const folder = prepare();
const jobs = others.flatMap((other) =>
  ORDERS.flatMap((order) =>
    ENTRIES.flatMap((entry) => [
      { other, order, entry, run: 'client' },
      // The Agents SDK needs the newest major version.
      ...(other.openai === '7' && other.name !== 'none' ? [{ other, order, entry, run: 'agents' }] : []),
      ...(other.preload === undefined ? [] : [{ other, order, entry, run: 'preloaded' }]),
    ]),
  ),
);
const rows = [];
await Promise.all([work(), work()]);
rows.sort((a, b) => a.index - b.index);
console.table(rows.map(({ index: _index, ...row }) => row));
const faults = rows.filter(({ fault }) => fault !== '');
console.log(
  faults.length === 0
    ? `Each call is recorded once in ${rows.length} runs, in ${Math.round((Date.now() - started) / 1000)} s.`
    : `${faults.length} of ${rows.length} runs record something else`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

async function work() {
  for (;;) {
    const job = jobs.shift();
    if (job === undefined) return;
    rows.push(await play(job, rows.length));
  }
}

async function play({ other, order, entry, run }) {
  const index = OTHERS.indexOf(other) * 100 + ORDERS.indexOf(order) * 10 + ENTRIES.indexOf(entry);
  const row = { other: other.name, openai: other.openai, modules: path.extname(entry).slice(1), order, run };
  const file = path.join(folder, `openai-${other.openai}`, entry);
  try {
    const start = (env) =>
      promisify(execFile)(process.execPath, [file, other.name, order, run], {
        timeout: 60_000,
        signal: deadline,
        // Preloads are found from here.
        cwd: path.dirname(file),
        env: { ...process.env, ...env },
      });
    const record =
      run === 'preloaded'
        ? await playPreloaded(preloads(other, order), start)
        : JSON.parse((await start({})).stdout.trim().split('\n').at(-1));
    const { chats, invocations, tokens, foreign } = record;
    return {
      index,
      ...row,
      chats,
      invocations,
      tokens,
      foreign,
      fault: problems(record, other, run).join('; '),
    };
  } catch (error) {
    return { index, ...row, fault: String(error.stderr || error).slice(-400) };
  }
}

function preloads({ preload }, order) {
  const both = [preload, 'opentelemetry-instrumentation-openai-agents/register'];
  return (order === 'ours-first' ? both.reverse() : both).map((name) => `--import=${name}`).join(' ');
}

/** @returns a text for each value that is wrong. */
function problems(record, other, run) {
  const calls = run === 'agents' ? 1 : CALLS;
  const expected = {
    chats: calls,
    chatTokens: calls * 11,
    invocations: calls,
    starts: calls,
    tokens: calls * TOKENS,
    errors: 0,
    ...(run !== 'agents' && { foreign: other.spans, warned: other.warns }),
  };
  return Object.entries(expected)
    .filter(([name, value]) => record[name] !== value)
    .map(([name, value]) => `${name} is ${record[name]}, not ${value}`);
}

function prepare() {
  const target = installPinned('beside');
  for (const version of ['6', '7']) {
    const application = path.join(target, `openai-${version}`);
    for (const name of ['application.cjs', ...ENTRIES])
      cpSync(path.join(HERE, name), path.join(application, name));
  }
  // Instrumentations know a module by its name, which an alias changes.
  const aliased = path.join(target, 'openai-6', 'node_modules', 'openai');
  if (!existsSync(aliased))
    cpSync(path.join(target, 'node_modules', 'openai-6'), aliased, { recursive: true });
  return target;
}
