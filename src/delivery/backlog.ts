import type { SpooledBatch } from './spool/segment-reader.js';
import type { Spool } from './spool/spool.js';
import { type BatchLimit, type Deliverable, lineOf, WaitingItems } from './waiting-items.js';

/** How much is handed to the spool in one write. */
const STORE_LIMIT: BatchLimit = { events: 8_192, bytes: 1024 * 1024 };

/** The spool of a queue, and how its records become items again. */
export interface SpoolAccess<Item extends Deliverable> {
  readonly spool: Spool;
  /** Makes an item of a line, which is a JSON object. Throws if it is not one of an item. */
  readonly restore: (line: string) => Item;
}

/** Items of a spool that are not there any more, since the last look. */
export interface SpoolLosses {
  /** Given up because the spool was full. */
  readonly oldest: number;
  /** Damaged, or deleted by others. */
  readonly damaged: number;
}

interface StoreResult {
  readonly stored: number;
  /** Whether the spool has taken all that it was given. */
  readonly isWhole: boolean;
}

const NO_LOSSES: SpoolLosses = { oldest: 0, damaged: 0 };

/**
 * The items that wait for one destination, oldest first: in memory, or on the disk if there is a spool. With a spool the
 * memory has those only that are not stored yet, and they are newer than all stored ones.
 *
 * Invariant: while a batch of memory items is out, nothing is stored, so that the batch stays the oldest.
 */
export class Backlog<Item extends Deliverable> {
  readonly #memory = new WaitingItems<Item>();
  readonly #access: SpoolAccess<Item> | undefined;
  #storing: Promise<StoreResult> | undefined;
  /** The number of memory items in the write to the spool that is under way. */
  #beingStored = 0;
  /** The batch that is out: of the spool, or a number of memory items. */
  #out: SpooledBatch | number = 0;
  #stored = 0;
  #acknowledged = 0;
  #known = NO_LOSSES;
  /** Records that were read and are not items. */
  #unreadable = 0;

  constructor(access: SpoolAccess<Item> | undefined) {
    this.#access = access;
  }

  get count(): number {
    return this.#memory.count + this.spooled;
  }

  get bytes(): number {
    return this.#memory.bytes + this.spooledBytes;
  }

  get spooled(): number {
    return this.#access?.spool.waiting ?? 0;
  }

  get spooledBytes(): number {
    return this.#access?.spool.waitingBytes ?? 0;
  }

  get inMemory(): number {
    return this.#memory.count;
  }

  /** The number of items in memory that are out. */
  get outInMemory(): number {
    return typeof this.#out === 'number' ? this.#out : 0;
  }

  get bytesInMemory(): number {
    return this.#memory.bytes;
  }

  /** The number of items that earlier processes left in the spool, and of those taken over later. */
  get recovered(): number {
    const { oldest, damaged } = this.#known;
    return this.spooled + this.#acknowledged + oldest + damaged - this.#stored;
  }

  add(item: Item, bytes: number): void {
    this.#memory.add(item, bytes);
  }

