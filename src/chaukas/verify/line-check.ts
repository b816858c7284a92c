/** The check of one line by what it says once it is parsed, which decides whenever `line-scan.ts` does not. */
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { ChaukasEvent } from '../event.js';
import { contentHash } from '../sealed-event.js';
import { findAmbiguity } from './ambiguous-json.js';
import { type FindingCode, type Subject, shown } from './findings.js';

/** The members that place an event in its chain, its session and its stream. */
export type PlacedEvent = Pick<ChaukasEvent, 'event_id' | 'type' | 'timestamp' | 'session_id' | 'span_id'> & {
  readonly [Name in 'parent_span_id' | 'content_hash' | 'hash_prev' | 'metadata' | 'worm_proof_id']?:
    | ChaukasEvent[Name]
    | undefined;
} & {
  readonly line: number;
  /** The event for a finding. */
  readonly subject: Subject;
  /** The bytes of its id and its hashes, if its line has passed the scan. */
  readonly scanned?: ScannedPlace;
};

/**
 * The bytes of the id and the hashes of an event whose line has passed the scan, so that their forms are right. They are
 * those of this event only until the next one comes.
 */
export interface ScannedPlace {
  readonly view: DataView;
  readonly bytes: Buffer;
  /** The first byte of `event_id`, of `content_hash`, and of a `hash_prev` of the same length, or 0. */
  readonly idAt: number;
  readonly hashAt: number;
  readonly prevAt: number;
  readonly timeAt: number;
  readonly timeLength: number;
  /** Whether there is no `hash_prev`, or an empty one. */
  readonly isFirst: boolean;
  /** The hash of its leaf in a Merkle tree, if it is known. */
  readonly leaves: DataView | undefined;
  readonly leafAt: number;
}

/** A problem of one line, whatever stands before and behind it. */
export interface LineProblem {
  readonly code: FindingCode;
  readonly message: string;
}

/** Everything wrong with a line alone. It is plain data, so that another thread can find it out. */
export type LineVerdict =
  | { readonly kind: 'blank' | 'not JSON' }
  | { readonly kind: 'not an event'; readonly message: string }
  | { readonly kind: 'event'; readonly form: readonly LineProblem[]; readonly hash: LineProblem | undefined };

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Without a zone the time is UTC, as the Python SDK writes it. */
const TIMESTAMP =
  /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?Z?$/;
const REQUIRED = ['event_id', 'type', 'timestamp', 'session_id', 'trace_id', 'span_id'] as const;

export function isUuidV7(text: string): boolean {
  return UUID_V7.test(text);
}

export function checkLine(line: string): LineVerdict {
  // Some writers separate JSON Lines with blank lines.
  if (!/\S/.test(line)) return { kind: 'blank' };
  const value = parsed(line);
  if (value === undefined) return { kind: 'not JSON' };
  const event = asEvent(value);
  if (event !== undefined) {
    return { kind: 'event', form: formProblems(event), hash: hashProblem(line, event) };
  }
  const missing = REQUIRED.filter((name) => asNonEmptyString(asRecord(value)?.[name]) === undefined);
  return { kind: 'not an event', message: `not an event: ${missing.join(', ')} missing` };
}

/** The event in a line that has one. */
export function eventIn(line: string): ChaukasEvent | undefined {
  return asEvent(parsed(line));
}

function formProblems(event: ChaukasEvent): LineProblem[] {
  const problems: LineProblem[] = [];
  if (!isUuidV7(event.event_id)) {
    problems.push({ code: 'invalid_id', message: 'event_id is not a UUIDv7' });
  }
  if (!TRACE_ID.test(event.trace_id) || !SPAN_ID.test(event.span_id)) {
    problems.push({ code: 'invalid_id', message: 'trace_id or span_id is not a valid OpenTelemetry id' });
  }
  if (!TIMESTAMP.test(event.timestamp)) {
    const message = `timestamp ${shown(event.timestamp)} is not RFC 3339 in UTC`;
    problems.push({ code: 'invalid_timestamp', message });
  }
  return problems;
}

/** Returns the reason why the hash of an event does not vouch for its line; `undefined` if it does. */
export function hashProblem(line: string, event: ChaukasEvent): LineProblem | undefined {
  const { content_hash: hash } = event;
  if (typeof hash !== 'string' || hash === '') {
    return { code: 'missing_hash', message: 'content_hash is missing' };
  }
  // A program may have reformatted the line: that changes the text, but not the event.
  if (hashIfAny(event) !== hash) {
    return { code: 'changed_event', message: 'the content does not match content_hash' };
  }
  // The text is hashed as it is read here. Another program may read something else in it.
  return findAmbiguity(line);
}

/** `undefined` if the event is nested too deep to serialise. This package did not write such an event either. */
function hashIfAny(event: ChaukasEvent): string | undefined {
  try {
    return contentHash(event);
  } catch {
    return undefined;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
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

/** The members by which an event finds its place, and which are texts if they are there. */
const PLACE = ['content_hash', 'hash_prev', 'parent_span_id'] as const;

/** Takes the members that the checks read, without those of a type that they cannot have. The event may have any others. */
export function placedEvent(event: ChaukasEvent, subject: Subject): PlacedEvent {
  const { event_id, type, timestamp, session_id, span_id, metadata, worm_proof_id } = event;
  const [content_hash, hash_prev, parent_span_id] = PLACE.map((name) =>
    typeof event[name] === 'string' ? event[name] : undefined,
  );
  return {
    ...{ event_id, type, timestamp, session_id, span_id, metadata, worm_proof_id },
    ...{ content_hash, hash_prev, parent_span_id, line: subject.line, subject },
  };
}
