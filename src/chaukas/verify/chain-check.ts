import { BoundedMap } from '../../bounded-map.js';
import type { ChaukasEvent } from '../event.js';
import type { Findings, Subject } from './findings.js';

/** Maximum number of recent hashes kept per session, which explain why a chain is broken. */
const MAX_REMEMBERED = 10_000;

/** An event that does not follow the event before it. */
interface Broken extends Subject {
  readonly hash: string;
  readonly hashPrev: string;
  /** Hash of the event that it should have followed. */
  readonly expected: string;
  /** The line that continues the chain from the event before the broken one. */
  resumedAt?: number;
}

interface Remembered {
  readonly line: number;
  /** Whether another event names this one as its predecessor. */
  followed: boolean;
}

/**
 * The hash chain of one session: each event names the hash of the event before it. If one does not, later lines show
 * whether it was moved or inserted, or whether its predecessor was removed.
 */
export class ChainCheck {
  /** `content_hash` of the newest event. */
  head: string | undefined;
  /** Number of events so far, including those out of place. */
  count = 0;
  readonly #findings: Findings;
  /** Recent events by their hash. */
  #remembered = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  /** Broken places that no later line has explained, by the hash of their events. */
  #broken = this.#newBroken();
  /** Those that no line has resumed, by the hash of the event that they should have followed. */
  readonly #waiting = new Map<string, Broken[]>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Whether one of the recent events has this hash. */
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

  /** Reports the broken places that no later line explained. No event may be added afterwards. */
  end(): void {
    for (const broken of this.#broken.newestFirst().reverse()) this.#report(broken);
    this.#broken = this.#newBroken();
    this.#waiting.clear();
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
    // A broken event before this one follows it: the two were swapped.
    if (this.#broken.get(expected)?.hashPrev === hash) return expected;
    const passed = this.#takeWaiting(hashPrev);
    if (passed !== undefined) {
      passed.resumedAt = subject.line;
    } else if (before?.followed === false) {
      this.#findings.error(
        'reordered_event',
        subject,
        `the event follows line ${before.line} in the chain, but does not come right after it`,
      );
    } else if (before !== undefined) {
      this.#findings.error(
        'inserted_event',
        subject,
        `the event follows line ${before.line}, and so does another event: one of the two was inserted`,
      );
    } else if (hashPrev === '' && event.type === 'EVENT_TYPE_SESSION_START') {
      this.#findings.warning(
        'chain_restart',
        subject,
        'the chain of the session starts again: nothing proves that no earlier event is missing',
      );
    } else {
      const broken: Broken = { ...subject, hash, hashPrev, expected };
      this.#broken.set(hash, broken);
      const waiting = this.#waiting.get(expected);
      if (waiting === undefined) this.#waiting.set(expected, [broken]);
      else waiting.push(broken);
    }
    return hash;
  }

  /** Those beyond the limit are reported as far as they are explained. */
  #newBroken(): BoundedMap<string, Broken> {
    return new BoundedMap<string, Broken>(MAX_REMEMBERED, (broken) => {
      this.#removeWaiting(broken);
      this.#report(broken);
    });
  }

  /** Returns the oldest broken place that this line resumes. */
  #takeWaiting(expected: string): Broken | undefined {
    const [oldest] = this.#waiting.get(expected) ?? [];
    if (oldest !== undefined) this.#removeWaiting(oldest);
    return oldest;
  }

  #removeWaiting(broken: Broken): void {
    const waiting = this.#waiting.get(broken.expected);
    // The oldest one stands first, and is the first to be taken and the first to be evicted.
    if (waiting?.[0] === broken) waiting.shift();
    if (waiting?.length === 0) this.#waiting.delete(broken.expected);
  }

  #report(broken: Broken): void {
    const follows = this.#remembered.get(broken.hashPrev);
    if (follows !== undefined) {
      const message = `the event comes before line ${follows.line}, which it follows in the chain`;
      this.#findings.error('reordered_event', broken, message);
    } else if (broken.resumedAt !== undefined) {
      const message = `the event is not part of the chain: line ${broken.resumedAt} follows the event before it`;
      this.#findings.error('inserted_event', broken, message);
    } else {
      this.#findings.error(
        'removed_event',
        broken,
        broken.expected === ''
          ? 'earlier events of the session are missing: this is the first one here, but not the first of the session'
          : 'the event that this one follows is missing, or was changed together with its hash',
      );
    }
  }
}
