// Builds the OpenTelemetry Collector and Jaeger from source into .cache/backends/, each only if it is missing.
//
//   node scripts/backends/build.mjs            # both
//   node scripts/backends/build.mjs otelcol    # one of them
//
// Set OTELCOL_BIN or JAEGER_BIN to use a binary that you already have. Needs Go 1.25 or newer.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { builtBinary, cacheFolder, recipes, userBinary } from './binaries.mjs';

const logFolder = path.join(cacheFolder, 'logs');
const stillBuildingEvery = 30_000;
const logLinesShown = 40;

/** A failure that is printed in its own words, without a stack. */
class BuildFailure extends Error {}

const wanted = process.argv.slice(2);

try {
  const unknown = wanted.find((name) => !Object.hasOwn(recipes, name));
  if (unknown !== undefined) {
    throw new BuildFailure(`unknown backend "${unknown}"; use one of ${Object.keys(recipes).join(', ')}`);
  }
  for (const recipe of Object.values(recipes)) {
    if (wanted.length === 0 || wanted.includes(recipe.name)) await ensureBuilt(recipe);
  }
} catch (error) {
  console.error(error instanceof BuildFailure ? error.message : error);
  process.exitCode = 1;
}

/** @param {import('./binaries.d.mts').Recipe} recipe */
async function ensureBuilt(recipe) {
  const say = (/** @type {string} */ text) => console.log(`${recipe.name} ${recipe.version}: ${text}`);

  const own = ownBinary(recipe);
  if (own !== undefined) return say(`${recipe.envVar} names ${own}`);

  const binary = builtBinary(recipe);
  if (existsSync(binary)) return say(`already built, ${shown(binary)}`);

  requireGo(recipe);
  const log = path.join(logFolder, `build-${recipe.name}.log`);
  say(`building (${recipe.coldTime} with an empty Go cache), log in ${shown(log)}`);
  const started = Date.now();
  const heartbeat = setInterval(() => say(`still building, ${seconds(started)} s`), stillBuildingEvery);
  try {
    await build(recipe, binary, log);
  } finally {
    clearInterval(heartbeat);
  }
  say(`built in ${seconds(started)} s, ${shown(binary)}`);
}

/** @param {import('./binaries.d.mts').Recipe} recipe */
function ownBinary(recipe) {
  try {
    return userBinary(recipe);
  } catch (error) {
    throw new BuildFailure(error instanceof Error ? error.message : String(error));
  }
}

/** @param {import('./binaries.d.mts').Recipe} recipe */
function requireGo(recipe) {
  if (spawnSync('go', ['version']).status === 0) return;
  throw new BuildFailure(
    `${recipe.name} is built from source and \`go\` is not on the PATH: install Go 1.25 or newer, or set ` +
      `${recipe.envVar} to the path of ${recipe.name} ${recipe.version}.`,
  );
}

/**
 * Builds in a folder of this process alone, and renames the binary into place at the end. A binary in the cache is
 * therefore complete, whatever interrupts this script, and two builds at once do not collide.
 *
 * @param {import('./binaries.d.mts').Recipe} recipe
 * @param {string} binary
 * @param {string} log
 */
async function build(recipe, binary, log) {
  const folder = path.join(cacheFolder, `building-${recipe.name}-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  mkdirSync(logFolder, { recursive: true });
  try {
    copyFileSync(recipe.manifest, path.join(folder, path.basename(recipe.manifest)));
    const failure = await run(recipe, folder, log);
    const output = path.join(folder, recipe.output);
    if (failure === undefined && existsSync(output)) return renameSync(output, binary);
    throw new BuildFailure(
      `${recipe.name}: ${failure ?? `the build left no ${recipe.output}`}. The end of ${shown(log)}:\n${tail(log)}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the recipe's command with its output in the log.
 *
 * @param {import('./binaries.d.mts').Recipe} recipe
 * @param {string} folder
 * @param {string} log
 * @returns {Promise<string | undefined>} what went wrong; `undefined` if nothing did.
 */
function run(recipe, folder, log) {
  const [program = '', ...args] = recipe.command;
  const output = openSync(log, 'w');
  // Go ignores the go.mod, and with it the pinned version, of a module that lies in the temporary folder itself.
  const temporary = path.join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  // The command has a process group of its own, so that an interrupt can end the compilers that go has started as
  // well.
  const child = spawn(program, args, {
    cwd: folder,
    // A go.work above this repository must not take part. TMPDIR is set because the builder leaves an empty folder
    // there.
    env: { ...process.env, GOWORK: 'off', TMPDIR: temporary, ...recipe.env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);

  /** @type {NodeJS.Signals | undefined} */
  let interruptedBy;
  const interrupt = (/** @type {NodeJS.Signals} */ signal) => {
    interruptedBy = signal;
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`\`${program}\` did not start (${error.message})`));
    child.once('close', (code, signal) => {
      if (interruptedBy !== undefined) resolve(`interrupted by ${interruptedBy}`);
      else if (code === 0) resolve(undefined);
      else resolve(`\`${recipe.command.join(' ')}\` ended with ${signal ?? `exit code ${code}`}`);
    });
  }).finally(() => {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  });
}

/** @param {string} log */
function tail(log) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-logLinesShown).join('\n');
}

/** @param {number} since */
function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(0);
}

/** @param {string} file */
function shown(file) {
  return path.relative(process.cwd(), file);
}
