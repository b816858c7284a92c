/**
 * Runs the SDKs' own test suites bare and instrumented, and fails on any test whose outcome differs.
 *
 *     npm run test:sdk-suites                        # what .ci/run calls: both SDKs, with content captured
 *     npm run test:sdk-suites -- --all               # every suite, whole, in every mode
 *     npm run test:sdk-suites -- --suite agents-core --whole --mode events
 *
 * `sdk-suites/suites.json` lists the tests that fail bare, and those that can see what no application can, with the
 * reason. Its `selection` is what runs of a long suite without `--whole` or `--all`, and `tests` is the number of tests
 * then. If so many run instrumented, only the files with a failure run bare: the others passed, as they do bare, or they
 * would be listed. This saves nearly half of the time.
 *
 * The sources come from the folder that `SDK_SUITES` names (checkouts or `.tar.gz` files called `openai-node` and
 * `agents-js`); without it they are cloned at the tags that `sdk-suites/suites.json` states.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const HERE = path.join(ROOT, 'scripts', 'sdk-suites');
const CONFIG = 'vitest.sdk-suites.config.mjs';
const CACHE = path.join(ROOT, '.cache', 'sdk-suites');
const { sources, suites, failingBare, differing } = JSON.parse(
  readFileSync(path.join(HERE, 'suites.json'), 'utf8'),
);

/** `bare` loads the package's set-up file and instruments nothing, so that the difference is the instrumentation's. */
const MODES = ['bare', 'content', 'events', 'no-provider', 'twice'];

/** A vitest that is stuck ends here; the slowest suite needs about two minutes on two idle cores. */
const SUITE_TIMEOUT_MS = 15 * 60_000;

const { values: flags } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    whole: { type: 'boolean', default: false },
    suite: { type: 'string', multiple: true },
    mode: { type: 'string', multiple: true },
  },
});

const chosenSuites = choose(
  'suite',
  suites,
  ({ name }) => name,
  flags.suite,
  ({ always }) => flags.all || always === true,
);
const chosenModes = choose(
  'mode',
  MODES.slice(1),
  (mode) => mode,
  flags.mode,
  (mode) => flags.all || mode === 'content',
);

const answering = await answerAnything();
const rows = [];
let faults = 0;
try {
  for (const suite of chosenSuites) {
    const folder = prepare(suite);
    const files = flags.all || flags.whole ? [] : suite.selection;
    let bare;
    for (const mode of chosenModes) {
      const instrumented = await run(suite, folder, mode, files);
      rows.push(row(suite, mode, instrumented));
      let different;
      if (!flags.all && !flags.whole && instrumented.size === suite.tests) {
        different = failingOrListed(suite, instrumented);
      } else {
        bare ??= await runBare(suite, folder, files);
        different = differences(bare, instrumented);
      }
      if (different.length > 0) await confirm(suite, folder, mode, different);
    }
  }
} finally {
  answering.close();
}
console.table(rows);
console.log(
  faults === 0
    ? 'Every test that is not listed in suites.json has the same outcome with and without the instrumentation.'
    : `${faults} tests differ, or fail bare without being listed in suites.json`,
);
process.exitCode = faults === 0 ? 0 : 1;

function choose(flag, all, nameOf, named, byDefault) {
  if (named === undefined) return all.filter(byDefault);
  const unknown = named.find((name) => !all.some((one) => nameOf(one) === name));
  if (unknown !== undefined) {
    throw new Error(`unknown --${flag} "${unknown}"; use one of ${all.map(nameOf).join(', ')}`);
  }
  return all.filter((one) => named.includes(nameOf(one)));
}

/** Lays the suite's sources and their dependencies into the cache, if they are not there yet. */
function prepare({ source, dependencies = source }) {
  const folder = path.join(CACHE, source);
  if (!existsSync(folder)) fetchSource(source, folder);
  // Beside the sources: vite loads nothing from outside a project's root.
  cpSync(path.join(HERE, source, 'vitest.sdk-suites.config.mjs'), path.join(folder, CONFIG));
  cpSync(path.join(HERE, 'instrument.mjs'), path.join(folder, 'sdk-suites-instrument.mjs'));
  const link = path.join(folder, 'node_modules');
  rmSync(link, { force: true, recursive: true });
  symlinkSync(install(dependencies), link);
  return folder;
}

function fetchSource(source, folder) {
  mkdirSync(CACHE, { recursive: true });
  const given = process.env.SDK_SUITES;
  if (given === undefined || given === '') {
    const { repository, tag } = sources[source];
    execFileSync('git', ['clone', '--quiet', '--depth', '1', '--branch', tag, repository, folder], {
      stdio: 'inherit',
    });
    return;
  }
  const archive = [`${source}.tar.gz`, `openai-${source}.tar.gz`]
    .map((name) => path.join(given, name))
    .find(existsSync);
  if (archive !== undefined) {
    mkdirSync(folder);
    execFileSync('tar', ['xzf', archive, '-C', folder, '--strip-components', '1']);
  } else if (existsSync(path.join(given, source))) {
    cpSync(path.join(given, source), folder, { recursive: true });
  } else {
    throw new Error(`SDK_SUITES=${given} has neither ${source}/ nor ${source}.tar.gz`);
  }
}

