import fs from 'node:fs';
import { promisify } from 'node:util';
import * as clock from '../../clock.js';
import { ignoreUnsupported } from '../../sinks/append-file.js';
import type { StoredEvents } from '../../sinks/event-sink.js';
import { NO_STORED_EVENTS, readStoredEventsOf } from '../../sinks/stored-events.js';
import { isMissing, isWrongFolder, wrongFolder } from './file-errors.js';
import { SegmentEndError, SegmentReader, type SpooledBatch, type SpoolReadLimit } from './segment-reader.js';
import { SegmentWriter } from './segment-writer.js';
import { SpoolContents } from './spool-contents.js';
import type { SpoolFolder } from './spool-folder.js';
import { SpoolHome } from './spool-home.js';
import { type SpoolOptions, type SpoolSettings, spoolSettings } from './spool-options.js';
import { SpoolSegment } from './spool-segment.js';

const datasync = promisify(fs.fdatasync);

/** Longest time that an acknowledgement, or a record by `fsync: 'interval'`, stays off the disk. */
const BUSY_TICK_MS = 1_000;
/** Time between two heartbeats. */
const IDLE_TICK_MS = 5_000;
/** Time between two looks at other processes. */
const SCAN_MS = 15_000;
/** Silence after which another host may have taken over the folder of this process. */
const SILENT_MS = 20_000;
/** Time between two reports of the same kind. */
const REPORT_MS = 60_000;

/** A position behind everything. */
const LAST_SEGMENT = 999_999_999_999;

/**
 * Events on the disk that wait for their sink, of one sink and one process. Records are appended, read in the same order,
 * and deleted when they are acknowledged. Records of processes that have ended, and of this one before a restart, are taken
 * over: at the start, and later every 15 seconds.
 *
 * A record whose `append` has resolved survives the process. A record may be read twice: by the next process, if this one
 * is killed within about a second after its acknowledgement.
 */
export class Spool {
  /** Called if there is more to read because an ended process was found. */
  onTakeOver: () => void = () => {};
  readonly #settings: SpoolSettings;
  readonly #report: (message: string, error?: unknown) => void;
  readonly #contents = new SpoolContents();
  readonly #home: SpoolHome;
  readonly #reader: SegmentReader;
  readonly #writer: SegmentWriter;
  readonly #name: string;
  readonly #reported = new Map<string, number>();
  /** Folders of earlier processes. */
  readonly #foreign = new Set<SpoolFolder>();
  /** The newest segment when the names of files were synced. */
  #synced: SpoolSegment | undefined;
  #stored: StoredEvents = NO_STORED_EVENTS;
  #counting: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #timerIsFast = false;
  #ticking: Promise<void> | undefined;
  /** Bytes that were acknowledged when it looked at other processes. */
  #acknowledgedBefore = 0;
  #lastBeat = clock.ticks();
  #nextScan = clock.ticks() + SCAN_MS;
  #closing: Promise<void> | undefined;

