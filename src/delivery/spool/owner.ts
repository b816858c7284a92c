/**
 * The process that owns a folder of the spool, and whether it still runs.
 *
 * A process of the same machine and the same process namespace is looked up by its pid and its start, since a pid is used
 * again. A process elsewhere, such as in another container or on another host, shows that it lives by a heartbeat.
 */
import fs from 'node:fs';
import os from 'node:os';
import { asInteger, asRecord, asString } from '../../json/readers.js';

/** Content of the lock file of a folder. */
export interface SpoolOwner {
  readonly pid: number;
  readonly host: string;
  /** The boot of the machine and the process namespace, in which the pid means something; '' if they are not known. */
  readonly space: string;
  /** The start of the process in the operating system's own unit; '' if it is not known. */
  readonly started: string;
}

export function thisProcess(): SpoolOwner {
  return {
    pid: process.pid,
    host: os.hostname(),
    space: `${textOf('/proc/sys/kernel/random/boot_id')} ${linkOf('/proc/self/ns/pid')}`.trim(),
    started: processStat(process.pid)?.started ?? '',
  };
}

/** Returns the owner that a lock file names; `undefined` if the file is damaged. */
export function parseOwner(text: string): SpoolOwner | undefined {
  try {
    const record = asRecord(JSON.parse(text));
    const pid = asInteger(record?.pid);
    const host = asString(record?.host);
    const space = asString(record?.space);
    const started = asString(record?.started);
    if (pid === undefined || pid < 1) return undefined;
    if (host === undefined || space === undefined || started === undefined) return undefined;
    return { pid, host, space, started };
  } catch {
    return undefined;
  }
}

/** Whether a process runs. `unknown`: only its heartbeat can show it. */
export type OwnerState = 'alive' | 'dead' | 'unknown';

export function ownerState(owner: SpoolOwner | undefined, own: SpoolOwner): OwnerState {
  if (owner === undefined || owner.host !== own.host || owner.space !== own.space) return 'unknown';
  if (!hasProcess(owner.pid)) return 'dead';
  const stat = processStat(owner.pid);
  if (stat === undefined || owner.started === '') return 'unknown';
  // A zombie does nothing any more; its parent has not looked at its end yet.
  if (stat.state === 'Z' || stat.state === 'X') return 'dead';
  return stat.started === owner.started ? 'alive' : 'dead';
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, of another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Reads `/proc/{pid}/stat` of Linux (proc(5)): the state, and the start in clock ticks since the boot. */
function processStat(pid: number): { state: string; started: string } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function linkOf(file: string): string {
  try {
    return fs.readlinkSync(file);
  } catch {
    return '';
  }
}

/** How long a heartbeat has to be missing, seen from here, if the file system's clock says that it is old. */
const SEEN_MS = 15_000;

/** How long a heartbeat has to be missing. */
const MISSING_MS = 60_000;

/**
 * The heartbeats of owners whose state is unknown. A clock that jumps makes a heartbeat look old or new, so one that is
 * missing is also watched for a while by the monotonic clock.
 */
export class Heartbeats {
  #seen = new Map<string, { beat: number; since: number }>();

  /**
   * Whether the owner of a folder is silent for so long that it is dead.
   *
   * @param beat - time of its last heartbeat, by the file system's clock.
   * @param ownBeat - time of the own last heartbeat, by the same clock.
   * @param ticks - milliseconds by the monotonic clock.
   */
  isSilent(folder: string, beat: number, ownBeat: number, ticks: number): boolean {
    const seen = this.#seen.get(folder);
    if (seen?.beat !== beat) {
      this.#seen.set(folder, { beat, since: ticks });
      return false;
    }
    const watched = ticks - seen.since;
    return watched >= MISSING_MS || (watched >= SEEN_MS && ownBeat - beat >= MISSING_MS);
  }

  /** Forgets the folders that are not there any more. */
  keepOnly(folders: ReadonlySet<string>): void {
    for (const folder of this.#seen.keys()) if (!folders.has(folder)) this.#seen.delete(folder);
  }
}
