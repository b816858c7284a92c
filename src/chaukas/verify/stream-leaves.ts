import type { LogCheckpoint } from '../transparency-log/checkpoint-note.js';
import { LEAF_BYTES, leafHashAt, MerkleTree } from '../transparency-log/merkle-tree.js';
import type { PlacedEvent } from './line-check.js';
import { HASH_BYTES, ID_BYTES, TextRows } from './text-rows.js';

/** A checkpoint that was kept elsewhere. */
export interface GivenAnchor {
  readonly checkpoint: LogCheckpoint;
  /** Its place among the given ones, from 1. */
  readonly number: number;
  /** Whether its stream is in the input. */
  isUsed: boolean;
  /** Whether the stream had the same root at the same size. */
  isFound: boolean;
}

/**
 * Maximum number of leaves, of all streams together, that wait for a checkpoint: about 80 MB. A signer that answers late
 * signs a tree that has grown since.
 */
const MAX_WAITING = 500_000;

/** Waiting leaves of all streams of a verification. */
export class LeafLimits {
  waiting = 0;
}

const CONTENT_HASH = /^[0-9a-f]{64}$/;

interface LeafTexts {
  readonly id: string;
  readonly hash: string;
}

/** Room for few leaves, since there may be many streams. */
const FEWEST_ROWS = 16;

/** Room that a stream keeps until its END: twice the events between two checkpoints, if the application sets no other number. */
const KEPT_ROWS = 1024;

/** Stands in a row behind the hash of a leaf. A content hash, which is longer, has a hex digit there. */
const BEHIND_LEAF = 0;

/**
 * The Merkle tree of one stream, up to the newest checkpoint, and the leaves behind it.
 *
 * A checkpoint comes after the events that it covers, perhaps much later, so the tree grows when one comes and not before.
 */
export class StreamLeaves {
  readonly anchors: readonly GivenAnchor[];
  readonly #limits: LeafLimits;
  /** Whether leaves are kept at all: not for streams that have no checkpoints. */
  readonly #isUsed: boolean;
  #tree = new MerkleTree();
  /** Leaves behind the tree, from row `#from` to `#to`: the hash of each, or the content hash. */
  readonly #leaves: TextRows;
  /** The ids of their events. */
  readonly #ids: TextRows;
  /** Those of events whose lines did not pass the scan, by their number: that of the first row is `#first`. */
  readonly #texts = new Map<number, LeafTexts>();
  #first = 0;
  #from = 0;
  #to = 0;
  /** Index of the next anchor. */
  #nextAnchor = 0;

  constructor(limits: LeafLimits, anchors: readonly GivenAnchor[], isUsed: boolean) {
    this.#limits = limits;
    this.anchors = [...anchors].sort((a, b) => a.checkpoint.size - b.checkpoint.size);
    this.#isUsed = isUsed;
    this.#leaves = new TextRows(HASH_BYTES, isUsed ? FEWEST_ROWS : 0);
    this.#ids = new TextRows(ID_BYTES, isUsed ? FEWEST_ROWS : 0);
    for (const anchor of anchors) anchor.isUsed = true;
    this.#compareAnchors();
  }

  /** Number of leaves in the tree. */
  get size(): number {
    return this.#tree.size;
  }

  /** Number of leaves so far. */
  get known(): number {
    return this.#tree.size + this.#to - this.#from;
  }

