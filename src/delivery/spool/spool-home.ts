import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as clock from '../../clock.js';
import { isMissing, isWrongFolder, wrongFolder } from './file-errors.js';
import { Heartbeats, ownerState, parseOwner, type SpoolOwner, thisProcess } from './owner.js';
import { SPOOL_FOLDER_MODE, SpoolFolder } from './spool-folder.js';

/** Longest part of a sink's name in the name of its folder. */
const MAX_SLUG = 40;

/** A folder's name: that of the process that has it, if this is not the one that made it, and that of the latter. */
const FOLDER_NAME = /^(?:([0-9a-z]+-\d+-[0-9a-f]+)~)?([0-9a-z]+-\d+-[0-9a-f]+)$/;

const { O_RDWR, O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;

/** Age at which a folder that is being made is looked at. Making it takes three calls. */
const INCOMPLETE_MS = 60_000;

/** Bytes of a lock file that are read. */
const MAX_LOCK_BYTES = 4096;

/** @throws Error - if the folders of these sinks cannot be used, except if the disk is full or fails. */
export function requireSpoolFolders(directory: string, sinkNames: readonly string[]): void {
  for (const name of sinkNames) {
    try {
      new SpoolHome(directory, name).prepare();
    } catch (error) {
      if (isWrongFolder(error)) throw wrongFolder(directory, error);
    }
  }
}

/**
 * The folder of one sink, with a folder for each process that has events for it:
 *
 * - `{process}/`: a process and its events
 * - `{process}~{earlier process}/`: events of an earlier process, which this one has taken over
 *
 * Who has a folder is in its name, so renaming it takes it over, and of two processes that attempt it one succeeds. A
 * process lives if `{process}/lock` names one that does. A folder without that file belongs to a process that has ended.
 */
export class SpoolHome {
  readonly path: string;
  readonly #directory: string;
  readonly #owner: SpoolOwner = thisProcess();
  readonly #heartbeats = new Heartbeats();
  #name = newName();
  #own: SpoolFolder | undefined;
  #lockFile = 0;
  /** Time of the own last heartbeat by the file system's clock. */
  #beatTime = 0;

  constructor(directory: string, sinkName: string) {
    this.#directory = path.resolve(directory);
    this.path = path.join(this.#directory, folderOfSink(sinkName));
  }

  /**
   * Creates the folders of the spool and of the sink.
   *
   * @throws Error - if that is not possible, or one of them is a symbolic link.
   */
  prepare(): void {
    for (const folder of [this.#directory, this.path]) {
      makeFolder(folder);
      requireFolder(folder);
    }
    fs.accessSync(this.path, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  }

  /** Returns the folder of this process, which is created if it is not there. */
  own(): SpoolFolder {
    if (this.#own !== undefined) return this.#own;
    this.prepare();
    const folder = new SpoolFolder(path.join(this.path, this.#name));
    try {
      folder.create(this.#owner);
    } catch (error) {
      // Remains of this attempt are not in the way of the next one.
      this.#name = newName();
      throw error;
    }
    const { ino, mtimeMs } = fs.lstatSync(folder.lockPath);
    this.#lockFile = ino;
    this.#beatTime = mtimeMs;
    this.#own = folder;
    return folder;
  }

  /** The folder of this process, if it was created. */
  get current(): SpoolFolder | undefined {
    return this.#own;
  }

  /** Uses a new folder from now on. */
  renew(): void {
    this.#own = undefined;
    this.#name = newName();
  }

  /** Shows that this process lives. Returns `false` if its folder is gone, or belongs to another process now. */
  async beat(): Promise<boolean> {
    const folder = this.#own;
    if (folder === undefined) return true;
    try {
      const file = await fs.promises.open(folder.lockPath, O_RDWR | O_NOFOLLOW);
      try {
        if ((await file.stat()).ino !== this.#lockFile) return false;
        // A write sets the time by the clock of the file server.
        await file.write(`${JSON.stringify(this.#owner)}\n`, 0);
        this.#beatTime = (await file.stat()).mtimeMs;
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Whether another process has taken over a folder that belonged to this one. */
  isTakenOver(folder: SpoolFolder): boolean {
    const origin = originOf(folder.name);
    try {
      return fs.readdirSync(this.path).some((name) => name !== folder.name && originOf(name) === origin);
    } catch {
      return false;
    }
  }

  /** Whether there are folders of other processes. */
  async hasOthers(): Promise<boolean> {
    const names = await fs.promises.readdir(this.path).catch(ifMissing);
    return names.some((name) => holderOf(name) !== undefined && holderOf(name) !== this.#name);
  }

  /**
   * Takes over the folders of processes that have ended, the oldest first.
   *
   * @param fits - whether a folder with that many bytes is taken now; otherwise it is left for later.
   * @param onTaken - called with each folder.
   * @param onError - called with what prevents this, once for each folder.
   */
  takeOver(
    fits: (bytes: number) => boolean,
    onTaken: (folder: SpoolFolder) => void,
    onError: (error: unknown) => void,
  ): void {
    const names = fs.readdirSync(this.path);
    this.#heartbeats.keepOnly(new Set(names));
    for (const name of names) if (name.startsWith('.')) this.#removeIncomplete(name, onError);
    const free = new Map<string, boolean>();
    const others = names.filter((name) => holderOf(name) !== undefined && holderOf(name) !== this.#name);
    for (const name of others.sort(byOrigin)) {
      const holder = holderOf(name) ?? '';
      const from = path.join(this.path, name);
      try {
        if (!free.has(holder)) free.set(holder, this.#isFree(holder));
        if (!free.get(holder) || !isFolder(from) || !fits(bytesOf(from))) continue;
        const folder = this.#rename(from, originOf(name) ?? name);
        // Otherwise another process takes over all folders of this holder at this moment.
        if (folder === undefined) free.set(holder, false);
        else onTaken(folder);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Deletes a folder whose process was killed while it made it. It contains no events. */
  #removeIncomplete(name: string, onError: (error: unknown) => void): void {
    if (holderOf(name.slice(1)) === undefined) return;
    const folder = path.join(this.path, name);
    try {
      const age = clock.now() - fs.lstatSync(folder).mtimeMs;
      if (age > INCOMPLETE_MS && this.#isFree(name)) fs.rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      onError(error);
    }
  }

  #rename(from: string, origin: string): SpoolFolder | undefined {
    const own = this.own();
    const folder = new SpoolFolder(path.join(this.path, `${own.name}~${origin}`));
    try {
      fs.renameSync(from, folder.path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    folder.unlock();
    return folder;
  }

  #isFree(holder: string): boolean {
    const lock = path.join(this.path, holder, 'lock');
    let fd: number;
    try {
      fd = fs.openSync(lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      return isMissing(error);
    }
    try {
      const bytes = Buffer.alloc(MAX_LOCK_BYTES);
      const text = bytes.toString('utf8', 0, fs.readSync(fd, bytes));
      const state = ownerState(parseOwner(text), this.#owner);
      if (state !== 'unknown') return state === 'dead';
      return this.#heartbeats.isSilent(holder, fs.fstatSync(fd).mtimeMs, this.#beatTime, clock.ticks());
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Gives up the folder of this process, and deletes what is empty. */
  leave(): void {
    this.#own?.removeIfEmpty();
    this.#own?.unlock();
    this.#own = undefined;
    try {
      fs.rmdirSync(this.path);
    } catch {
      // Other processes use it, or events wait in it.
    }
  }
}

function ifMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

function folderOfSink(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG)
    .replace(/^-|-$/g, '');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return slug === '' ? hash : `${slug}-${hash}`;
}

/** Names are in the order of time, so that the oldest events are delivered first. */
function newName(): string {
  const time = clock.now().toString(36).padStart(9, '0');
  return `${time}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** The process that has a folder; `undefined` if the name is not that of a folder of a spool. */
function holderOf(name: string): string | undefined {
  const match = FOLDER_NAME.exec(name);
  return match?.[1] ?? match?.[2];
}

function originOf(name: string): string | undefined {
  return FOLDER_NAME.exec(name)?.[2];
}

function byOrigin(a: string, b: string): number {
  const [first, second] = [originOf(a) ?? a, originOf(b) ?? b];
  return first < second ? -1 : Number(first > second);
}

function isFolder(folder: string): boolean {
  return fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeFolder(folder: string): void {
  try {
    // Without `recursive`, a read-only disk is named as the reason (Node 20.20).
    fs.mkdirSync(folder, SPOOL_FOLDER_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') fs.mkdirSync(folder, { recursive: true, mode: SPOOL_FOLDER_MODE });
    else if (code !== 'EEXIST' && !isFolder(folder)) throw error;
  }
}

function requireFolder(folder: string): void {
  if (!isFolder(folder)) throw new Error(`${folder} is not a folder; a symbolic link is not followed`);
}

/** Returns the bytes of the events in a folder. */
function bytesOf(folder: string): number {
  let bytes = 0;
  for (const name of fs.readdirSync(folder)) {
    if (!name.endsWith('.jsonl')) continue;
    bytes += fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
