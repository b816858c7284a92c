import { BoundedMap } from '../../bounded-map.js';
import { asCount, asRecord } from '../../json/readers.js';
import type { BrokenPlace, Chain, ChainCheck } from './chain-check.js';
import { type Findings, keyOf } from './findings.js';
import type { PlacedEvent } from './line-check.js';
import { NO_EVENT, type RecentNumber } from './recent-events.js';
import { isEventEarlier, SpanCheck, SpanLimits } from './span-check.js';
import type { OpenSession, SeenStream, StreamCheck } from './stream-check.js';

/** Maximum number of open sessions, about 100 MB, and of ended ones that can be continued, about 30 MB. */
const MAX_OPEN = 100_000;
const MAX_ENDED = 100_000;

/** Maximum number of processes that have one session open. */
const MAX_BRANCHES = 100;

/** The part of a session that one process wrote. */
class ChainBranch implements Chain, OpenSession {
  readonly sessionId: string;
  readonly stream: SeenStream | undefined;
  /** `undefined` while the session is not open. */
  spans: SpanCheck | undefined = undefined;
  headText: string | undefined = '';
  headEvent: RecentNumber = NO_EVENT;
  run: BrokenPlace | undefined = undefined;
  /** Number of events in the chain before this branch; `undefined` if it is not known. */
  inherited: number | undefined = 0;
  /** Number of events in the chain of this branch. */
  count = 0;
  /** Number of events up to the previous SESSION_END. */
  countedBefore = 0;
  startedAt = '';

  constructor(sessionId: string, stream: SeenStream | undefined) {
    this.sessionId = sessionId;
    this.stream = stream;
  }
}

/** A session: a branch for each process that has it open, the newest last. */
interface SeenSession {
  readonly key: string;
  branches: ChainBranch[];
  /** Number of events in the session, as a process counts them that reads the file and continues the session. */
  count: number;
}

/**
 * The sessions and who wrote them. An event belongs to the branch that its `hash_prev` continues, and so to a stream. A
 * SESSION_START begins a branch, which may continue one of another process.
 */
export class SessionCheck {
  /** Number of sessions so far. */
  count = 0;
  readonly #findings: Findings;
  readonly #chains: ChainCheck;
  readonly #streams: StreamCheck;
  readonly #limits = new SpanLimits();
  readonly #open: BoundedMap<string, SeenSession>;
  readonly #ended: BoundedMap<string, SeenSession>;
  #hasForgotten = false;

  constructor(findings: Findings, chains: ChainCheck, streams: StreamCheck) {
    this.#findings = findings;
    this.#chains = chains;
    this.#streams = streams;
    const forget = ({ branches }: SeenSession) => this.#forget(branches);
    this.#open = new BoundedMap(MAX_OPEN, forget);
    this.#ended = new BoundedMap(MAX_ENDED, forget);
  }

