import type { LogCheckpoint } from '../transparency-log/checkpoint-note.js';
import { MerkleTree } from '../transparency-log/merkle-tree.js';
import type { PlacedEvent } from './line-check.js';

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

const HASH_DIGITS = 64;

/** A regular expression takes three times as long. */
function isContentHash(text: string): boolean {
  if (text.length !== HASH_DIGITS) return false;
  for (let at = 0; at < HASH_DIGITS; at += 1) {
    const code = text.charCodeAt(at);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

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
  /** Leaves behind the tree, from index `#from` on: the hash of each, or the content hash. And the ids of their events. */
  #leaves: string[] = [];
  #ids: string[] = [];
  #from = 0;
  /** Index of the next anchor. */
  #nextAnchor = 0;

  constructor(limits: LeafLimits, anchors: readonly GivenAnchor[], isUsed: boolean) {
    this.#limits = limits;
    this.anchors = [...anchors].sort((a, b) => a.checkpoint.size - b.checkpoint.size);
    this.#isUsed = isUsed;
    for (const anchor of anchors) anchor.isUsed = true;
    this.#compareAnchors();
  }

  /** Number of leaves in the tree. */
  get size(): number {
    return this.#tree.size;
  }

  /** Number of leaves so far. */
  get known(): number {
    return this.#tree.size + this.#leaves.length - this.#from;
  }

  add({ content_hash: hash, event_id: id, hasForm, leaf }: PlacedEvent): void {
    // That a hash is not one has been reported.
    if (!this.#isUsed || hash === undefined || !(hasForm || isContentHash(hash))) return;
    this.#leaves.push(leaf ?? hash);
    this.#ids.push(id);
    this.#limits.waiting += 1;
    if (this.#limits.waiting > MAX_WAITING) this.advance(this.known);
  }

  root(): string {
    return this.#tree.root();
  }

  /** Lets the tree grow to a size. Anchors on the way are compared with it. */
  advance(size: number): void {
    while (this.#tree.size < size && this.#from < this.#leaves.length) {
      const leaf = this.#leaves[this.#from] as string;
      if (leaf.length === HASH_DIGITS) this.#tree.append(leaf);
      else this.#tree.appendLeaf(leaf);
      this.#from += 1;
      this.#limits.waiting -= 1;
      this.#compareAnchors();
    }
    // Not each time: that would move all leaves behind for each checkpoint.
    if (this.#from * 2 < this.#leaves.length) return;
    this.#leaves = this.#leaves.slice(this.#from);
    this.#ids = this.#ids.slice(this.#from);
    this.#from = 0;
  }

  /** Number of leaves up to an event, itself included, as far as they are here. */
  coveredUpTo(eventId: string): number {
    let low = this.#from;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? '') <= eventId) low = middle + 1;
      else high = middle;
    }
    return this.#tree.size + low - this.#from;
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
