import type { KeyObject } from 'node:crypto';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { canonicalJson } from '../canonical-json.js';
import { type ChaukasEvent, EVENT_TYPES } from '../event.js';
import { contentHash, contentHashOfLine } from '../sealed-event.js';
import { findAmbiguity } from './ambiguous-json.js';
import { ChainCheck } from './chain-check.js';
import { type FindingCode, Findings, type Subject, shown, type VerificationReport } from './findings.js';
import { LogCheck } from './log-check.js';
import { SessionCheck } from './session-check.js';
import { isUuidV7, StreamCheck } from './stream-check.js';

/** Options of {@link EventVerifier} and of `verifyEvents`. */
export interface VerificationOptions {
  /**
   * Ed25519 public keys that may sign checkpoints: PEM, `KeyObject`, or C2SP verifier key (`name+id+base64`).
   *
   * @defaultValue `[]`: signatures are not verified
   */
  readonly publicKeys?: readonly (string | KeyObject)[];
  /**
   * Keys of witnesses that may cosign checkpoints, in the same forms.
   *
   * @defaultValue `[]`: cosignatures are not verified
   */
  readonly witnessKeys?: readonly (string | KeyObject)[];
  /**
   * Checkpoints that were kept elsewhere, as signed notes. The stream of each must be in the input, with at least as many
   * events, and with the same ones up to that number.
   *
   * @defaultValue `[]`
   */
  readonly anchors?: readonly string[];
}

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
/** Without a zone the time is UTC, as the Python SDK writes it. */
const TIMESTAMP =
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?Z?$/;
const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const REQUIRED = ['event_id', 'type', 'timestamp', 'session_id', 'trace_id', 'span_id'] as const;

/** Maximum number of unknown types that are reported. */
const MAX_UNKNOWN_TYPES = 100;

/**
 * Verifies events line by line: the five rules in the section "What must hold in every stream" of chaukas-spec, the
 * streams, and signed checkpoints. Memory is limited: it grows with the sessions that are open, not with the events. A
 * finding says if a limit was reached.
 */
export class EventVerifier {
  readonly #findings = new Findings();
  readonly #chains = new ChainCheck(this.#findings);
  readonly #log: LogCheck;
  readonly #streams: StreamCheck;
  readonly #sessions: SessionCheck;
  readonly #unknownTypes = new Set<string>();
  #events = 0;
  /** A line that is not JSON. It is reported as torn if it is the last line. */
  #unreadable: Subject | undefined;

  constructor({ publicKeys = [], witnessKeys = [], anchors = [] }: VerificationOptions = {}) {
    this.#log = new LogCheck(this.#findings, { publicKeys, witnessKeys, anchors });
    this.#streams = new StreamCheck(this.#findings, this.#chains, this.#log);
    this.#sessions = new SessionCheck(this.#findings, this.#chains, this.#streams);
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
    const subject = { line: lineNumber, eventId: shown(event.event_id), sessionId: shown(event.session_id) };
    this.#checkForm(event, subject);
    this.#checkHash(line, event, subject);
    this.#log.checkProof(event, subject);
    const readable = withoutOtherTypes(event);
    if (!this.#isCopy(readable, subject)) this.#sessions.add(readable, subject);
  }

  /** Returns the result. No line may be added afterwards. */
  end(): VerificationReport {
    if (this.#unreadable !== undefined) {
      const message = 'the last line is torn: the process crashed while writing it, or is still writing';
      this.#findings.error('torn_line', this.#unreadable, message);
    }
    this.#streams.end();
    this.#sessions.end();
    this.#chains.end();
    this.#log.end();
    return {
      events: this.#events,
      sessions: this.#sessions.count,
      streams: this.#streams.count,
      checkpoints: this.#log.verified,
      cosignatures: this.#log.cosignatures,
      anchors: this.#log.anchors,
      signers: this.#log.signers,
      findings: this.#findings.sorted(),
      findingsOmitted: this.#findings.omitted,
    };
  }

  #reportUnreadable(): void {
    if (this.#unreadable === undefined) return;
    this.#streams.addTorn(this.#unreadable);
    this.#unreadable = undefined;
  }

  /** A copy far behind the original is out of order as well, so it suffices to remember recent events. */
  #isCopy({ content_hash: hash }: ChaukasEvent, subject: Subject): boolean {
    const line = hash === undefined ? undefined : this.#chains.lineOf(hash);
    if (line === undefined) return false;
    this.#findings.error('duplicate_id', subject, `the event is a copy of that in line ${line}`);
    return true;
  }

  #checkForm(event: ChaukasEvent, subject: Subject): void {
    if (!isUuidV7(event.event_id)) {
      this.#findings.error('invalid_id', subject, 'event_id is not a UUIDv7');
    }
    if (!TRACE_ID.test(event.trace_id) || !SPAN_ID.test(event.span_id)) {
      this.#findings.error('invalid_id', subject, 'trace_id or span_id is not a valid OpenTelemetry id');
    }
    if (!TIMESTAMP.test(event.timestamp)) {
      this.#findings.error(
        'invalid_timestamp',
        subject,
        `timestamp ${shown(event.timestamp)} is not RFC 3339 in UTC`,
      );
    }
    const type = shown(event.type);
    if (!KNOWN_TYPES.has(type) && !this.#unknownTypes.has(type)) {
      if (this.#unknownTypes.size >= MAX_UNKNOWN_TYPES) return;
      this.#unknownTypes.add(type);
      this.#findings.warning('unknown_type', subject, `unknown event type ${type}`);
    }
  }

  #checkHash(line: string, event: ChaukasEvent, subject: Subject): void {
    const problem = hashProblem(line, event);
    if (problem !== undefined) this.#findings.error(problem.code, subject, problem.message);
  }
}

/** Returns the reason why the hash of an event does not vouch for its line; `undefined` if it does. */
export function hashProblem(
  line: string,
  event: ChaukasEvent,
): { readonly code: FindingCode; readonly message: string } | undefined {
  const { content_hash: hash } = event;
  if (typeof hash !== 'string' || hash === '') {
    return { code: 'missing_hash', message: 'content_hash is missing' };
  }
  if (hashIfAny(() => contentHashOfLine(line, event)) === hash) return undefined;
  // A program may have reformatted the line: that changes the text, but not the event.
  if (hashIfAny(() => contentHash(event)) !== hash) {
    return { code: 'changed_event', message: 'the content does not match content_hash' };
  }
  // The text is hashed as it is read here. Another program may read something else in it.
  return findAmbiguity(line);
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

/** The members by which an event finds its place, and which are texts if they are there. */
const PLACE = ['content_hash', 'hash_prev', 'parent_span_id'] as const;

/** Leaves out members of a type that they cannot have. An event of this package has none. */
function withoutOtherTypes(event: ChaukasEvent): ChaukasEvent {
  const isText = (name: (typeof PLACE)[number]) =>
    event[name] === undefined || typeof event[name] === 'string';
  if (PLACE.every(isText)) return event;
  const wrong = PLACE.filter((name) => !isText(name));
  return { ...event, ...Object.fromEntries(wrong.map((name) => [name, undefined])) };
}

function asEvent(value: unknown): ChaukasEvent | undefined {
  const record: UnknownRecord | undefined = asRecord(value);
  if (record === undefined) return undefined;
  for (const name of REQUIRED) if (asNonEmptyString(record[name]) === undefined) return undefined;
  return record as unknown as ChaukasEvent;
}
