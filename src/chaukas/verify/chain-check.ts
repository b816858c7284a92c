import { BoundedMap } from '../../bounded-map.js';
import type { ChaukasEvent } from '../event.js';
import type { Findings, Subject } from './findings.js';

/** Hashes of a session's newest events that are remembered, to tell what happened where the chain is broken. */
const MAX_REMEMBERED = 10_000;

/** An event that does not follow the one before it. */
interface Broken extends Subject {
  readonly hash: string;
  readonly hashPrev: string;
  /** What it should have followed. */
  readonly expected: string;
  /** The line that goes on where the chain was before it. */
  resumedAt?: number;
}

interface Remembered {
  readonly line: number;
  /** Another event names it as the one before. */
  followed: boolean;
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
  /** By their hashes. */
  #remembered = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  readonly #broken: Broken[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Whether an event with this hash was here, among the newest ones. */
  has(hash: string): boolean {
    return this.head === hash || this.#remembered.get(hash) !== undefined;
  }

  add(event: ChaukasEvent, subject: Subject): void {
    const { content_hash: hash, hash_prev: hashPrev = '' } = event;
    this.count += 1;
    if (hash === undefined) return;
    const before = this.#remembered.get(hashPrev);
    this.head = hashPrev === (this.head ?? '') ? hash : this.#explain(event, subject, hash, hashPrev, before);
    if (before !== undefined) before.followed = true;
    this.#remembered.set(hash, { line: subject.line, followed: false });
  }

  /** Nothing more comes. */
  end(): void {
    for (const broken of this.#broken) this.#tell(broken);
    this.#broken.length = 0;
    this.#remembered = new BoundedMap(MAX_REMEMBERED);
  }

  /** @returns the hash that the next event should follow. */
  #explain(
    event: ChaukasEvent,
    subject: Subject,
    hash: string,
    hashPrev: string,
    before: Remembered | undefined,
  ): string {
    const expected = this.head ?? '';
    // What another event, that stands before it, follows.
    if (this.#broken.some((broken) => broken.hashPrev === hash && broken.hash === expected)) return expected;
    const passed = this.#broken.find(
      (broken) => broken.expected === hashPrev && broken.resumedAt === undefined,
    );
    if (passed !== undefined) {
      passed.resumedAt = subject.line;
    } else if (before?.followed === false) {
      this.#findings.error(
        'reordered_event',
        subject,
        `it follows line ${before.line}, but does not stand after it`,
      );
    } else if (before !== undefined) {
      this.#findings.error(
        'inserted_event',
        subject,
        `it follows line ${before.line}, as another event does: one of the two was put in`,
      );
    } else if (hashPrev === '' && event.type === 'EVENT_TYPE_SESSION_START') {
      this.#findings.warning(
        'chain_restart',
        subject,
        'the chain of its session begins anew: that nothing is missing before it is not proved',
      );
    } else {
      this.#broken.push({ ...subject, hash, hashPrev, expected });
    }
    return hash;
  }

  #tell(broken: Broken): void {
    const follows = this.#remembered.get(broken.hashPrev);
    if (follows !== undefined) {
      const message = `it stands before the event that it follows, which is in line ${follows.line}`;
      this.#findings.error('reordered_event', broken, message);
    } else if (broken.resumedAt !== undefined) {
      const message = `it is no part of the chain: line ${broken.resumedAt} follows what stands before it`;
      this.#findings.error('inserted_event', broken, message);
    } else {
      this.#findings.error(
        'removed_event',
        broken,
        broken.expected === ''
          ? "earlier events of its session are missing: it is the first here, but not its session's first"
          : 'the event that it follows is missing, or was changed together with its hash',
      );
    }
  }
}
