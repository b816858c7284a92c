import type { KeyObject } from 'node:crypto';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { canonicalJson } from '../canonical-json.js';
import { type ChaukasEvent, EVENT_TYPES } from '../event.js';
import { contentHash, contentHashOfLine } from '../sealed-event.js';
import { findAmbiguity } from './ambiguous-json.js';
import { ChainCheck } from './chain-check.js';
import { CheckpointCheck } from './checkpoint-check.js';
import { Findings, type Subject, type VerificationReport } from './findings.js';
import { SpanCheck } from './span-check.js';

/** Options of {@link EventVerifier} and of `verifyEvents`. */
export interface VerificationOptions {
  /**
   * Ed25519 public keys (PEM or `KeyObject`) that may sign checkpoints.
   *
   * @defaultValue `[]`: signatures are not verified
   */
  readonly publicKeys?: readonly (string | KeyObject)[];
}

/** The state of a session. */
interface SeenSession {
  readonly chain: ChainCheck;
  spans: SpanCheck;
  /** Number of events at the previous SESSION_END. */
  countedBefore: number;
  isOpen: boolean;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
/** Without a zone the time is UTC, as the Python SDK writes it. */
const TIMESTAMP =
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?Z?$/;
const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const REQUIRED = ['event_id', 'type', 'timestamp', 'session_id', 'trace_id', 'span_id'] as const;

/**
 * Verifies a stream of events line by line: the five rules in the section "What must hold in every stream" of
 * chaukas-spec, and signed checkpoints. It keeps the ids of all events, and only the end of the chain of a session that
 * has ended.
 */
export class EventVerifier {
  readonly #findings = new Findings();
  readonly #sessions = new Map<string, SeenSession>();
  readonly #ids = new SeenIds();
  readonly #unknownTypes = new Set<string>();
  readonly #checkpoints: CheckpointCheck;
  #events = 0;
  /** A line that is not JSON. It is reported as torn if it is the last line. */
  #unreadable: Subject | undefined;

  constructor({ publicKeys = [] }: VerificationOptions = {}) {
    this.#checkpoints = new CheckpointCheck(
      this.#findings,
      publicKeys,
      (sessionId, hash) => this.#sessions.get(sessionId)?.chain.has(hash) === true,
    );
  }

  /** @param lineNumber - counted from 1. Empty lines can be skipped. */
  add(line: string, lineNumber: number): void {
    this.#reportUnreadable();
    const value = parsed(line);
    if (value === undefined) {
      this.#unreadable = { line: lineNumber };
      return;
    }
    const event = asEvent(value);
    if (event === undefined) {
      const missing = REQUIRED.filter((name) => asNonEmptyString(asRecord(value)?.[name]) === undefined);
      this.#findings.error(
        'unreadable_line',
        { line: lineNumber },
        `not an event: ${missing.join(', ')} missing`,
      );
      return;
    }
    this.#events += 1;
    const subject = { line: lineNumber, eventId: event.event_id, sessionId: event.session_id };
    if (this.#isDuplicate(event, subject)) return;
    this.#checkForm(event, subject);
    this.#checkHash(line, event, subject);
    this.#checkPlace(event, subject);
    this.#checkpoints.add(event, subject);
  }

  /** Returns the result. No line may be added afterwards. */
  end(): VerificationReport {
    if (this.#unreadable !== undefined) {
      const message = 'the last line is torn: the process crashed while writing it, or is still writing';
      this.#findings.error('torn_line', this.#unreadable, message);
    }
    for (const { chain, spans } of this.#sessions.values()) {
      spans.end();
      chain.end();
    }
    this.#checkpoints.end();
    return {
      events: this.#events,
      sessions: this.#sessions.size,
      checkpoints: this.#checkpoints.verified,
      findings: this.#findings.sorted(),
      findingsOmitted: this.#findings.omitted,
    };
  }

  #reportUnreadable(): void {
    if (this.#unreadable === undefined) return;
    this.#findings.error('unreadable_line', this.#unreadable, 'not JSON');
    this.#unreadable = undefined;
  }

  #isDuplicate({ event_id: id }: ChaukasEvent, subject: Subject): boolean {
    if (this.#ids.add(id)) return false;
    this.#findings.error('duplicate_id', subject, `an earlier event has the same event_id ${id}`);
    return true;
  }

