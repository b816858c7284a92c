import type { KeyObject } from 'node:crypto';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { canonicalJson } from '../canonical-json.js';
import { type ChaukasEvent, EVENT_TYPES } from '../event.js';
import { contentHash, contentHashOfLine } from '../sealed-event.js';
import { ChainCheck } from './chain-check.js';
import { CheckpointCheck } from './checkpoint-check.js';
import { Findings, type Subject, type VerificationReport } from './findings.js';
import { SpanCheck } from './span-check.js';

/** Options of {@link EventVerifier} and of `verifyEvents`. */
export interface VerificationOptions {
  /**
   * Ed25519 public keys (PEM, or as Node has them) of those who may sign checkpoints.
   *
   * @defaultValue none: signatures are not verified.
   */
  readonly publicKeys?: readonly (string | KeyObject)[];
}

/** What is known of a session. */
interface SeenSession {
  readonly chain: ChainCheck;
  spans: SpanCheck;
  /** Events at the END before. */
  countedBefore: number;
  isOpen: boolean;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const TIMESTAMP =
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?Z$/;
const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const REQUIRED = ['event_id', 'type', 'timestamp', 'session_id', 'trace_id', 'span_id'] as const;

/**
 * Verifies a stream of events line by line: the five rules of "What must hold in every stream" of chaukas-spec, and
 * signed checkpoints. It remembers of a session that has ended no more than where its chain ends, and the ids of all
 * events.
 */
export class EventVerifier {
  readonly #findings = new Findings();
  readonly #sessions = new Map<string, SeenSession>();
  readonly #ids = new SeenIds();
  readonly #unknownTypes = new Set<string>();
  readonly #checkpoints: CheckpointCheck;
  #events = 0;
  /** A line that is no JSON: only if another one comes it is not just the last one, torn. */
  #unreadable: Subject | undefined;

  constructor({ publicKeys = [] }: VerificationOptions = {}) {
    this.#checkpoints = new CheckpointCheck(
      this.#findings,
      publicKeys,
      (sessionId, hash) => this.#sessions.get(sessionId)?.chain.has(hash) === true,
    );
  }

  /** @param lineNumber - counted from 1. Empty lines need not be given. */
  add(line: string, lineNumber: number): void {
    this.#tellUnreadable();
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
        `it is no event: ${missing.join(', ')} missing`,
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

  /** What was found. Nothing may be added afterwards. */
  end(): VerificationReport {
    if (this.#unreadable !== undefined) {
      const message = 'the last line is torn: the process ended while it wrote, or still writes';
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

  #tellUnreadable(): void {
    if (this.#unreadable === undefined) return;
    this.#findings.error('unreadable_line', this.#unreadable, 'it is no JSON');
    this.#unreadable = undefined;
  }

  #isDuplicate({ event_id: id }: ChaukasEvent, subject: Subject): boolean {
    if (this.#ids.add(id)) return false;
    this.#findings.error('duplicate_id', subject, `an earlier event has its event_id ${id}`);
    return true;
  }

  #checkForm(event: ChaukasEvent, subject: Subject): void {
    if (!UUID_V7.test(event.event_id)) {
      this.#findings.error('invalid_id', subject, 'its event_id is no UUIDv7');
    }
    if (!TRACE_ID.test(event.trace_id) || !SPAN_ID.test(event.span_id)) {
      this.#findings.error('invalid_id', subject, 'its trace_id or span_id is none of OpenTelemetry');
    }
    if (!TIMESTAMP.test(event.timestamp)) {
      this.#findings.error(
        'invalid_timestamp',
        subject,
        `its timestamp ${event.timestamp} is not RFC 3339 in UTC`,
      );
    }
    if (!KNOWN_TYPES.has(event.type) && !this.#unknownTypes.has(event.type)) {
      this.#unknownTypes.add(event.type);
      this.#findings.warning('unknown_type', subject, `its type ${event.type} is not known here`);
    }
  }

  #checkHash(line: string, event: ChaukasEvent, subject: Subject): void {
    const { content_hash: hash } = event;
    if (hash === undefined || hash === '') {
      this.#findings.error('missing_hash', subject, 'it has no content_hash');
      return;
    }
    // Whoever formatted the line anew has changed the text, but not what it says.
    if (contentHashOfLine(line, event) === hash || contentHashIfAny(event) === hash) return;
    this.#findings.error('changed_event', subject, 'its content is not what its content_hash was made of');
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
        this.#findings.error('missing_session', subject, 'its session has no SESSION_START before it');
      session.isOpen = true;
    } else if (isStart) {
      session.isOpen = true;
    } else if (!session.isOpen) {
      this.#findings.error('wrong_order', subject, 'it stands after the SESSION_END of its session');
      session.isOpen = true;
    }
    return session;
  }

  /** Of a session that was opened again some count all events, others those since then. */
  #checkCount({ metadata }: ChaukasEvent, { chain, countedBefore }: SeenSession, subject: Subject): void {
    const told = metadata?.event_count;
    if (told === chain.count || told === chain.count - countedBefore) return;
    this.#findings.error(
      'wrong_count',
      subject,
      told === undefined
        ? 'it does not tell how many events its session has'
        : `its session has ${told} events, it says; ${chain.count} are here`,
    );
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What is nested too deep to be written again was not written by us either. */
function contentHashIfAny(event: ChaukasEvent): string | undefined {
  try {
    return contentHash(event);
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
 * The ids of a stream. UUIDv7 come in ascending order where one process writes: then they are only put at the end of a
 * list, which takes a tenth of the time and half the memory of a set.
 */
export class SeenIds {
  readonly #ascending: string[] = [];
  #newest = '';
  readonly #others = new Set<string>();

  /** @returns whether it is new. */
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

/**
 * Verifies that a stream of events is whole and unchanged: hashes and chains, pairs, parents, order and counts, and,
 * with `publicKeys`, the signatures of checkpoints. See "What must hold in every stream" of chaukas-spec.
 *
 * ```ts
 * const report = await verifyEvents(createInterface({ input: createReadStream('audit/events.jsonl') }));
 * for (const { line, message } of report.findings) console.error(`line ${line}: ${message}`);
 * ```
 *
 * @param events - lines of a file, or events, in the order of the stream.
 * @returns what was found. It never rejects for what stands in a line, only where `events` does.
 */
export async function verifyEvents(
  events: Iterable<string | ChaukasEvent> | AsyncIterable<string | ChaukasEvent>,
  options?: VerificationOptions,
): Promise<VerificationReport> {
  const verifier = new EventVerifier(options);
  let lineNumber = 0;
  for await (const event of events) {
    lineNumber += 1;
    const line = typeof event === 'string' ? event : canonicalJson(event as never);
    if (line.trim() !== '') verifier.add(line, lineNumber);
  }
  return verifier.end();
}