  /** Returns what the spool has lost since the last call. */
  losses(): SpoolLosses {
    if (this.#access === undefined) return NO_LOSSES;
    const { droppedOldest, torn } = this.#access.spool;
    const { oldest, damaged } = this.#known;
    this.#known = { oldest: droppedOldest, damaged: torn + this.#unreadable };
    return { oldest: this.#known.oldest - oldest, damaged: this.#known.damaged - damaged };
  }

  /** Returns the oldest items, and the same ones again until they are removed. */
  async next(limit: BatchLimit): Promise<readonly Item[]> {
    this.#out = 0;
    if (this.#access !== undefined) {
      if (this.spooled === 0) await this.store();
      for (;;) {
        const before = this.#stored;
        const stored = await this.#nextStored(this.#access, limit);
        if (stored.length > 0) return stored;
        const isUnreadable = this.spooled > 0 && this.#stored === before;
        await this.store();
        const isStored = this.#stored > before || this.#storing !== undefined;
        // The spool is neither read nor written, or it is empty and takes no item. The destination may.
        if (!isStored) break;
        if (isUnreadable) return [];
      }
    }
    const items = this.#memory.oldest(limit);
    this.#out = items.length;
    return items;
  }

  async #nextStored(access: SpoolAccess<Item>, limit: BatchLimit): Promise<readonly Item[]> {
    for (;;) {
      const batch = await access.spool.read(limit);
      if (batch === undefined) return [];
      const items = this.#restored(access, batch);
      if (items.length > 0) return items;
    }
  }

  /** Returns the items of a batch up to a record that is not one. If that is the first, it is left out for good. */
  #restored({ spool, restore }: SpoolAccess<Item>, batch: SpooledBatch): readonly Item[] {
    const items: Item[] = [];
    try {
      for (const line of batch.lines) items.push(restore(line));
    } catch {
      if (items.length === 0) {
        this.#unreadable += 1;
        void spool.acknowledge(batch, 1);
        return items;
      }
    }
    this.#out = batch;
    return items;
  }

  /**
   * Removes the first items of the batch that is out.
   *
   * @param isExiting - whether the process exits, so that nothing happens later.
   */
  remove(count: number, isExiting: boolean): void {
    if (typeof this.#out === 'number') {
      this.#memory.remove(count);
      this.#out = Math.max(0, this.#out - count);
      return;
    }
    const batch = this.#out;
    this.#out = 0;
    this.#acknowledged += count;
    if (isExiting) this.#access?.spool.acknowledgeSync(batch, count);
    else void this.#access?.spool.acknowledge(batch, count);
  }

  /** Removes and returns the newest items in memory, all but the `kept` oldest ones. */
  removeNewest(kept: number): Item[] {
    return this.#memory.removeNewest(kept);
  }

  /**
   * Writes the items that are in memory now to the spool, as far as it takes them. Later ones are for the next call: under
   * load they would never end.
   */
  async store(): Promise<void> {
    if (this.#access === undefined || this.outInMemory > 0) return;
    for (let rest = this.#memory.count; rest > 0; ) {
      this.#storing ??= this.#storeOldest(this.#access.spool);
      const { stored, isWhole } = await this.#storing;
      rest -= stored;
      if (!isWhole || this.outInMemory > 0) return;
    }
  }

  async #storeOldest(spool: Spool): Promise<StoreResult> {
    try {
      const items = this.#memory.oldest(STORE_LIMIT);
      this.#beingStored = items.length;
      const stored = await spool.append(items.map(lineOf));
      // A process that exits has stored them meanwhile.
      if (this.#beingStored === 0) return { stored: 0, isWhole: false };
      this.#wereStored(stored);
      return { stored, isWhole: stored === items.length };
    } finally {
      this.#beingStored = 0;
      this.#storing = undefined;
    }
  }

  #wereStored(count: number): void {
    this.#stored += count;
    this.#memory.remove(count);
  }
  /* At the exit of the process */

  /** Writes the items in memory to the spool, also those that are out. */
  storeSync(): void {
    if (this.#access === undefined) return;
    const { spool } = this.#access;
    const begun = this.#beingStored;
    const items = this.#memory.oldest(EVERYTHING, begun);
    const stored = spool.appendSync(items.map(lineOf));
    // The spool has finished the write that was under way.
    this.#beingStored = 0;
    this.#wereStored(begun + stored);
    if (typeof this.#out === 'number') this.#out = 0;
  }

  /** Like {@link next}. */
  nextSync(limit: BatchLimit, skipped = 0): readonly Item[] {
    const batch = this.#access?.spool.readSync(limit);
    if (batch === undefined || this.#access === undefined) {
      const items = this.#memory.oldest(limit, skipped);
      this.#out = skipped + items.length;
      return items;
    }
    return this.#restored(this.#access, batch);
  }

  async close(): Promise<void> {
    await this.#storing;
    await this.#access?.spool.close();
  }
}

const EVERYTHING: BatchLimit = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
