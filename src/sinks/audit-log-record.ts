/** An audit event as a log record of OpenTelemetry, in the shape that the exporters of the SDK take. Pure. */
import type { ChaukasEvent } from '../chaukas/event.js';
import { ENUM_FIELDS, shortEnumName } from '../chaukas/event-schema.js';
import * as clock from '../clock.js';
import { spanOfEvent } from '../cloudevents/cloud-event.js';
import { ownTypeName } from '../cloudevents/ossa-types.js';
import { isRecord } from '../json/readers.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';

type EpochTime = [seconds: number, nanoseconds: number];

/** The members of the SDK's `ReadableLogRecord`. */
export interface AuditLogRecord {
  readonly hrTime: EpochTime;
  readonly hrTimeObserved: EpochTime;
  /** `ai.chaukas.tool.call.start` */
  readonly eventName: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly spanContext?: { readonly traceId: string; readonly spanId: string; readonly traceFlags: number };
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
  readonly droppedAttributesCount: 0;
  readonly body: unknown;
  readonly resource: LogResource;
  readonly instrumentationScope: { readonly name: string; readonly version: string };
}

/** The resource of a log record, such as a `Resource` of the SDK. */
export interface LogResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl?: string;
  /** Resolves when all attributes are known. */
  readonly waitForAsyncAttributes?: () => Promise<void>;
}

/** The exporters group records by the identity of this object. */
const SCOPE = { name: PACKAGE_NAME, version: PACKAGE_VERSION };

/** Numbers of OpenTelemetry's log data model. */
const SEVERITY_NUMBERS: Readonly<Record<string, number>> = { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 };
const INFO = 9;

/** The attribute of each member of an event that a backend may search for. Everything else is in the body only. */
const ATTRIBUTES = {
  event_id: 'chaukas.event.id',
  type: 'chaukas.event.type',
  status: 'chaukas.event.status',
  author: 'chaukas.event.author',
  tenant_id: 'chaukas.tenant.id',
  project_id: 'chaukas.project.id',
  session_id: 'session.id',
  parent_span_id: 'chaukas.parent_span.id',
  agent_id: 'gen_ai.agent.id',
  agent_name: 'gen_ai.agent.name',
  response_id: 'gen_ai.response.id',
  branch: 'chaukas.branch',
  tags: 'chaukas.tags',
  content_hash: 'chaukas.content_hash',
  hash_prev: 'chaukas.hash_prev',
} as const satisfies { readonly [Member in keyof ChaukasEvent]?: string };

/** @param line - the event as canonical JSON, if that is to be the body. */
export function auditLogRecord(
  event: ChaukasEvent,
  line: string | undefined,
  resource: LogResource,
): AuditLogRecord {
  const severity = shortEnumName('severity', String(event.severity ?? 'UNSPECIFIED'));
  const span = spanOfEvent(event.trace_id, event.span_id);
  return {
    hrTime: epochTime(event.timestamp),
    hrTimeObserved: epochTime(clock.isoTime()),
    eventName: ownTypeName(event.type),
    severityNumber: SEVERITY_NUMBERS[severity] ?? INFO,
    severityText: severity,
    ...(span && { spanContext: span }),
    attributes: attributesOf(event),
    droppedAttributesCount: 0,
    body: line ?? bodyValue(event),
    resource,
    instrumentationScope: SCOPE,
  };
}

function attributesOf(event: ChaukasEvent): Record<string, string | readonly string[]> {
  const attributes: Record<string, string | readonly string[]> = {};
  for (const [member, name] of Object.entries(ATTRIBUTES)) {
    const value = event[member as keyof typeof ATTRIBUTES];
    if (value !== undefined && value !== '' && value.length > 0) attributes[name] = value;
  }
  for (const field of ENUM_FIELDS) {
    const name = `chaukas.event.${field}`;
    const value = attributes[name];
    if (typeof value === 'string') attributes[name] = shortEnumName(field, value);
  }
  return attributes;
}

/**
 * A log's body has 64-bit integers. The exporters take every whole number for one, so a larger number becomes a text:
 * a Collector would refuse the whole request otherwise.
 */
function bodyValue(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return String(value);
  if (Array.isArray(value)) return value.map(bodyValue);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries.map(([name, member]) => [name, bodyValue(member)]));
}

/** Keeps the microseconds that a `Date` does not have. */
function epochTime(timestamp: unknown): EpochTime {
  const text = String(timestamp);
  const millis = Date.parse(text);
  if (Number.isNaN(millis)) return [0, 0];
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? [];
  return [Math.floor(millis / 1000), Number(fraction.padEnd(9, '0').slice(0, 9))];
}