/** Installs once for each state of the lock file. */
function install(dependencies) {
  const lockFile = path.join(HERE, dependencies, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex').slice(0, 16);
  const folder = path.join(CACHE, `${dependencies}-${hash}`);
  const modules = path.join(folder, 'node_modules');
  if (existsSync(path.join(folder, 'installed'))) return modules;
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(path.join(HERE, dependencies, name), path.join(folder, name));
  // Not `npm ci`: it refuses a lock file that lacks an optional binary of another platform (openai-node's).
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps'], {
    cwd: folder,
    stdio: 'inherit',
  });
  writeFileSync(path.join(folder, 'installed'), '');
  return modules;
}

/**
 * Returns the outcome of each test: `passed`, `failed` or `skipped`, by file and full name.
 *
 * @param files - parts of the paths of the files to run; all if there are none.
 */
async function run({ name, project, modules }, folder, mode, files = []) {
  const output = path.join(CACHE, 'outcome.json');
  rmSync(output, { force: true });
  const started = Date.now();
  const vitest = path.join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const config = path.join(folder, CONFIG);
  const child = spawn(
    process.execPath,
    [vitest, 'run', ...files, '--config', config, '--reporter', 'json', '--outputFile', output],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: SUITE_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      env: {
        ...process.env,
        SDK_SUITES_ROOT: ROOT,
        SDK_SUITES_MODE: mode,
        SDK_SUITES_PROJECT: project,
        SDK_SUITES_MODULES: modules,
        TEST_API_BASE_URL: `http://127.0.0.1:${answering.address().port}`,
      },
    },
  );
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    // The end says why a run has no outcome.
    stream.on('data', (text) => {
      printed = (printed + text).slice(-20_000);
    });
  }
  await new Promise((resolve) => child.on('close', resolve));
  if (!existsSync(output)) throw new Error(`${name} (${mode}) wrote no outcome:\n${printed}`);
  const outcomes = new Map();
  for (const file of JSON.parse(readFileSync(output, 'utf8')).testResults) {
    const fileName = path.relative(folder, file.name);
    // A hook that fails leaves the file's tests skipped, and its message on the file.
    if (file.assertionResults.length === 0 || file.message)
      outcomes.set(fileName, { status: file.status, message: file.message });
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      let key = `${fileName} > ${fullName}`;
      // Tests of a table may share a name.
      while (outcomes.has(key)) key += ' (again)';
      outcomes.set(key, { status, message: failureMessages?.[0] });
    }
  }
  console.log(`${name}, ${mode}: ${outcomes.size} tests in ${Math.round((Date.now() - started) / 1000)} s`);
  return outcomes;
}

async function runBare(suite, folder, files) {
  const bare = await run(suite, folder, 'bare', files);
  await reportUnlisted(suite, folder, bare);
  rows.push(row(suite, 'bare', bare));
  return bare;
}

/**
 * A test that fails without us has to be listed with its reason, lest a broken set-up hides a difference. Failures that
 * a second run of their files alone does not repeat are taken out of `bare`.
 */
async function reportUnlisted(suite, folder, bare) {
  const unlisted = [...bare].filter(([key, { status }]) => status === 'failed' && !failsBare(suite, key));
  if (unlisted.length === 0) return;
  const again = await run(suite, folder, 'bare', filesOf(unlisted.map(([key]) => key)));
  for (const [key, { message }] of unlisted) {
    const second = again.get(key);
    if (second?.status === 'passed') {
      bare.set(key, second);
      continue;
    }
    faults += 1;
    console.log(`${suite.name}: fails bare and is not in suites.json: ${key}\n  ${message?.slice(0, 400)}`);
  }
}

/** Whether it is known that a test fails without us. */
function failsBare({ name }, key) {
  const listed = failingBare[name] ?? {};
  return listed[key] !== undefined || listed[fileOf(key)] !== undefined;
}

/** The tests whose outcome may differ: all others passed, or were skipped. */
function failingOrListed(suite, instrumented) {
  return [...instrumented]
    .filter(([key, { status }]) => status === 'failed' || failsBare(suite, key))
    .map(([key]) => key);
}

/** The tests whose outcome differs. */
function differences(bare, instrumented) {
  const statusOf = (outcomes, key) => outcomes.get(key)?.status ?? 'absent';
  return [...new Set([...bare.keys(), ...instrumented.keys()])].filter(
    (key) => statusOf(bare, key) !== statusOf(instrumented, key),
  );
}

/**
 * Runs the files of tests that differ once more, alone, and counts those that differ again and are not listed with a
 * reason: the suites have time limits of their own that a busy machine exceeds.
 */
async function confirm(suite, folder, mode, different) {
  const files = filesOf(different);
  const bare = await runBare(suite, folder, files);
  const instrumented = await run(suite, folder, mode, files);
  const listed = differing[suite.name] ?? {};
  const again = differences(bare, instrumented).filter((key) => listed[key] === undefined);
  for (const key of again) {
    const { status = 'absent', message = '' } = instrumented.get(key) ?? {};
    console.log(
      `${suite.name} (${mode}): ${key}: ${bare.get(key)?.status ?? 'absent'} bare, ${status} instrumented`,
    );
    console.log(`  ${(message || instrumented.get(fileOf(key))?.message || '').slice(0, 2000)}`);
  }
  faults += again.length;
}

/** The files of tests, by the tests' keys. */
function filesOf(keys) {
  return [...new Set(keys.map(fileOf))];
}

function fileOf(key) {
  return key.split(' > ')[0];
}

function row({ name }, mode, outcomes) {
  const count = (wanted) => [...outcomes.values()].filter(({ status }) => status === wanted).length;
  return { suite: name, mode, passed: count('passed'), failed: count('failed') };
}

/** The generated tests want a server that answers any request with JSON. */
function answerAnything() {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
