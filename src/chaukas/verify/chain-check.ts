import { BoundedMap } from '../../bounded-map.js';
import { type Findings, keyOf, type Subject } from './findings.js';
import type { PlacedEvent } from './line-check.js';
import { type HeldHead, NO_EVENT, RecentEvents, type RecentNumber } from './recent-events.js';

/** Maximum number of broken places that wait for an explanation. */
const MAX_BROKEN = 10_000;

/** The hash chain of a session as one process writes it. */
export interface Chain extends HeldHead {
  readonly sessionId: string;
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

/**
 * The hash chains of all sessions: each event names the hash of the event before it. If one does not, later lines show
 * whether it was inserted, or whether its predecessor was moved or removed.
 *
 * The order of `event_id` shows which event was moved, so this class only says what is missing and what is too much.
 */
export class ChainCheck {
  readonly #findings: Findings;
  readonly #recent = new RecentEvents<Chain>();
  /** Broken places that no later line has explained, by the hash of the event that they follow. */
  #broken: BoundedMap<string, BrokenPlace>;

  constructor(findings: Findings) {
    this.#findings = findings;
    this.#broken = this.#newBroken();
  }

  /** Whether an event that is not known may have been there. */
  get hasForgotten(): boolean {
    return this.#recent.hasForgotten;
  }

  /** `content_hash` of the newest event of a chain; empty before the first one. */
  headOf({ headText, headEvent }: Chain): string {
    return headText ?? this.#recent.hashOf(headEvent);
  }

  /** The line of a recent event with this hash. */
  lineOf(hash: string): number | undefined {
    return this.#recent.lineOf(this.#recent.find(hash));
  }

  /** The chain of a recent event with this hash. */
  chainOf(hash: string): Chain | undefined {
    return this.#recent.chainOf(this.#recent.find(hash));
  }

  /** Number of events of its session up to a recent event, as a process that continues the chain counts them. */
  countAt(hash: string): number | undefined {
    return this.#recent.countAt(this.#recent.find(hash));
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
    { count, isMoved, isFlawed }: { count: number; isMoved: boolean; isFlawed: boolean },
  ): boolean {
    const { scanned } = event;
    const { headEvent } = chain;
    if (scanned !== undefined && this.#broken.size === 0 && this.#recent.isNamed(headEvent, scanned)) {
      this.#recent.follow(headEvent);
      const added = this.#recent.add(scanned, chain, event.line, count, false);
      chain.headText = undefined;
      chain.headEvent = added;
      return true;
    }
    const hash = keyOf(event.content_hash ?? '');
    const hashPrev = keyOf(event.hash_prev ?? '');
    const head = this.headOf(chain);
    const follows = hashPrev === head;
    const before =
      follows && (hashPrev === '' || chain.headEvent !== NO_EVENT)
        ? chain.headEvent
        : this.#recent.find(hashPrev);
    let next = hash;
    const awaiting = hash === '' || this.#broken.size === 0 ? undefined : this.#broken.get(hash);
    if (awaiting !== undefined) {
      // The event comes too late, after one that follows it: the chain goes on behind that one.
      this.#broken.remove(hash);
      next = chain.run === awaiting ? head : awaiting.tail;
      chain.run = undefined;
      if (!isFlawed)
        this.#findings.error(
          'reordered_event',
          event.subject,
          `the event comes after line ${awaiting.line}, which follows it`,
        );
    } else if (!follows) {
      this.#explain(chain, event.subject, { hash, hashPrev, before, isMoved });
    }
    if (before !== NO_EVENT && this.#recent.chainOf(before) === chain) this.#recent.follow(before);
    chain.headText = next;
    chain.headEvent = NO_EVENT;
    if (hash === '') return follows;
    const added = this.#recent.add(scanned ?? hash, chain, event.line, count, next !== hash);
    if (next === hash) chain.headEvent = added;
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
    }: { hash: string; hashPrev: string; before: RecentNumber; isMoved: boolean },
  ): void {
    const { run } = chain;
    const head = this.headOf(chain);
    if (run !== undefined) run.tail = head;
    chain.run = undefined;
    if (run !== undefined && run.expected === hashPrev && hashPrev !== '' && !isMoved) {
      // The chain goes on from the event before the broken place, so the event there was not part of it.
      if (this.#broken.get(run.hashPrev) !== run) return;
      this.#broken.remove(run.hashPrev);
      const message = `the event is not part of the chain: line ${subject.line} follows the event before it`;
      this.#findings.error('inserted_event', run, message);
    } else if (before !== NO_EVENT && this.#recent.chainOf(before) === chain) {
      if (isMoved) return;
      const line = this.#recent.lineOf(before);
      const isFollowed = this.#recent.isFollowed(before);
      const message = isFollowed
        ? `the event follows line ${line}, and so does another event: one of the two was inserted`
        : `the event follows line ${line}, but does not come right after it`;
      this.#findings.error(isFollowed ? 'inserted_event' : 'reordered_event', subject, message);
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
