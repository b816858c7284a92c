import { BoundedMap } from '../../bounded-map.js';
import { type Findings, keyOf, type Subject } from './findings.js';
import type { PlacedEvent } from './line-check.js';

/** Maximum number of recent events that are remembered, in all sessions together: about 25 MB. */
const MAX_RECENT = 100_000;

/** Maximum number of broken places that wait for an explanation. */
const MAX_BROKEN = 10_000;

/** The hash chain of a session as one process writes it. */
export interface Chain {
  readonly sessionId: string;
  /** `content_hash` of the newest event; empty before the first one. */
  head: string;
  /** The newest event, if it is the one that `head` names. Spares the search for it among recent events. */
  headEvent: RecentEvent | undefined;
  /** The broken place that the newest event belongs to, until the chain is left for another place. */
  run: BrokenPlace | undefined;
}

/** An event that does not follow the event before it. */
export interface BrokenPlace extends Subject {
  readonly hash: string;
  readonly hashPrev: string;
  /** Hash of the event that it should have followed. */
  readonly expected: string;
  /** The newest event that follows this one, when the chain was left. */
  tail: string;
}

export interface RecentEvent {
  readonly line: number;
  readonly chain: Chain;
  /** Number of events of the session up to this one. */
  readonly count: number;
  /** Whether another event of the chain names this one as its predecessor. */
  followed: boolean;
}

/**
 * The hash chains of all sessions: each event names the hash of the event before it. If one does not, later lines show
 * whether it was inserted, or whether its predecessor was moved or removed.
 *
 * The order of `event_id` shows which event was moved, so this class only says what is missing and what is too much.
 */
export class ChainCheck {
  readonly #findings: Findings;
  /** Recent events by their hash. */
  readonly #recent: BoundedMap<string, RecentEvent>;
  /** Broken places that no later line has explained, by the hash of the event that they follow. */
  #broken: BoundedMap<string, BrokenPlace>;
  #hasForgotten = false;

  constructor(findings: Findings) {
    this.#findings = findings;
    this.#recent = new BoundedMap(MAX_RECENT, () => {
      this.#hasForgotten = true;
    });
    this.#broken = this.#newBroken();
  }

  /** Whether an event that is not known may have been there. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** The line of a recent event with this hash. */
  lineOf(hash: string): number | undefined {
    return this.#recent.get(hash)?.line;
  }

  /** The chain of a recent event with this hash. */
  chainOf(hash: string): Chain | undefined {
    return this.#recent.get(hash)?.chain;
  }

  /** Number of events of its session up to a recent event, as a process that continues the chain counts them. */
  countAt(hash: string): number | undefined {
    return this.#recent.get(hash)?.count;
  }

  /**
   * Adds an event to a chain.
   *
   * @param count - number of events of the session up to this one.
   * @param isMoved - whether its id shows that it does not belong here, which has been reported.
   * @param isFlawed - whether something wrong with the order of its stream has been reported.
   * @returns whether the event follows the one before it.
   */
  add(
    chain: Chain,
    event: PlacedEvent,
    subject: Subject,
    { count, isMoved, isFlawed }: { count: number; isMoved: boolean; isFlawed: boolean },
  ): boolean {
    const hash = keyOf(event.content_hash ?? '');
    const hashPrev = keyOf(event.hash_prev ?? '');
    const follows = hashPrev === chain.head;
    const before = (follows ? chain.headEvent : undefined) ?? this.#recent.get(hashPrev);
    let next = hash;
    const awaiting = hash === '' || this.#broken.size === 0 ? undefined : this.#broken.get(hash);
    if (awaiting !== undefined) {
      // The event comes too late, after one that follows it: the chain goes on behind that one.
      this.#broken.remove(hash);
      next = chain.run === awaiting ? chain.head : awaiting.tail;
      chain.run = undefined;
      if (!isFlawed)
        this.#findings.error(
          'reordered_event',
          subject,
          `the event comes after line ${awaiting.line}, which follows it`,
        );
    } else if (!follows) {
      this.#explain(chain, subject, { hash, hashPrev, before, isMoved });
    }
    if (before !== undefined && before.chain === chain) before.followed = true;
    chain.head = next;
    chain.headEvent = undefined;
    if (hash === '') return follows;
    const recent = { line: subject.line, chain, count, followed: next !== hash };
    this.#recent.set(hash, recent);
    if (next === hash) chain.headEvent = recent;
    return follows;
  }

  /** Reports the broken places that no later line explained. No event may be added afterwards. */
  end(): void {
    const unexplained = this.#broken.newestFirst().reverse();
    this.#broken = this.#newBroken();
    for (const broken of unexplained) this.#reportRemoved(broken);
  }

  #explain(
    chain: Chain,
    subject: Subject,
    {
      hash,
      hashPrev,
      before,
      isMoved,
    }: { hash: string; hashPrev: string; before: RecentEvent | undefined; isMoved: boolean },
  ): void {
    const { head, run } = chain;
    if (run !== undefined) run.tail = head;
    chain.run = undefined;
    if (run !== undefined && run.expected === hashPrev && hashPrev !== '' && !isMoved) {
      // The chain goes on from the event before the broken place, so the event there was not part of it.
      if (this.#broken.get(run.hashPrev) !== run) return;
      this.#broken.remove(run.hashPrev);
      const message = `the event is not part of the chain: line ${subject.line} follows the event before it`;
      this.#findings.error('inserted_event', run, message);
    } else if (before !== undefined && before.chain === chain) {
      if (isMoved) return;
      const message = before.followed
        ? `the event follows line ${before.line}, and so does another event: one of the two was inserted`
        : `the event follows line ${before.line}, but does not come right after it`;
      this.#findings.error(before.followed ? 'inserted_event' : 'reordered_event', subject, message);
    } else {
      const broken: BrokenPlace = { ...subject, hash, hashPrev, expected: head, tail: hash };
      chain.run = broken;
      this.#broken.set(hashPrev, broken);
    }
  }

  /** Those beyond the limit, or that follow the same event, are reported as far as they are explained. */
  #newBroken(): BoundedMap<string, BrokenPlace> {
    return new BoundedMap<string, BrokenPlace>(MAX_BROKEN, (broken) => this.#reportRemoved(broken));
  }

  #reportRemoved(broken: BrokenPlace): void {
    const message =
      broken.expected === ''
        ? 'earlier events of the session are missing: this is the first one here, but not the first of the session'
        : 'the event that this one follows is missing, or was changed together with its hash';
    this.#findings.error('removed_event', broken, message);
  }
}
