import type { ChaukasEvent } from '../chaukas/event.js';
import { ENUM_PREFIXES } from '../chaukas/event-schema.js';
import { wellFormed } from '../text/well-formed.js';

/**
 * A CloudEvent 1.0 in its structured JSON form, with an audit event as its data. Extension attributes come from the CNCF
 * list if it has one (`traceparent`, `partitionkey`). Their names are lower-case letters and digits, as required there.
 */
interface CloudEvent {
  readonly specversion: '1.0';
  /** `event_id`. Together with `source` it is unique, so that a receiver recognises a second delivery. */
  readonly id: string;
  readonly source: string;
  /** `chaukas.spec.common.v1.AGENT_START`. */
  readonly type: string;
  /** Time of the event, RFC 3339. */
  readonly time?: string;
  /** `sessions/{session}/spans/{span}`, so that a subscription can filter by prefix. */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema?: string;
  /** Extension `distributed tracing`: the trace and the span of the event. */
  readonly traceparent?: string;
  /** Extension `partitioning`: keeps the events of a session in order. */
  readonly partitionkey?: string;
  readonly sessionid?: string;
  readonly tenantid?: string;
  readonly projectid?: string;
  readonly agentid?: string;
  /** `info`, `error`. */
  readonly severity?: string;
  /** The event as proto JSON, as in a file of events. */
  readonly data: ChaukasEvent;
}

/** Options of {@link toCloudEvent}. */
interface CloudEventOptions {
  /**
   * URI reference of the application that the events come from: `https://shop.example/support-desk`.
   *
   * @defaultValue `/chaukas/{tenant_id}/{project_id}`, without the parts that the event does not have
   */
  source?: string;
  /** Absolute URI of the schema that the data follows. */
  dataschema?: string;
}

/** The package of the schema, the prefix of every type. */
const TYPE_PREFIX = 'chaukas.spec.common.v1.';

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Characters that CloudEvents forbids in a string attribute: control characters, lone surrogates, noncharacters. */
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is about control characters.
  /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/gu;

/**
 * Returns the CloudEvent of an audit event. The data is the unchanged event, so its hash can still be verified. Characters
 * that CloudEvents forbids in an attribute, such as control characters in a session's name, are percent-encoded there.
 */
export function toCloudEvent(event: ChaukasEvent, options: CloudEventOptions = {}): CloudEvent {
  const { tenant_id, project_id, session_id, trace_id, span_id, agent_id, timestamp } = event;
  const session = attribute(session_id);
  return {
    specversion: '1.0',
    id: attribute(event.event_id) ?? '',
    source: options.source ?? defaultSource(tenant_id, project_id),
    type: TYPE_PREFIX + (attribute(withoutPrefix(String(event.type), ENUM_PREFIXES.type)) ?? 'UNSPECIFIED'),
    ...present('time', typeof timestamp === 'string' && RFC_3339.test(timestamp) ? timestamp : undefined),
    ...present('subject', subjectOf(session_id, span_id)),
    datacontenttype: 'application/json',
    ...present('dataschema', options.dataschema),
    ...present('traceparent', traceparent(trace_id, span_id)),
    ...present('partitionkey', session),
    ...present('sessionid', session),
    ...present('tenantid', attribute(tenant_id)),
    ...present('projectid', attribute(project_id)),
    ...present('agentid', attribute(agent_id)),
    ...present('severity', attribute(severityOf(event))),
    data: event,
  };
}

/** An attribute must not be empty, so an empty value counts as absent. */
function attribute(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.replace(FORBIDDEN, percentEncoded) : undefined;
}

function present<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string };
}

function defaultSource(...parts: readonly unknown[]): string {
  const segments = parts.filter((part): part is string => typeof part === 'string' && part !== '');
  return ['/chaukas', ...segments.map(uriSegment)].join('/');
}

function subjectOf(session: unknown, span: unknown): string | undefined {
  if (typeof session !== 'string' || session === '') return undefined;
  const path = `sessions/${uriSegment(session)}`;
  return typeof span === 'string' && span !== '' ? `${path}/spans/${uriSegment(span)}` : path;
}

/** An event does not say whether its trace is sampled. Its span was recorded, so the flag is set. */
function traceparent(trace: unknown, span: unknown): string | undefined {
  const valid =
    typeof trace === 'string' && TRACE_ID.test(trace) && typeof span === 'string' && SPAN_ID.test(span);
  return valid ? `00-${trace}-${span}-01` : undefined;
}

function severityOf({ severity }: ChaukasEvent): string | undefined {
  return typeof severity === 'string'
    ? withoutPrefix(severity, ENUM_PREFIXES.severity).toLowerCase()
    : undefined;
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function uriSegment(text: string): string {
  return encodeURIComponent(wellFormed(text));
}

/** A lone surrogate has no percent-encoding, so it is replaced. */
function percentEncoded(character: string): string {
  return encodeURIComponent(wellFormed(character));
}
