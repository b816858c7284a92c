import { asCount, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { StreamSum } from '../stream-sum.js';
import type { ChainCheck } from './chain-check.js';
import { type Finding, type Findings, keyOf, type Subject, shown } from './findings.js';
import { isUuidV7, type PlacedEvent } from './line-check.js';
import type { LogCheck, StreamLog } from './log-check.js';
import type { OpenSpansVerdict, SpanCheck } from './span-check.js';
import { KeptEvent } from './text-rows.js';

/** Maximum number of streams, and of those that are open at once. */
const MAX_STREAMS = 100_000;
const MAX_OPEN_STREAMS = 10_000;

/** Maximum number of later streams that are remembered to name one. */
const MAX_NAMERS = 100;

/** Maximum number of earlier streams that a START may name, and of sinks that an END may count. */
const MAX_NAMED = 1_000;

/** Maximum number of sinks of a stream whose losses are remembered. */
const MAX_LOSING_SINKS = 16;

/** A session that a stream has started and not ended. */
export interface OpenSession {
  readonly spans: SpanCheck | undefined;
}

/** The events of one process, as far as they have been read. */
export interface SeenStream {
  readonly id: string;
  /** The START of the stream's own session. */
  start: Subject | undefined;
  /** The event with the highest id. */
  newest: KeptEvent | undefined;
  /** Id of the event before; `undefined` if that is the newest. */
  previousId: string | undefined;
  count: number;
  readonly openSessions: Set<OpenSession>;
  /** Number of open spans in sessions that had to be forgotten. */
  forgottenSpans: number;
  hasEnded: boolean;
  /** Whether an error says already that its events are not all there, or not in order. */
  isFlawed: boolean;
  /** Id of the newest event, as a later stream names it. */
  namedId: string | undefined;
  /** The streams that name it so. */
  namers: readonly SeenStream[];
  readonly log: StreamLog;
  sum: StreamSum | undefined;
  /** Events that sinks did not get, by the sinks' names, as the SYSTEM events of the stream say. */
  readonly losses: Map<string, SinkLoss>;
}

interface SinkLoss {
  readonly dropped: number;
  readonly from: string;
  readonly to: string;
}

/**
 * Checks that each stream is there from its START to its END, in the order of `event_id`, and with as many events as its
 * END says. Streams of several processes may be mixed in one file.
 */
export class StreamCheck {
  readonly #findings: Findings;
  readonly #chains: ChainCheck;
  readonly #log: LogCheck;
  readonly #streams = new Map<string, SeenStream>();
  #open = 0;
  /** Line of the newest START of a stream. */
  #newestStart = 0;
  #newest: SeenStream | undefined;
  /** Lines that are no JSON and may have been torn by a crash. */
  readonly #torn: Subject[] = [];

  constructor(findings: Findings, chains: ChainCheck, log: LogCheck) {
    this.#findings = findings;
    this.#chains = chains;
    this.#log = log;
  }

  get count(): number {
    return this.#streams.size;
  }

  /** The stream that a SESSION_START names. `undefined` if it names none. */
  named(event: PlacedEvent): SeenStream | undefined {
    const { subject } = event;
    const id = asNonEmptyString(asRecord(event.metadata)?.stream_id);
    if (id === undefined || id !== keyOf(id)) {
      this.#findings.error('missing_stream', subject, 'the SESSION_START names no stream');
      return undefined;
    }
    const isStart = event.session_id === id;
    const known = this.#streams.get(id);
    const stream = known ?? this.#begin(id, subject);
    if (stream === undefined) return undefined;
    if (isStart) {
      stream.start ??= subject;
      this.#newestStart = subject.line;
      this.#newest = stream;
    } else if (known === undefined) {
      const message = `the START of stream ${shown(id)} is not before this event, which belongs to it`;
      this.#findings.error('missing_stream', subject, message);
    }
    return stream;
  }

  /** The stream that an event most likely belongs to whose SESSION_START is missing. */
  get likely(): SeenStream | undefined {
    return this.#newest?.hasEnded === false ? this.#newest : undefined;
  }

  /**
   * Checks the order of an event in its stream.
   *
   * @returns whether the event is not in its place, which has been reported.
   */
  checkOrder(stream: SeenStream, event: PlacedEvent): boolean {
    let isMoved = false;
    const { newest, previousId } = stream;
    const behindNewest = newest === undefined ? 1 : newest.compareId(event);
    const behind = previousId === undefined ? behindNewest : compared(event.event_id, previousId);
    if (stream.hasEnded) {
      this.#flaw(stream, 'wrong_order', event.subject, 'the event comes after the END of its stream');
    } else if (behind === 0) {
      const message = `the event before has the same event_id ${shown(event.event_id)}`;
      this.#flaw(stream, 'duplicate_id', event.subject, message);
    } else if (behind < 0) {
      isMoved = true;
      const message = 'the event is older than the event of its stream before it: one of the two was moved';
      this.#flaw(stream, 'reordered_event', event.subject, message);
    }
    if (event.scanned !== undefined || isUuidV7(event.event_id)) {
      stream.previousId = behindNewest > 0 ? undefined : event.event_id;
      if (behindNewest > 0) {
        stream.newest ??= new KeptEvent();
        stream.newest.keep(event);
      }
    }
    return isMoved;
  }

  /** Adds an event whose place in its session has been checked. */
  add(stream: SeenStream, event: PlacedEvent): void {
    const { scanned, session_id: sessionId, type } = event;
    stream.count += 1;
    const isOwn = sessionId === stream.id;
    if (isOwn && type === 'EVENT_TYPE_SESSION_END') {
      this.#end(stream, event);
      return;
    }
    if (scanned === undefined) stream.sum?.add(keyOf(event.content_hash ?? ''));
    else stream.sum?.addAt(scanned.bytes, scanned.hashAt);
    if (!isOwn) {
      this.#log.add(stream.log, event);
    } else if (type === 'EVENT_TYPE_SESSION_START') {
      this.#log.add(stream.log, event);
      this.#checkEarlier(stream, asRecord(event.metadata)?.previous_streams, event.subject);
    } else if (type === 'EVENT_TYPE_SYSTEM') {
      addLoss(stream.losses, event);
      // A checkpoint covers the events before it.
      this.#log.addSystem(stream.log, event);
    } else {
      this.#log.add(stream.log, event);
      this.#flaw(
        stream,
        'stray_event',
        event.subject,
        'the session of a stream has only SESSION and SYSTEM events',
      );
    }
  }

  /** Remembers a line that is not JSON. */
  addTorn(subject: Subject): void {
    if (this.#torn.length >= MAX_OPEN_STREAMS) this.#findings.error('unreadable_line', subject, 'not JSON');
    else this.#torn.push(subject);
  }

  /** Reports the streams without END. No event may be added afterwards. */
  end(): void {
    this.#explainTorn();
    for (const stream of this.#streams.values()) {
      if (stream.start === undefined) {
        // That its START is missing has been said, and so that its END may be missing as well.
        const verdict: OpenSpansVerdict = { severity: 'error', reason: 'the input ends before it' };
        for (const { spans } of stream.openSessions) spans?.end(verdict);
      } else if (!stream.hasEnded) {
        this.#reportUnclosed(stream);
      }
      this.#log.endStream(
        stream.log,
        stream.start ?? { line: 0, sessionId: stream.id },
        stream.hasEnded,
        isVouchedFor(stream),
      );
    }
  }

  #begin(id: string, subject: Subject): SeenStream | undefined {
    if (this.#streams.size >= MAX_STREAMS || this.#open >= MAX_OPEN_STREAMS) {
      const message = `more than ${MAX_STREAMS} streams, or ${MAX_OPEN_STREAMS} without END: others are not checked`;
      this.#findings.limit('error', subject, message);
      return undefined;
    }
    this.#open += 1;
    const stream: SeenStream = {
      id,
      start: undefined,
      newest: undefined,
      previousId: '',
      count: 0,
      openSessions: new Set(),
      forgottenSpans: 0,
      hasEnded: false,
      isFlawed: false,
      namedId: undefined,
      namers: [],
      log: this.#log.begin(id),
      sum: new StreamSum(),
      losses: new Map(),
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #flaw(stream: SeenStream, code: Finding['code'], subject: Subject, message: string): void {
    stream.isFlawed = true;
    this.#findings.error(code, subject, message);
  }

  #end(stream: SeenStream, event: PlacedEvent): void {
    const { subject } = event;
    const metadata = asRecord(event.metadata) ?? {};
    if (stream.hasEnded) return;
    stream.hasEnded = true;
    this.#open -= 1;
    const verdict = verdictOnOpen(metadata.reason);
    for (const { spans } of stream.openSessions) spans?.end(verdict);
    stream.openSessions.clear();
    this.#checkCount(stream, metadata, subject);
    stream.losses.clear();
    const digest = stream.sum?.toMetadata().stream_sha256;
    stream.sum = undefined;
    if (!stream.isFlawed && metadata.stream_sha256 !== digest) {
      const message = 'the hashes of the events are not those that the END of the stream counts';
      this.#flaw(stream, 'wrong_digest', subject, message);
    }
    this.#log.ended(stream.log, event, metadata.stream_event_count === stream.count);
  }

  #checkCount(stream: SeenStream, metadata: UnknownRecord, subject: Subject): void {
    const said = asCount(metadata.stream_event_count);
    if (said === stream.count) return;
    const missing = (said ?? 0) - stream.count;
    const sink = droppingSink(metadata.sinks, missing);
    if (sink === undefined) {
      const message =
        said === undefined
          ? 'metadata.stream_event_count is missing'
          : `the END of the stream counts ${said} events, but ${stream.count} are here`;
      this.#flaw(stream, 'wrong_count', subject, message);
    } else {
      const when = timeOfLoss(stream.losses.get(shown(sink)));
      const message = `${missing} events of the stream are missing: ${shown(sink)} dropped as many${when}`;
      this.#flaw(stream, 'dropped_events', subject, message);
    }
  }

  /** Checks what a stream says about the streams that its destination held when it began. */
  #checkEarlier(namer: SeenStream, value: unknown, subject: Subject): void {
    if (!Array.isArray(value)) return;
    for (const entry of value.slice(0, MAX_NAMED)) {
      const earlier = asRecord(entry);
      if (earlier !== undefined) this.#checkEarlierStream(namer, earlier, subject);
    }
  }

  #checkEarlierStream(namer: SeenStream, entry: UnknownRecord, subject: Subject): void {
    const severity = Array.isArray(entry.sinks) ? 'warning' : 'error';
    const eventId = asNonEmptyString(entry.event_id) ?? '';
    const hash = keyOf(asNonEmptyString(entry.content_hash) ?? '');
    const id = asNonEmptyString(entry.stream_id);
    const isHere = this.#chains.lineOf(hash) !== undefined;
    if (id === undefined) {
      if (isHere || this.#chains.hasForgotten) return;
      const message = `the stream began in a file whose last event was ${shown(eventId)}, which is missing`;
      this.#findings.add(severity, 'removed_event', subject, message);
      return;
    }
    const stream = this.#streams.get(id);
    if (stream?.newest === undefined) {
      const message = `the stream began in a file with stream ${shown(id)}, which is not here`;
      this.#findings.add(severity, 'missing_stream', subject, message);
      return;
    }
    const { newest } = stream;
    if (newest.id === eventId && newest.hash === hash) {
      stream.namers =
        stream.namedId === eventId ? [...stream.namers.slice(0, MAX_NAMERS - 1), namer] : [namer];
      stream.namedId = eventId;
    } else if (newest.id <= eventId || !(isHere || this.#chains.hasForgotten)) {
      const message =
        `the stream began in a file with the event ${shown(eventId)} of stream ${shown(id)}, ` +
        `which is missing or was changed; the last one here is ${newest.id} in line ${newest.line}`;
      this.#flaw(stream, 'removed_event', subject, message);
    }
  }

  #reportUnclosed(stream: SeenStream): void {
    const { id: sessionId, newest, namedId } = stream;
    let open = stream.forgottenSpans;
    for (const { spans } of stream.openSessions) {
      open += spans?.open ?? 0;
      spans?.forget();
    }
    const spans = open === 1 ? '1 span has no end' : `${open} spans have no end`;
    const subject = { line: newest?.line ?? 0, sessionId, eventId: newest?.id ?? '' };
    for (const [sink, loss] of stream.losses) {
      const message =
        `${sink} dropped ${loss.dropped} events of the stream${timeOfLoss(loss)}; ` +
        'without the END it is not known whether they are those that are missing here';
      this.#findings.warning('dropped_events', subject, message);
    }
    const last = `its last event is ${newest?.id} in line ${newest?.line}`;
    if (namedId !== undefined && namedId === newest?.id) {
      const message = `the process ended without shutdown; ${last}; ${spans}`;
      this.#findings.warning('crashed_stream', subject, message);
    } else {
      const message = `the stream has no END, and no later stream names its last event; ${last}; ${spans}`;
      this.#findings.error('unclosed_stream', subject, message);
    }
  }

  /**
   * Explains lines that are not JSON. Each stream without END can have torn one line behind its last event, if another
   * process has written to the file afterwards.
   */
  #explainTorn(): void {
    const ends = [...this.#streams.values()]
      .filter(({ hasEnded, newest }) => !hasEnded && newest !== undefined)
      .map(({ newest }) => newest?.line ?? 0)
      .sort((a, b) => a - b);
    let used = 0;
    for (const subject of this.#torn) {
      const end = ends[used];
      if (end !== undefined && end < subject.line && subject.line < this.#newestStart) {
        used += 1;
        const message = 'the line is torn: a process crashed while it wrote it';
        this.#findings.warning('torn_line', subject, message);
      } else {
        this.#findings.error('unreadable_line', subject, 'not JSON');
      }
    }
  }
}

