import type { ChaukasEvent } from '../event.js';
import type { Findings, Subject } from './findings.js';

/** Hashes of a session's newest events that are remembered, to tell what happened where the chain is broken. */
const MAX_REMEMBERED = 10_000;

/** An event that does not follow the one before it, while it is not known why. */
interface Broken extends Subject {
  readonly hash: string;
  readonly hashPrev: string;
  /** What it should have followed. */
  readonly expected: string;
}

/**
 * The hash chain of one session: each event names the hash of the one before. Where one does not, the lines that come
 * tell whether it was moved, put in between, or lost the one that it followed.
 */
export class ChainCheck {
  /** `content_hash` of the newest event. */
  head: string | undefined;
  /** Events so far, those that are out of place included. */
  count = 0;
  readonly #findings: Findings;
  /** Lines by their hashes, oldest first. */
  readonly #remembered = new Map<string, number>();
  #broken: Broken[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Whether an event with this hash was here, among the newest ones. */
  has(hash: string): boolean {
    return this.head === hash || this.#remembered.has(hash);
  }

  add(event: ChaukasEvent, subject: Subject): void {
    const { content_hash: hash, hash_prev: hashPrev = '' } = event;
    this.count += 1;
    if (hash === undefined) return;
    if (hashPrev !== (this.head ?? '')) this.head = this.#explain(event, subject, hash, hashPrev);
    else this.head = hash;
    this.#remember(hash, subject.line);
  }

  /** Nothing more comes: what was not explained lost the event before it. */
  end(): void {
    for (const broken of this.#broken) {
      this.#findings.error(
        'removed_event',
        broken,
        broken.expected === ''
          ? "earlier events of its session are missing: it is the first here, but not its session's first"
          : 'the event that it follows is missing, or was changed together with its hash',
      );
    }
    this.#broken = [];
    this.#remembered.clear();
  }

  /** @returns the hash that the next event should follow. */
  #explain(event: ChaukasEvent, subject: Subject, hash: string, hashPrev: string): string {
    const expected = this.head ?? '';
    const moved = this.#broken.find((broken) => broken.hashPrev === hash);
    if (moved !== undefined) {
      this.#broken = this.#broken.filter((broken) => broken !== moved);
      this.#findings.error(
        'reordered_event',
        moved,
        `it stands before the event that it follows, which is in line ${subject.line}`,
      );
      return expected;
    }
    const inserted = this.#broken.find((broken) => broken.expected === hashPrev);
    if (inserted !== undefined) {
      this.#broken = this.#broken.filter((broken) => broken !== inserted);
      this.#findings.error(
        'inserted_event',
        inserted,
        `it is no part of the chain: line ${subject.line} follows what stands before it`,
      );
      return hash;
    }
    const before = this.#remembered.get(hashPrev);
    if (before !== undefined) {
      this.#findings.error(
        'inserted_event',
        subject,
        `it follows line ${before}, as another event does: one of the two was put in`,
      );
      return hash;
    }
    if (hashPrev === '' && event.type === 'EVENT_TYPE_SESSION_START') {
      this.#findings.warning(
        'chain_restart',
        subject,
        'the chain of its session begins anew: that nothing is missing before it is not proved',
      );
      return hash;
    }
    this.#broken.push({ ...subject, hash, hashPrev, expected });
    return hash;
  }

  #remember(hash: string, line: number): void {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#remembered.set(hash, line);
  }
}
