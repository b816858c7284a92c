/** Audit events that were made elsewhere, from log records and from requests of the Chaukas API, as lines. Pure. */
import type { ChaukasEvent } from '../../../chaukas/event.js';
import { decodeBatch, decodeEventRequest } from '../../../chaukas/wire/event-binary.js';
import { eventFromJson, eventToJson } from '../../../chaukas/wire/event-json.js';
import { batchFromRestJson, eventFromRestJson } from '../../../chaukas/wire/event-rest-json.js';
import { asNonEmptyString, asRecord } from '../../../json/readers.js';
import { PACKAGE_NAME } from '../../../version.js';
import type { LogRecord } from './generated/otlp/v1/otlp_pb.js';
import type { BodyForm } from './otlp-messages.js';
import { nameOf, plainValue } from './received-span.js';
import { TelemetryProblem } from './request-body.js';

/** An event as a line of a file, without the end of the line. */
export interface ReceivedEvent {
  readonly line: string;
  readonly traceId: string;
}

const EVENT_NAME_PREFIX = 'ai.chaukas.';
const REQUIRED = ['event_id', 'type', 'timestamp', 'session_id', 'trace_id', 'span_id'] as const;

/** Whether `OtlpLogSink` made the record. */
export function isAuditRecord(record: LogRecord, scope: string): boolean {
  return scope === PACKAGE_NAME && nameOf(record).startsWith(EVENT_NAME_PREFIX);
}

/** Returns the event in a record; `undefined` if its body is not one. */
export function eventOfRecord({ body }: LogRecord): ReceivedEvent | undefined {
  try {
    const plain = plainValue(body);
    const event = eventFromJson(plain);
    // The text itself is what was hashed, if it is one line.
    const line = typeof plain === 'string' && !/[\r\n]/.test(plain) ? plain : eventToJson(event);
    return received(event, line);
  } catch {
    return undefined;
  }
}

/**
 * Reads the body of `POST /v1/events` or `/v1/events/batch`.
 *
 * @throws TelemetryProblem - 400 if it is not such a request, or has an event without an id, a type, a time, a session, a
 * trace or a span.
 */
export function eventsOfRequest(body: Buffer, form: BodyForm, isBatch: boolean): ReceivedEvent[] {
  let events: readonly ChaukasEvent[];
  try {
    events = decoded(body, form, isBatch);
  } catch (error) {
    throw new TelemetryProblem(400, `the body is not a request of the Chaukas API: ${pathOf(error)}`);
  }
  return events.map((event, index) => {
    const one = received(event, eventToJson(event));
    if (one !== undefined) return one;
    throw new TelemetryProblem(400, `event ${index + 1} lacks one of ${REQUIRED.join(', ')}`);
  });
}

function decoded(body: Buffer, form: BodyForm, isBatch: boolean): readonly ChaukasEvent[] {
  if (form === 'protobuf') return isBatch ? decodeBatch(body).events : [decodeEventRequest(body)];
  const text = body.toString('utf8');
  return isBatch ? batchFromRestJson(text).events : [eventFromRestJson(text)];
}

/** The place of the problem only: the rest of a message may quote the body. */
function pathOf(error: unknown): string {
  return asNonEmptyString(asRecord(error)?.path) ?? 'it cannot be read';
}

function received(event: ChaukasEvent, line: string): ReceivedEvent | undefined {
  const record = asRecord(event);
  if (!REQUIRED.every((name) => asNonEmptyString(record?.[name]) !== undefined)) return undefined;
  return { line, traceId: event.trace_id };
}