/**
 * Whether a signed stream has seen the last event of a stream without END. So somebody who has the key wrote it, even if the
 * process was killed before its first checkpoint was in the file.
 */
function isVouchedFor({ namedId, namers, newest }: SeenStream): boolean {
  return namedId === newest?.id && namers.some(({ log }) => log.verified > 0);
}

function compared(id: string, other: string): number {
  return id < other ? -1 : id > other ? 1 : 0;
}

function verdictOnOpen(reason: unknown): OpenSpansVerdict {
  if (reason === 'process exit') {
    return { severity: 'warning', reason: 'the process exited without a shutdown' };
  }
  return { severity: 'error', reason: 'the stream ended before it' };
}

/** The name of a sink that dropped exactly this many events. */
function droppingSink(sinks: unknown, dropped: number): string | undefined {
  if (!Array.isArray(sinks) || dropped <= 0) return undefined;
  const sink = sinks
    .slice(0, MAX_NAMED)
    .map(asRecord)
    .find((one) => one?.dropped === dropped);
  return sink === undefined ? undefined : (asNonEmptyString(sink.name) ?? 'a sink');
}

/** Adds what a SYSTEM event `events dropped` says. */
function addLoss(losses: Map<string, SinkLoss>, { metadata }: PlacedEvent): void {
  const details = asRecord(metadata);
  const dropped = asCount(details?.dropped);
  const name = asNonEmptyString(details?.sink);
  if (details?.message !== 'events dropped' || name === undefined || dropped === undefined) return;
  const sink = shown(name);
  const known = losses.get(sink);
  if (known === undefined && losses.size >= MAX_LOSING_SINKS) return;
  losses.set(sink, {
    dropped: (known?.dropped ?? 0) + dropped,
    from: known?.from ?? shown(details.from),
    to: shown(details.to),
  });
}

function timeOfLoss(loss: SinkLoss | undefined): string {
  return loss === undefined ? '' : `, between ${loss.from} and ${loss.to}`;
}
