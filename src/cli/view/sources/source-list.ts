import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeOf } from '../../events/measures.js';
import { expandedBytes, fileInput, type Input } from '../../input/input.js';
import { readFailure } from '../../input/input-report.js';
import { LineSplitter } from '../../input/line-splitter.js';
import { parseEvent } from '../../input/read-events.js';
import type { SourceState } from '../view-api.js';
import { EventSource, type SourceOptions } from './event-source.js';
import { Notices } from './notices.js';
import { ReadingThreads } from './reading-threads.js';

/** `events.jsonl`, and what rotation makes of it: `events.jsonl.1`, `events.jsonl-20260401`, `events.jsonl.….gz`. */
const EVENT_FILE = /\.jsonl(?:[.-]\d{1,8}(?:T\d{6}Z(?:-\d+)?)?)?(?:\.gz)?$/;

/** Each stays open. */
const MAX_FILES = 1000;

/** A file of a folder that was not written for so long is not followed, since each that is costs system calls. */
const STALE_MS = 24 * 60 * 60 * 1000;

const POLL_MS = 1000;

interface FoundFile {
  readonly file: string;
  /** Whether it may be written to: a rotated file is not. */
  readonly grows: boolean;
  readonly time: number;
}

/** All inputs of the command. Folders are watched for new files. */
export class SourceList {
  readonly sources: EventSource[] = [];
  /** Whether everything that was there at the start has been read. */
  indexed = false;
  readonly #threads = new ReadingThreads();
  readonly #options: SourceOptions;
  readonly #folders: { readonly path: string; readonly notices: Notices }[] = [];
  readonly #running: Promise<void>[] = [];
  #watching = false;

  constructor(options: Omit<SourceOptions, 'threads'>) {
    this.#options = { ...options, threads: this.#threads };
  }

  get states(): SourceState[] {
    const folders = this.#folders.filter(({ notices }) => notices.texts.length > 0);
    return [
      ...this.sources.map((source) => source.state),
      ...folders.map(({ path, notices }) => ({ name: path, bytesRead: 0, notices: [...notices.texts] })),
    ];
  }

  /** Whether sources may still grow. */
  get live(): boolean {
    return this.#watching || this.sources.some(({ following }) => following);
  }

  /** Reads all inputs, one after the other, and then follows them. Never rejects. */
  async run(inputs: readonly Input[]): Promise<void> {
    const { signal, follow, index } = this.#options;
    await this.#readAll(inputs);
    await this.#threads.close();
    if (signal.aborted) return;
    this.indexed = true;
    index.generation += 1;
    this.#watching = follow && this.#folders.length > 0;
    while (this.#watching && (await paused(signal))) {
      for (const folder of this.#folders) {
        for (const { file, grows } of await this.#newFiles(folder)) await this.#start(fileInput(file), grows);
      }
    }
  }

  async #readAll(inputs: readonly Input[]): Promise<void> {
    const { signal } = this.#options;
    for (const input of inputs) {
      if (input.path !== undefined && (await isFolder(input.path))) {
        const folder = { path: input.path, notices: new Notices() };
        this.#folders.push(folder);
        const files = await this.#newFiles(folder);
        if (files.length === 0) folder.notices.add('has no files *.jsonl or *.jsonl.gz');
        for (const { file, grows } of files) await this.#start(fileInput(file), grows);
      } else {
        await this.#start(input);
      }
      if (signal.aborted) return;
    }
  }

  /**
   * Follows one more file, whatever the options say of others.
   *
   * @returns a function that removes it and its events.
   */
  follow(input: Input): () => Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, stop.signal]);
    const source = new EventSource(input, { ...this.#options, follow: true, signal, threads: undefined });
    this.sources.push(source);
    const running = source.run(() => {});
    this.#running.push(running);
    return async () => {
      stop.abort();
      await running;
      await source.close();
      for (const file of source.files) this.#options.index.removeFile(file);
      this.sources.splice(this.sources.indexOf(source), 1);
      this.#running.splice(this.#running.indexOf(running), 1);
    };
  }

  /** Starts a source and returns when it has caught up. */
  async #start(input: Input, grows = true): Promise<void> {
    const source = new EventSource(input, { ...this.#options, follow: this.#options.follow && grows });
    this.sources.push(source);
    this.#options.index.generation += 1;
    await new Promise<void>((resolve) => {
      this.#running.push(source.run(resolve));
    });
  }

  /** Ends when the signal was aborted and nothing is read any more. */
  async close(): Promise<void> {
    this.#watching = false;
    await Promise.all(this.#running);
    for (const source of this.sources) await source.close();
  }

  /** Files of a folder that no source has read, by the time of their first event. */
  async #newFiles({ path: folder, notices }: { path: string; notices: Notices }): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    try {
      const names = (await readdir(folder)).filter((name) => EVENT_FILE.test(name)).sort();
      if (names.length > MAX_FILES) note(notices, `has more than ${MAX_FILES} files; the rest is not read`);
      for (const name of names.slice(0, MAX_FILES)) {
        const file = path.join(folder, name);
        if (this.sources.some((source) => source.name === file)) continue;
        const stats = await stat(file).catch(() => undefined);
        // A rotated file was read under its former name, and so was what a compressed one has.
        if (!stats?.isFile() || this.#hasRead(`${stats.dev}:${stats.ino}`, file)) continue;
        const grows = file.endsWith('.jsonl') && Date.now() - stats.mtimeMs < STALE_MS;
        found.push({ file, grows, time: (await firstTime(file)) ?? stats.mtimeMs });
      }
    } catch (error) {
      note(notices, readFailure(error, folder));
    }
    return found.sort((a, b) => a.time - b.time);
  }

  #hasRead(inode: string, file: string): boolean {
    return (
      this.sources.some(({ files }) => files.some((stored) => stored.inode === inode)) ||
      this.#isCompressed(file)
    );
  }

  /** Whether a new file is the compressed form of one that was followed when it was rotated. */
  #isCompressed(file: string): boolean {
    if (!this.indexed || !file.endsWith('.gz')) return false;
    const original = this.sources.find(
      ({ name }) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`),
    );
    return (original?.files.length ?? 0) > 1;
  }
}

/** Adds a notice once, since a folder is looked at again and again. */
function note(notices: Notices, text: string): void {
  if (!notices.texts.includes(text)) notices.add(text);
}

async function isFolder(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isDirectory() ?? false;
}

async function paused(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(POLL_MS, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

const HEAD_BYTES = 256 * 1024;

/** The time of the first event in a file; `undefined` if it cannot be read. */
async function firstTime(file: string): Promise<number | undefined> {
  const splitter = new LineSplitter();
  try {
    for await (const bytes of expandedBytes(head(file))) {
      for (const line of splitter.push(bytes)) {
        const parsed = parseEvent(line);
        const time = 'event' in parsed ? timeOf(parsed.event) : undefined;
        if (time !== undefined) return time;
      }
    }
  } catch {
    // The head of a compressed file ends early.
  }
  return undefined;
}

async function* head(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    yield buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
