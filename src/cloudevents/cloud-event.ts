import type { ChaukasEvent } from '../chaukas/event.js';
import { isRecord } from '../json/readers.js';
import { showValue } from '../text/show-value.js';
import { wellFormed } from '../text/well-formed.js';
import { cloudEventType } from './ossa-types.js';

/**
 * A CloudEvent 1.0 as a plain object, in the shape of its JSON format. Data that is JSON, or text of another media type,
 * is `data`; bytes are `data_base64`. Every other member is an extension attribute.
 */
export interface CloudEventShape {
  readonly specversion: '1.0';
  /** Unique together with `source`, so that a receiver recognises a second delivery. */
  readonly id: string;
  /** URI reference of where the event happened. */
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  readonly data?: unknown;
  readonly data_base64?: string;
  readonly [extension: string]: unknown;
}

/** The CloudEvent of an audit event. */
export interface AuditCloudEvent extends CloudEventShape {
  /** The event, unchanged, so that its hash can still be verified. */
  readonly data: ChaukasEvent;
}

/** Options of {@link toCloudEvent}. */
export interface CloudEventOptions {
  /**
   * URI reference of the application that the events come from: `https://shop.example/support-desk`.
   *
   * @defaultValue `/chaukas/{tenant_id}/{project_id}`, without the parts that the event does not have
   */
  readonly source?: string | undefined;
}

/** Something that is not a CloudEvent, or a message that does not hold one. */
export class CloudEventFormatError extends TypeError {
  override readonly name = 'CloudEventFormatError';
}

/** Members of the JSON format that are not attributes. */
export const DATA_MEMBERS: ReadonlySet<string> = new Set(['data', 'data_base64']);

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Characters that CloudEvents forbids in a string attribute: control characters, lone surrogates, noncharacters. */
export const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is about control characters.
  /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\p{Noncharacter_Code_Point}]/u;
const EACH_FORBIDDEN = new RegExp(FORBIDDEN, 'gu');

/**
 * Returns the CloudEvent of an audit event. Characters that CloudEvents forbids in an attribute, such as control
 * characters in a session's name, are percent-encoded there.
 *
 * @throws CloudEventFormatError - if the event has no `event_id`.
 */
export function toCloudEvent(event: ChaukasEvent, { source }: CloudEventOptions = {}): AuditCloudEvent {
  const { event_id, tenant_id, project_id, session_id, trace_id, span_id, timestamp } = event;
  const id = attribute(event_id);
  if (id === undefined)
    throw new CloudEventFormatError('the event has no "event_id", which a CloudEvent needs as its id');
  const session = attribute(session_id);
  const agent = attribute(event.agent_id) ?? attribute(event.agent_name);
  return {
    specversion: '1.0',
    id,
    source: source ?? defaultSource(tenant_id, project_id),
    type: cloudEventType(event),
    ...present('subject', agent),
    ...present('time', isTimestamp(timestamp) ? timestamp : undefined),
    datacontenttype: 'application/json',
    ...present('traceparent', traceparent(trace_id, span_id)),
    ...present('partitionkey', session),
    ...present('ossaagentid', agent),
    ...present('ossainteractionid', session),
    ...present('ossatraceid', attribute(trace_id)),
    ...present('ossaspanid', attribute(span_id)),
    data: event,
  };
}

/**
 * Returns the audit event that {@link toCloudEvent} made a CloudEvent of. The types and values of its members are not
 * checked.
 *
 * @throws CloudEventFormatError - if it is not a CloudEvent, or its data is not an audit event.
 */
export function fromCloudEvent(cloudEvent: unknown): ChaukasEvent {
  const { id, data } = asCloudEvent(cloudEvent);
  if (!isRecord(data) || typeof data.event_id !== 'string') {
    throw new CloudEventFormatError('the data of the CloudEvent is not an audit event: it has no "event_id"');
  }
  if (attribute(data.event_id) !== id) {
    throw new CloudEventFormatError(
      `the CloudEvent ${showValue(id)} has an audit event of another id, ${showValue(data.event_id)}`,
    );
  }
  return data as unknown as ChaukasEvent;
}

/** @throws CloudEventFormatError - if a value is not an object with the attributes that CloudEvents 1.0 requires. */
export function asCloudEvent(value: unknown): CloudEventShape {
  if (!isRecord(value)) throw new CloudEventFormatError(`not a CloudEvent: ${showValue(value)}`);
  if (value.specversion !== '1.0') {
    throw new CloudEventFormatError(
      `not a CloudEvent of version 1.0: "specversion" is ${showValue(value.specversion)}`,
    );
  }
  for (const name of ['id', 'source', 'type'] as const) {
    const member = value[name];
    if (typeof member !== 'string' || member === '') {
      throw new CloudEventFormatError(
        `not a CloudEvent: "${name}" is ${showValue(member)}; it must be a non-empty string`,
      );
    }
  }
  return value as CloudEventShape;
}

/** Whether a value is a time of RFC 3339 that exists. */
export function isTimestamp(value: unknown): value is string {
  return typeof value === 'string' && RFC_3339.test(value) && !Number.isNaN(Date.parse(value));
}

/** The span of an event. */
export interface SpanOfEvent {
  readonly traceId: string;
  readonly spanId: string;
  /** An event does not say whether its trace is sampled. Its span was recorded, so the flag is set. */
  readonly traceFlags: 1;
}

/** Returns the span of an event; `undefined` if its ids are not those of a span. */
export function spanOfEvent(traceId: unknown, spanId: unknown): SpanOfEvent | undefined {
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined;
  return TRACE_ID.test(traceId) && SPAN_ID.test(spanId) ? { traceId, spanId, traceFlags: 1 } : undefined;
}

function traceparent(trace: unknown, span: unknown): string | undefined {
  const recorded = spanOfEvent(trace, span);
  return recorded && `00-${recorded.traceId}-${recorded.spanId}-01`;
}

/** An attribute must not be empty, so an empty value counts as absent. */
function attribute(value: unknown): string | undefined {
  return typeof value === 'string' && value !== ''
    ? value.replace(EACH_FORBIDDEN, percentEncoded)
    : undefined;
}

function present<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string };
}

function defaultSource(...parts: readonly unknown[]): string {
  const segments = parts.filter((part): part is string => typeof part === 'string' && part !== '');
  return ['/chaukas', ...segments.map((part) => encodeURIComponent(wellFormed(part)))].join('/');
}

/** A lone surrogate has no percent-encoding, so it is replaced. */
function percentEncoded(character: string): string {
  return encodeURIComponent(wellFormed(character));
}