  #checkForm(event: ChaukasEvent, subject: Subject): void {
    if (!UUID_V7.test(event.event_id)) {
      this.#findings.error('invalid_id', subject, 'event_id is not a UUIDv7');
    }
    if (!TRACE_ID.test(event.trace_id) || !SPAN_ID.test(event.span_id)) {
      this.#findings.error('invalid_id', subject, 'trace_id or span_id is not a valid OpenTelemetry id');
    }
    if (!TIMESTAMP.test(event.timestamp)) {
      this.#findings.error(
        'invalid_timestamp',
        subject,
        `timestamp ${event.timestamp} is not RFC 3339 in UTC`,
      );
    }
    if (!KNOWN_TYPES.has(event.type) && !this.#unknownTypes.has(event.type)) {
      this.#unknownTypes.add(event.type);
      this.#findings.warning('unknown_type', subject, `unknown event type ${event.type}`);
    }
  }

  #checkHash(line: string, event: ChaukasEvent, subject: Subject): void {
    const { content_hash: hash } = event;
    if (hash === undefined || hash === '') {
      this.#findings.error('missing_hash', subject, 'content_hash is missing');
      return;
    }
    if (hashIfAny(() => contentHashOfLine(line, event)) === hash) return;
    // A program may have reformatted the line: that changes the text, but not the event.
    if (hashIfAny(() => contentHash(event)) !== hash) {
      this.#findings.error('changed_event', subject, 'the content does not match content_hash');
      return;
    }
    // The text is hashed as it is read here. Another program may read something else in it.
    const ambiguity = findAmbiguity(line);
    if (ambiguity !== undefined) this.#findings.error(ambiguity.code, subject, ambiguity.message);
  }

  #checkPlace(event: ChaukasEvent, subject: Subject): void {
    const session = this.#sessionOf(event, subject);
    session.chain.add(event, subject);
    session.spans.add(event, subject);
    if (event.type !== 'EVENT_TYPE_SESSION_END') return;
    this.#checkCount(event, session, subject);
    session.isOpen = false;
    session.countedBefore = session.chain.count;
    session.spans.end();
    session.spans = new SpanCheck(this.#findings);
  }

  #sessionOf(event: ChaukasEvent, subject: Subject): SeenSession {
    const isStart = event.type === 'EVENT_TYPE_SESSION_START';
    let session = this.#sessions.get(event.session_id);
    if (session === undefined) {
      session = {
        chain: new ChainCheck(this.#findings),
        spans: new SpanCheck(this.#findings),
        countedBefore: 0,
        isOpen: isStart,
      };
      this.#sessions.set(event.session_id, session);
      if (!isStart)
        this.#findings.error(
          'missing_session',
          subject,
          'the session has no SESSION_START before this event',
        );
      session.isOpen = true;
    } else if (isStart) {
      session.isOpen = true;
    } else if (!session.isOpen) {
      this.#findings.error('wrong_order', subject, 'the event comes after the SESSION_END of its session');
      session.isOpen = true;
    }
    return session;
  }

  /** The count of a session that was opened again may include all its events, or only those since then. */
  #checkCount({ metadata }: ChaukasEvent, { chain, countedBefore }: SeenSession, subject: Subject): void {
    const count = metadata?.event_count;
    if (count === chain.count || count === chain.count - countedBefore) return;
    this.#findings.error(
      'wrong_count',
      subject,
      count === undefined
        ? 'metadata.event_count is missing'
        : `metadata.event_count is ${count}, but ${chain.count} events of the session are here`,
    );
  }
}

/**
 * Verifies that a stream of events is complete and unchanged: hashes and chains, pairs, parents, order and counts, and,
 * with `publicKeys`, the signatures of checkpoints. See the section "What must hold in every stream" of chaukas-spec.
 *
 * ```ts
 * const report = await verifyEvents(createInterface({ input: createReadStream('audit/events.jsonl') }));
 * for (const { line, message } of report.findings) console.error(`line ${line}: ${message}`);
 * ```
 *
 * @param events - lines of a file, or events, in the order of the stream.
 * @returns the findings. It never rejects because of the content of a line, only if `events` rejects.
 */
export async function verifyEvents(
  events: Iterable<string | ChaukasEvent> | AsyncIterable<string | ChaukasEvent>,
  options?: VerificationOptions,
): Promise<VerificationReport> {
  const verifier = new EventVerifier(options);
  let lineNumber = 0;
  for await (const event of events) {
    lineNumber += 1;
    const line = typeof event === 'string' ? event : lineOf(event);
    if (line.trim() !== '') verifier.add(line, lineNumber);
  }
  return verifier.end();
}

/** An event that cannot be serialised is reported as a line that is not JSON. */
function lineOf(event: ChaukasEvent): string {
  try {
    return canonicalJson(event as never);
  } catch {
    return 'not JSON';
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** `undefined` if the event is nested too deep to serialise. This package did not write such an event either. */
function hashIfAny(make: () => string): string | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function asEvent(value: unknown): ChaukasEvent | undefined {
  const record: UnknownRecord | undefined = asRecord(value);
  if (record === undefined) return undefined;
  for (const name of REQUIRED) if (asNonEmptyString(record[name]) === undefined) return undefined;
  return record as unknown as ChaukasEvent;
}

/**
 * The ids of a stream. UUIDv7 of a single process ascend: appending those to a list takes a tenth of the time and half
 * the memory of a set.
 */
export class SeenIds {
  readonly #ascending: string[] = [];
  #newest = '';
  readonly #others = new Set<string>();

  /** @returns whether the id is new. */
  add(id: string): boolean {
    if (id > this.#newest) {
      this.#ascending.push(id);
      this.#newest = id;
      return true;
    }
    if (this.#others.has(id) || this.#isInList(id)) return false;
    this.#others.add(id);
    return true;
  }

  #isInList(id: string): boolean {
    let low = 0;
    let high = this.#ascending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ascending[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return this.#ascending[low] === id;
  }
}
