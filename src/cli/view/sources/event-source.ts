import { stat } from 'node:fs/promises';
import { expandedBytes, type Input, isGzipFile } from '../../input/input.js';
import { readFailure } from '../../input/input-report.js';
import { followBytes } from '../../tail/follow-file.js';
import type { EventIndex } from '../stored/event-index.js';
import { StoredFile } from '../stored/stored-file.js';
import type { SourceState } from '../view-api.js';
import { FileIndexer } from './file-indexer.js';
import { Notices } from './notices.js';
import type { ReadingThreads } from './reading-threads.js';
import type { TemporaryFolder } from './temporary-folder.js';

/** Files that stay open after they were rotated. Events of older ones cannot be looked at any more. */
const MAX_ROTATED = 64;

/** Bytes of expanded input that are kept on the disk. */
const MAX_EXPANDED = 8 * 1024 * 1024 * 1024;

export interface SourceOptions {
  readonly index: EventIndex;
  readonly temporary: TemporaryFolder;
  /** Read what is there at first, if it is large. One source uses them at a time. */
  readonly threads?: ReadingThreads | undefined;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** One input: it is read into the index, and then followed. */
export class EventSource {
  readonly name: string;
  readonly notices = new Notices();
  /** The files that were read, the current one last. */
  readonly files: StoredFile[] = [];
  readonly #input: Input;
  readonly #options: SourceOptions;
  #bytes: number | undefined;
  #bytesRead = 0;
  #following = false;

  constructor(input: Input, options: SourceOptions) {
    this.name = input.name;
    this.#input = input;
    this.#options = options;
  }

  get state(): SourceState {
    const { texts } = this.notices;
    // A followed file may have grown since its size was read.
    const bytes = this.#bytes === undefined ? undefined : Math.max(this.#bytes, this.#bytesRead);
    return {
      name: this.name,
      ...(bytes !== undefined && { bytes }),
      bytesRead: this.#bytesRead,
      notices: [...texts],
    };
  }

  /** Whether more bytes may come. */
  get following(): boolean {
    return this.#following;
  }

  /**
   * Reads the input into the index. Never rejects: what cannot be read is a notice.
   *
   * @param caughtUp - called when what was there at first has been read.
   */
  async run(caughtUp: () => void): Promise<void> {
    const { path } = this.#input;
    this.#following = true;
    const cancel = (): void => this.#input.cancel?.();
    this.#options.signal.addEventListener('abort', cancel, { once: true });
    try {
      this.#bytes = await this.#input.size();
      if (path !== undefined && (await isPlainFile(path))) await this.#follow(path, caughtUp);
      else await this.#expand();
    } catch (error) {
      if (!this.#options.signal.aborted) this.#notice(readFailure(error, path));
    }
    this.#options.signal.removeEventListener('abort', cancel);
    this.#following = false;
    this.#options.index.generation += 1;
    caughtUp();
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
  }

  async #follow(path: string, caughtUp: () => void): Promise<void> {
    const { index, follow, signal } = this.#options;
    let { threads } = this.#options;
    threads?.expect(this.#bytes ?? 0);
    let indexer: FileIndexer | undefined;
    for await (const item of readAhead(followBytes(path, { signal, once: !follow, keepOpen: true }))) {
      if (signal.aborted) return;
      switch (item.kind) {
        case 'opened': {
          const file = new StoredFile(this.name, item.inode, item.file);
          this.files.push(file);
          indexer = new FileIndexer(index, file, this.notices, threads);
          await this.#closeOldest();
          break;
        }
        case 'bytes':
          this.#bytesRead += item.bytes.length;
          await indexer?.push(item.bytes);
          break;
        case 'ended':
          await indexer?.end();
          if (item.why === 'truncated') indexer?.file.lose();
          break;
        case 'notice':
          this.#notice(item.text);
          break;
        case 'caught-up':
          await indexer?.settle();
          threads = undefined;
          caughtUp();
          break;
      }
    }
  }

  /** Copies what can be read only once, or not from its middle, to a file of ours. */
  async #expand(): Promise<void> {
    const { index, temporary, signal, threads } = this.#options;
    const { handle } = await temporary.create('expanded.jsonl');
    const file = new StoredFile(this.name, '', handle);
    this.files.push(file);
    const indexer = new FileIndexer(index, file, this.notices, threads);
    const compressed = this.#bytes;
    let read = 0;
    const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        read += chunk.length;
        yield chunk;
      }
    };
    try {
      for await (const bytes of expandedBytes(counted(this.#input.read()))) {
        if (signal.aborted) return;
        if (file.bytes + bytes.length > MAX_EXPANDED) {
          this.#notice('is larger than 8 GiB; the rest was not read');
          break;
        }
        await handle.write(bytes, 0, bytes.length, file.bytes);
        threads?.expect(bytes.length);
        this.#bytesRead = compressed === undefined ? file.bytes + bytes.length : read;
        for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
          await indexer.push(bytes.subarray(start, start + SLICE_BYTES));
          if (start + SLICE_BYTES < bytes.length) await nextTurn();
        }
      }
    } finally {
      await indexer.end();
    }
  }

  async #closeOldest(): Promise<void> {
    const rotated = this.files.filter((file) => !file.lost);
    if (rotated.length <= MAX_ROTATED) return;
    await rotated[0]?.close();
    this.#notice('was rotated often; events of the oldest file cannot be shown any more');
  }

  #notice(text: string): void {
    this.notices.add(text);
    this.#options.index.generation += 1;
  }
}

/** Reads the next bytes while the ones before them are indexed, which takes as long. */
async function* readAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = items.next();
    // Its failure is that of the next item.
    next.catch(() => {});
    yield value;
  }
}

/** Indexed without a pause, which takes about 3 ms. */
const SLICE_BYTES = 256 * 1024;

async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Whether a path is a file that is not compressed, or may become one. */
async function isPlainFile(path: string): Promise<boolean> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return stats.isDirectory();
    return !(await isGzipFile(path));
  } catch {
    return true;
  }
}