  /**
   * @param report - logs a problem; called at most once a minute for each kind.
   * @throws Error - if the folder cannot be used, except if the disk is full or fails.
   */
  constructor(
    options: SpoolOptions,
    destinationName: string,
    report: (message: string, error?: unknown) => void,
  ) {
    this.#settings = spoolSettings(options);
    this.#name = destinationName;
    this.#report = report;
    this.#home = new SpoolHome(options.directory, destinationName);
    this.#reader = new SegmentReader(this.#contents, () =>
      this.#reportOnce('torn', `${destinationName}: records in the spool are damaged and were skipped`),
    );
    this.#writer = new SegmentWriter({
      contents: this.#contents,
      settings: this.#settings,
      ownFolder: () => this.#home.own(),
      stillOwns: () => this.#stillOwns(),
      folderGone: () => this.#folderGone(),
      drop: (segment) => this.#drop(segment),
      full: () =>
        this.#reportOnce(
          'full',
          `${destinationName}: the spool is full; ` +
            `${this.#settings.whenFull === 'drop-oldest' ? 'its oldest' : 'further'} events are given up; ` +
            'the sink is too slow, or option "spool.maxBytes" is too small',
        ),
      failed: (error) =>
        this.#reportOnce('failed', `${destinationName}: events cannot be stored in the spool`, error),
      stored: () => this.#dirty(),
    });
    try {
      this.#home.prepare();
      this.#takeOver();
      if (this.#foreign.size > 0) this.#stored = this.#readStoredEvents();
    } catch (error) {
      if (isWrongFolder(error)) throw wrongFolder(options.directory, error);
      this.#reportOnce('failed', `${destinationName}: the spool cannot be used`, error);
    }
    this.#arm();
  }

  /** The number of records that are not acknowledged. Those of earlier processes are counted after the start. */
  get waiting(): number {
    return this.#contents.waiting + this.#reader.detached;
  }

  get waitingBytes(): number {
    return this.#contents.waitingBytes;
  }

  /** Records given up, because the spool was full (`drop-oldest`). */
  get droppedOldest(): number {
    return this.#contents.droppedOldest;
  }

  /** Records that were damaged, or whose file was deleted by others. */
  get torn(): number {
    return this.#contents.torn;
  }

  /** Stores lines and returns how many, from the first. They are fewer if the spool or the disk is full. Never rejects. */
  async append(lines: readonly string[]): Promise<number> {
    if (this.#closing !== undefined) return 0;
    return this.#writer.append(lines);
  }

  /**
   * Stores lines because the process exits, and those of calls of `append` that are not over, and how far the reader has
   * got. Never throws.
   */
  appendSync(lines: readonly string[]): number {
    if (this.#closing !== undefined) return 0;
    const stored = this.#writer.appendSync(lines);
    this.#storePositionsSync();
    return stored;
  }

  /**
   * Returns the oldest records that are not acknowledged; `undefined` if there are none, or they cannot be read now. Until
   * a batch is acknowledged it is returned again, or its beginning if the limit is lower. Never rejects.
   */
  async read(limit: SpoolReadLimit): Promise<SpooledBatch | undefined> {
    await this.#counting;
    for (;;) {
      try {
        return await this.#reader.read(limit);
      } catch (error) {
        if (!this.#skipVanished(error)) return undefined;
      }
    }
  }

  /** Like `read`, because the process exits. Never throws. */
  readSync(limit: SpoolReadLimit): SpooledBatch | undefined {
    for (;;) {
      try {
        return this.#reader.readSync(limit);
      } catch (error) {
        if (!this.#skipVanished(error)) return undefined;
      }
    }
  }

  /** Acknowledges the first `count` records of the batch. They are not returned again. */
  async acknowledge(batch: SpooledBatch, count = batch.lines.length): Promise<void> {
    this.#reader.acknowledge(batch, count);
    this.#dirty();
  }

  /** Like `acknowledge`, and stores the position at once. */
  acknowledgeSync(batch: SpooledBatch, count = batch.lines.length): void {
    this.#reader.acknowledge(batch, count);
    this.#storePositionsSync();
  }

  /** Returns the ends of the chains and streams of ended processes in the spool, as they were at the start. */
  storedEvents(): StoredEvents {
    return this.#stored;
  }

  /** Makes everything durable, and gives the folder up to the next process. Nothing is appended or read afterwards. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clock.clearTimeout(this.#timer);
    await this.#writer.idle();
    await this.#ticking;
    await this.#counting;
    this.#writer.sealCurrent();
    await this.#attempt(async () => {
      if (this.#settings.fsync === 'interval') await this.#sync();
    });
    await this.#attempt(() => this.#contents.deleteDoomed());
    await this.#attempt(() => this.#storePositions());
    await this.#attempt(async () => {
      this.#removeEmptyFolders();
      this.#home.leave();
    });
    for (const segment of [...this.#contents.all]) this.#contents.forget(segment);
  }

  /* Time */

  /** Something is to be stored within a second. */
  #dirty(): void {
    if (!this.#timerIsFast) this.#arm();
  }

  #arm(): void {
    if (this.#closing !== undefined) return;
    clock.clearTimeout(this.#timer);
    this.#timerIsFast = this.#isDirty();
    this.#timer = clock
      .setTimeout(
        () => {
          this.#ticking = this.#tick();
        },
        this.#timerIsFast ? BUSY_TICK_MS : IDLE_TICK_MS,
      )
      .unref();
  }

  #isDirty(): boolean {
    if (this.#contents.moved.size > 0) return true;
    return this.#settings.fsync === 'interval' && this.#contents.all.some((segment) => segment.unsynced);
  }

  async #tick(): Promise<void> {
    await this.#attempt(() => this.#contents.deleteDoomed());
    await this.#attempt(() => this.#storePositions());
    await this.#attempt(async () => {
      if (this.#settings.fsync === 'interval') await this.#sync();
    });
    await this.#attempt(async () => this.#removeEmptyFolders());
    await this.#attempt(async () => {
      if (clock.ticks() - this.#lastBeat >= IDLE_TICK_MS) await this.#beat();
    });
    await this.#attempt(async () => {
      if (clock.ticks() >= this.#nextScan) await this.#scan();
    });
    this.#arm();
  }

  /** Performs one of the chores. A failure of one keeps no other from being done. */
  async #attempt(chore: () => Promise<void>): Promise<void> {
    try {
      await chore();
    } catch (error) {
      this.#reportOnce('chore', `${this.#name}: the spool cannot be written`, error);
    }
  }

  async #beat(): Promise<void> {
    const started = clock.ticks();
    if (await this.#home.beat()) this.#lastBeat = started;
    else this.#folderGone();
  }

  async #stillOwns(): Promise<void> {
    if (clock.ticks() - this.#lastBeat >= SILENT_MS) await this.#beat();
  }

  async #scan(): Promise<void> {
    this.#nextScan = clock.ticks() + SCAN_MS;
    if (!(await this.#home.hasOthers()) || this.#closing !== undefined) return;
    if (this.#takeOver()) this.onTakeOver();
    this.#acknowledgedBefore = this.#contents.acknowledgedBytes;
  }

  /* Files on the disk */

  async #sync(): Promise<void> {
    const newest = this.#contents.all.at(-1);
    if (newest !== undefined && newest !== this.#synced) await newest.folder.sync();
    this.#synced = newest;
    for (const segment of [...this.#contents.all]) {
      if (!segment.unsynced || !this.#contents.has(segment)) continue;
      segment.unsynced = false;
      await segment.use(datasync).catch(ignoreUnsupported);
    }
  }

  async #storePositions(): Promise<void> {
    for (const folder of [...this.#contents.moved]) {
      this.#contents.moved.delete(folder);
      // It is deleted.
      if (this.#foreign.has(folder) && !this.#contents.holds(folder)) continue;
      try {
        await folder.writePosition(...this.#positionOf(folder));
      } catch (error) {
        if (isMissing(error)) continue;
        this.#contents.moved.add(folder);
        throw error;
      }
    }
  }

  #storePositionsSync(): void {
    for (const folder of this.#contents.moved) {
      try {
        folder.writePositionSync(...this.#positionOf(folder));
      } catch (error) {
        if (!isMissing(error)) {
          this.#reportOnce('chore', `${this.#name}: the position in the spool cannot be stored`, error);
        }
      }
    }
    this.#contents.moved.clear();
  }

  #positionOf(folder: SpoolFolder): [number: number, start: number] {
    const next = folder === this.#home.current ? this.#writer.nextNumber : LAST_SEGMENT;
    return this.#contents.positionOf(folder, next);
  }

  #removeEmptyFolders(): void {
    for (const folder of this.#foreign) {
      if (this.#contents.holds(folder)) continue;
      folder.removeIfEmpty();
      this.#foreign.delete(folder);
    }
  }

  /** Takes over what ended processes have left. Returns whether that is anything. */
  #takeOver(): boolean {
    const before = this.#foreign.size;
    this.#home.takeOver(
      (added) => this.#hasRoomFor(added),
      (folder) => {
        this.#foreign.add(folder);
        const left = folder.load();
        this.#contents.addForeign(left.map((file) => new SpoolSegment(folder, file.number, true, file)));
      },
      (error) =>
        this.#reportOnce('takeover', `${this.#name}: events of an ended process cannot be read`, error),
    );
    if (this.#foreign.size === before) return false;
    this.#counting = this.#counting.then(() => this.#contents.count());
    return true;
  }

  /**
   * Whether the files of an ended process are taken over now. If the sink takes events and few wait, they are although the
   * limit is exceeded then: they are on the disk anyway, and there may never be a moment without any event.
   */
  #hasRoomFor(bytes: number): boolean {
    const { maxBytes } = this.#settings;
    const { bytes: held, waitingBytes, acknowledgedBytes } = this.#contents;
    if (held === 0 || held + bytes <= maxBytes) return true;
    return acknowledgedBytes > this.#acknowledgedBefore && waitingBytes <= maxBytes / 8;
  }

  #readStoredEvents(): StoredEvents {
    try {
      return readStoredEventsOf(this.#contents.all);
    } catch (error) {
      this.#reportOnce('torn', `${this.#name}: the ends of chains in the spool cannot be read`, error);
      return NO_STORED_EVENTS;
    }
  }

  #drop(segment: SpoolSegment): void {
    if (!segment.counted) this.#countNow(segment);
    const dropped = segment.waiting - this.#reader.detach(segment);
    this.#contents.droppedOldest += dropped;
    this.#contents.remove(segment);
  }

  #countNow(segment: SpoolSegment): void {
    try {
      segment.countSync();
      this.#contents.waiting += segment.waiting;
    } catch {
      segment.counted = true;
    }
  }

  /* Other processes */

  /** The folder of this process was deleted, or another process has taken it over because this one was silent. */
  #folderGone(): void {
    const folder = this.#home.current;
    if (folder === undefined) return;
    const takenOver = this.#home.isTakenOver(folder);
    this.#home.renew();
    this.#lastBeat = clock.ticks();
    this.#writer.sealCurrent(!takenOver);
    if (!takenOver) return;
    for (const segment of this.#contents.all.filter((own) => own.folder === folder)) {
      this.#reader.abandon(segment);
      this.#contents.forget(segment);
    }
  }

  /** Leaves out the oldest segment, if its file was deleted or made shorter. Returns whether reading can go on. */
  #skipVanished(error: unknown): boolean {
    const segment = this.#contents.next;
    if (segment === undefined || !(isMissing(error) || error instanceof SegmentEndError)) {
      this.#reportOnce('unreadable', `${this.#name}: the spool cannot be read`, error);
      return false;
    }
    if (!this.#home.isTakenOver(segment.folder)) {
      this.#contents.torn += segment.waiting;
      this.#reportOnce(
        'vanished',
        `${this.#name}: a file of the spool was deleted by another program`,
        error,
      );
    }
    this.#contents.remove(segment);
    return true;
  }

  #reportOnce(kind: string, message: string, error?: unknown): void {
    const now = clock.ticks();
    if (now - (this.#reported.get(kind) ?? Number.NEGATIVE_INFINITY) < REPORT_MS) return;
    this.#reported.set(kind, now);
    this.#report(message, error);
  }
}