  add(event: PlacedEvent): void {
    if (!this.#isUsed || !this.#keep(event)) return;
    this.#to += 1;
    this.#limits.waiting += 1;
    if (this.#limits.waiting > MAX_WAITING) this.advance(this.known);
  }

  root(): string {
    return this.#tree.root();
  }

  /** Lets the tree grow to a size. Anchors on the way are compared with it. */
  advance(size: number): void {
    while (this.#tree.size < size && this.#from < this.#to) {
      this.#append(this.#from);
      this.#from += 1;
      this.#limits.waiting -= 1;
      this.#compareAnchors();
    }
    // Not each time: that would move all leaves behind for each checkpoint.
    if (this.#from * 2 < this.#to) return;
    this.#moveUp(Math.max(KEPT_ROWS, 4 * (this.#to - this.#from)));
  }

  /** Gives up memory when the stream has ended. */
  release(): void {
    this.#moveUp(Math.max(FEWEST_ROWS, this.#to - this.#from));
  }

  /** Moves the leaves to the first rows, of which there are at most `rows` afterwards. */
  #moveUp(rows: number): void {
    const room = Math.min(this.#leaves.room, rows);
    for (const columns of [this.#leaves, this.#ids]) columns.keep(this.#from, this.#to, room);
    this.#first += this.#from;
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** Keeps the leaf of an event in the next row. Returns `false` if it has none. */
  #keep(event: PlacedEvent): boolean {
    const { scanned } = event;
    if (scanned === undefined) {
      const { content_hash: hash, event_id: id } = event;
      // That a hash is not one has been reported.
      if (hash === undefined || !CONTENT_HASH.test(hash)) return false;
      this.#texts.set(this.#first + this.#to, { id, hash });
      return true;
    }
    const { leaves, leafAt, view, hashAt, idAt } = scanned;
    if (leaves === undefined) {
      this.#leaves.set(this.#to, view, hashAt);
    } else {
      this.#leaves.set(this.#to, leaves, leafAt, LEAF_BYTES);
      this.#leaves.bytes[this.#leaves.startOf(this.#to) + LEAF_BYTES] = BEHIND_LEAF;
    }
    this.#ids.set(this.#to, view, idAt);
    return true;
  }

  #append(row: number): void {
    const texts = this.#texts.size === 0 ? undefined : this.#texts.get(this.#first + row);
    if (texts !== undefined) {
      this.#texts.delete(this.#first + row);
      this.#tree.append(texts.hash);
      return;
    }
    const { bytes } = this.#leaves;
    const start = this.#leaves.startOf(row);
    const isLeaf = bytes[start + LEAF_BYTES] === BEHIND_LEAF;
    this.#tree.appendLeaf(
      isLeaf ? bytes.toString('latin1', start, start + LEAF_BYTES) : leafHashAt(bytes, start),
    );
  }

  /** Number of leaves up to an event, itself included, as far as they are here. */
  coveredUpTo(eventId: string): number {
    let low = this.#from;
    let high = this.#to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#idAt(middle) <= eventId) low = middle + 1;
      else high = middle;
    }
    return this.#tree.size + low - this.#from;
  }

  #idAt(row: number): string {
    return this.#texts.get(this.#first + row)?.id ?? this.#ids.textAt(row);
  }

  /** Number of leaves behind a size. */
  knownBehind(size: number): number {
    return Math.max(0, this.known - size);
  }

  /**
   * Goes on from a checkpoint that the leaves do not lead to.
   *
   * @param subtrees - the complete subtrees of its tree, as its event has them.
   * @returns `false` if they do not lead to its root.
   */
  resume({ root, size }: LogCheckpoint, subtrees: unknown): boolean {
    const texts = Array.isArray(subtrees) ? subtrees.filter((text) => typeof text === 'string') : [];
    const tree = MerkleTree.of(size, texts);
    if (tree?.root() !== root) return false;
    this.#tree = tree;
    while ((this.anchors[this.#nextAnchor]?.checkpoint.size ?? size) < size) this.#nextAnchor += 1;
    this.#compareAnchors();
    return true;
  }

  #compareAnchors(): void {
    for (;;) {
      const anchor = this.anchors[this.#nextAnchor];
      if (anchor === undefined || anchor.checkpoint.size !== this.#tree.size) return;
      anchor.isFound = anchor.checkpoint.root === this.#tree.root();
      this.#nextAnchor += 1;
    }
  }
}