  add(event: PlacedEvent): void {
    const isStart = event.type === 'EVENT_TYPE_SESSION_START';
    const session = this.#session(event.session_id);
    const branch = isStart ? this.#started(session, event) : this.#branchOf(session, event);
    const { stream } = branch;
    const isMoved = stream !== undefined && this.#streams.checkOrder(stream, event);
    session.count = isFirst(event) ? 1 : (countAtEnd(event) ?? session.count + 1);
    const follows = this.#chains.add(branch, event, {
      count: session.count,
      isMoved,
      isFlawed: stream?.isFlawed === true,
    });
    if (!follows && stream !== undefined) stream.isFlawed = true;
    branch.count += 1;
    if (!isStart) this.#checkTime(branch, event);
    branch.spans?.add(event);
    if (event.type === 'EVENT_TYPE_SESSION_END') this.#end(session, branch, event);
    if (stream !== undefined) this.#streams.add(stream, event);
  }

  /** Reports what is open in sessions without a stream. Those of a stream are its own matter. */
  end(): void {
    for (const { branches } of this.#open.removeAll().reverse()) {
      for (const { spans, stream } of branches) {
        if (stream === undefined) spans?.end({ severity: 'error', reason: 'the input ends before it' });
        else spans?.forget();
      }
    }
  }

  #started(session: SeenSession, event: PlacedEvent): ChainBranch {
    const stream = this.#streams.named(event);
    const own = session.branches.find((branch) => branch.stream === stream);
    if (own === undefined) return this.#newBranch(session, stream, event, true);
    if (isFirst(event)) {
      if (own.spans !== undefined) {
        const message =
          'the chain of the session starts again: nothing proves that no earlier event is missing';
        this.#findings.warning('chain_restart', event.subject, message);
      }
      // The process has forgotten the chain, which it keeps for a limited number of ended sessions.
      own.headText = '';
      own.headEvent = NO_EVENT;
      own.run = undefined;
      own.inherited = 0;
      own.count = 0;
      own.countedBefore = 0;
    }
    this.#reopen(session, own, event);
    return own;
  }

  #branchOf(session: SeenSession, event: PlacedEvent): ChainBranch {
    const branch = this.#continued(session, event);
    if (branch === undefined) {
      if (!this.#hasForgotten) {
        const message = 'the session has no SESSION_START before this event';
        this.#findings.error('missing_session', event.subject, message);
      }
      const added = this.#newBranch(session, this.#streams.likely, event, false);
      // That its first events are missing has been said.
      added.headText = keyOf(prevOf(event));
      return added;
    }
    if (branch.spans === undefined) {
      this.#findings.error(
        'wrong_order',
        event.subject,
        'the event comes after the SESSION_END of its session',
      );
      this.#reopen(session, branch, event);
    }
    return branch;
  }

  /** The branch that an event continues, or the one that it most likely belongs to. */
  #continued({ branches }: SeenSession, event: PlacedEvent): ChainBranch | undefined {
    if (branches.length <= 1) return branches[0];
    const hashPrev = keyOf(prevOf(event));
    const following = branches.findLast((branch) => this.#chains.headOf(branch) === hashPrev);
    if (following !== undefined) return following;
    const chain = this.#chains.chainOf(hashPrev);
    const among = branches.findLast((branch) => branch === chain);
    if (among !== undefined) return among;
    return (
      branches.findLast(({ spans, stream }) => spans !== undefined && stream?.hasEnded !== true) ??
      branches.at(-1)
    );
  }

  #session(sessionId: string): SeenSession {
    const key = keyOf(sessionId);
    const known = this.#open.get(key) ?? this.#ended.get(key);
    if (known !== undefined) return known;
    this.count += 1;
    return { key, branches: [], count: 0 };
  }

  #newBranch(
    session: SeenSession,
    stream: SeenStream | undefined,
    event: PlacedEvent,
    isStart: boolean,
  ): ChainBranch {
    const branch = new ChainBranch(session.key, stream);
    if (isStart) this.#inherit(branch, session, keyOf(prevOf(event)));
    // Branches of streams that have ended are only needed by those who continue them.
    if (session.branches.length >= MAX_BRANCHES) this.#forget(session.branches.splice(0, 1));
    session.branches = [...session.branches.filter(isNeeded), branch];
    this.#reopen(session, branch, event);
    return branch;
  }

  /** Continues the chain of another process. */
  #inherit(branch: ChainBranch, { branches }: SeenSession, hashPrev: string): void {
    if (hashPrev === '') return;
    const isHere =
      branches.some((branch) => this.#chains.headOf(branch) === hashPrev) ||
      this.#chains.chainOf(hashPrev)?.sessionId === branch.sessionId;
    // An event that is not here can only be missing if all of them are remembered.
    if (!isHere && !this.#chains.hasForgotten && !this.#hasForgotten) return;
    branch.headText = hashPrev;
    branch.inherited = this.#chains.countAt(hashPrev);
  }

  #reopen(session: SeenSession, branch: ChainBranch, { timestamp }: PlacedEvent): void {
    branch.spans ??= new SpanCheck(this.#findings, this.#limits);
    branch.startedAt = keyOf(timestamp);
    branch.stream?.openSessions.add(branch);
    this.#ended.remove(session.key);
    if (this.#open.get(session.key) === undefined) this.#open.set(session.key, session);
  }

  #end(session: SeenSession, branch: ChainBranch, event: PlacedEvent): void {
    this.#checkCount(branch, event);
    branch.countedBefore = branch.count;
    branch.spans?.end();
    branch.spans = undefined;
    branch.stream?.openSessions.delete(branch);
    if (session.branches.some(({ spans }) => spans !== undefined)) return;
    this.#open.remove(session.key);
    this.#ended.set(session.key, session);
  }

  /** The count of a session that was opened again may include all its events, or only those since then. */
  #checkCount({ count, countedBefore, inherited }: ChainBranch, event: PlacedEvent): void {
    const said = countAtEnd(event);
    if (said === count || said === count - countedBefore) return;
    // A process that continues the chain of another may not know how long it is.
    if (inherited === undefined || (said === undefined && inherited > 0) || said === inherited + count)
      return;
    const message =
      said === undefined
        ? 'metadata.event_count is missing'
        : `metadata.event_count is ${said}, but ${inherited + count} events of the session are here`;
    this.#findings.error('wrong_count', event.subject, message);
  }

  #checkTime({ startedAt }: ChainBranch, event: PlacedEvent): void {
    if (!isEventEarlier(event, startedAt)) return;
    const message = `the time ${keyOf(event.timestamp)} is before that of the SESSION_START`;
    this.#findings.warning('time_goes_back', event.subject, message);
  }

  #forget(branches: readonly ChainBranch[]): void {
    this.#hasForgotten = true;
    for (const branch of branches) {
      const { spans, stream } = branch;
      if (spans === undefined) continue;
      if (stream === undefined || (!stream.hasEnded && stream.namedId === undefined)) {
        const message = `more than ${MAX_OPEN} open sessions, or ${MAX_BRANCHES} processes in one: not all are checked`;
        this.#findings.limit('error', { line: 0 }, message);
      }
      if (stream !== undefined) stream.forgottenSpans += spans.open;
      stream?.openSessions.delete(branch);
      spans.forget();
    }
  }
}

/** The number of events in a session, which its END has. */
function countAtEnd({ type, metadata }: PlacedEvent): number | undefined {
  return type === 'EVENT_TYPE_SESSION_END' ? asCount(asRecord(metadata)?.event_count) : undefined;
}

function prevOf({ hash_prev: hashPrev = '' }: PlacedEvent): string {
  return hashPrev;
}

function isFirst(event: PlacedEvent): boolean {
  return event.scanned?.isFirst ?? prevOf(event) === '';
}

/** A branch of a stream that has ended is needed until another one continues it, which is soon. */
function isNeeded({ stream }: ChainBranch): boolean {
  return stream?.hasEnded !== true;
}
