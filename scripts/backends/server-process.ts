// A server as a child process: started, awaited until healthy, stopped by its process id.
//
// Invariant: no child outlives this process, however it ends (short of SIGKILL), and none outlives a failed start.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerCommand {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * A URL that answers a GET with 200 as soon as the server can be used, or a function that returns why it cannot be used
   * yet, and `undefined` if it can.
   */
  readonly health: string | (() => Promise<string | undefined>);
  /** The file that receives both outputs of the server. */
  readonly logFile: string;
}

export interface ServerProcess {
  readonly pid: number;
  /** Stops the server with SIGTERM, and after `within` ms (10 s) with SIGKILL; returns when the process is gone. */
  stop(options?: { readonly within?: number }): Promise<void>;
}

/** Another process took a port between its choice and its use; the same start may succeed on other ports. */
export class PortTaken extends Error {
  override name = 'PortTaken';
}

const healthyWithin = 30_000;
const stoppedWithin = 10_000;
const pollEvery = 50;
const logLinesShown = 40;

export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const child = spawnLogged(command);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`did not start (${error.message})`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code}`}`));
  });
  killWithThisProcess(child, ended);

  const stop: ServerProcess['stop'] = async ({ within = stoppedWithin } = {}) => {
    if (!isRunning(child)) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), within);
    await ended;
    clearTimeout(insist);
  };

  const polling = new AbortController();
  const failure = await Promise.race([ended, untilHealthy(command.health, polling.signal)]);
  polling.abort();
  if (failure === undefined && child.pid !== undefined) return { pid: child.pid, stop };

  await stop();
  const log = readFileSync(command.logFile, 'utf8');
  const tail = log.trimEnd().split('\n').slice(-logLinesShown).join('\n');
  const message = `${command.name} ${failure}. The end of ${command.logFile}:\n${tail}`;
  throw log.includes('address already in use') ? new PortTaken(message) : new Error(message);
}

function spawnLogged({ binary, args, env, logFile }: ServerCommand): ChildProcess {
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  try {
    return spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

/** Returns what is wrong, or `undefined` if the server is healthy; it never takes much longer than the bound. */
async function untilHealthy(
  health: ServerCommand['health'],
  polling: AbortSignal,
): Promise<string | undefined> {
  const deadline = Date.now() + healthyWithin;
  let last: string | undefined = 'no answer';
  while (Date.now() < deadline && !polling.aborted) {
    last = typeof health === 'string' ? await urlProblem(health) : await health();
    if (last === undefined) return undefined;
    await sleep(pollEvery);
  }
  return `was not healthy within ${healthyWithin / 1_000} s (${last})`;
}

/** Returns why a URL does not answer a GET with 200; `undefined` if it does. */
async function urlProblem(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok ? undefined : `${url}: status ${response.status}`;
  } catch (error) {
    // A refused or slow answer means that the server is still starting.
    return `${url}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** A test that fails, times out or is interrupted does not reach its `stop()`. */
function killWithThisProcess(child: ChildProcess, ended: Promise<unknown>): void {
  const kill = () => {
    child.kill('SIGKILL');
  };
  const killThenDie = (signal: NodeJS.Signals) => {
    kill();
    forget();
    // Without its last listener, the signal does what it would have done without this module. If there are others,
    // they handle it.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off('exit', kill).off('SIGINT', killThenDie).off('SIGTERM', killThenDie);
  };
  process.on('exit', kill).on('SIGINT', killThenDie).on('SIGTERM', killThenDie);
  void ended.then(forget);
}
