import { types } from 'node:util';
import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import * as clock from '../clock.js';
import {
  attributeJson,
  attributeProblem,
  type CloudEventAttributeValue,
} from '../cloudevents/attribute-rules.js';
import { isJson } from '../cloudevents/binary-mode.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import { newEventId } from '../ids.js';
import { toJsonValue } from '../json/json.js';
import { isRecord } from '../json/readers.js';
import { showValue } from '../text/show-value.js';

/**
 * Attributes of an event beside its type. An attribute that is `undefined` counts as absent. Names of other extensions are
 * lower-case letters and digits; their values are strings, booleans, integers of 32 bits, times or bytes.
 */
export interface CloudEventAttributes {
  /** @defaultValue a new UUIDv7 */
  readonly id?: string | undefined;
  /** @defaultValue the source of the emitter */
  readonly source?: string | undefined;
  /** @defaultValue now */
  readonly time?: string | Date | undefined;
  readonly subject?: string | undefined;
  /** @defaultValue `application/json`, `application/octet-stream` for bytes, none without data */
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  /** The agent. */
  readonly ossaagentid?: string | undefined;
  /** The conversation or the session. */
  readonly ossainteractionid?: string | undefined;
  /** @defaultValue the trace of the active span */
  readonly ossatraceid?: string | undefined;
  /** @defaultValue the active span, if its trace is the `ossatraceid` */
  readonly ossaspanid?: string | undefined;
  /** @defaultValue the active span */
  readonly traceparent?: string | undefined;
  readonly partitionkey?: string | undefined;
  readonly [extension: string]: CloudEventAttributeValue | undefined;
}

/** The parts of a new event. */
export interface NewCloudEvent {
  readonly type: string;
  readonly data: unknown;
  readonly attributes: CloudEventAttributes;
  readonly source: string;
  readonly span: SpanContext | undefined;
}

/** Attributes that the call has another place for. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  type: 'the first argument',
  specversion: 'always 1.0',
  data: 'the second argument',
  data_base64: 'the second argument, as a Uint8Array',
};

/**
 * Returns the event. Its data is a copy, so that the application may change the original: values that JSON does not have
 * become the nearest that it has, and bytes become Base64.
 *
 * @throws TypeError - if an attribute or the data breaks a rule of CloudEvents 1.0.2. It names all of them.
 */
export function newCloudEvent({ type, data, attributes, source, span }: NewCloudEvent): CloudEventShape {
  if (!isRecord(attributes)) {
    throw new TypeError(`the attributes are ${showValue(attributes)}; they must be an object`);
  }
  const problems: string[] = [];
  const event: Record<string, unknown> = {
    specversion: '1.0',
    id: newEventId(),
    source,
    type,
    time: clock.isoTime(),
  };
  const typeProblem = attributeProblem('type', type);
  if (typeProblem !== undefined) problems.push(typeProblem);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    const problem = Object.hasOwn(ELSEWHERE, name)
      ? `attribute "${name}" is not allowed here; it is ${ELSEWHERE[name]}`
      : attributeProblem(name, value);
    if (problem === undefined) event[name] = attributeJson(value);
    else problems.push(problem);
  }
  problems.push(...dataProblems(data, event.datacontenttype));
  if (problems.length > 0) throw new TypeError(problems.join('; '));
  addTrace(event, span);
  addData(event, data);
  return event as CloudEventShape;
}

/** Data of another media type than JSON is text or bytes. */
function dataProblems(data: unknown, contentType: unknown): string[] {
  if (data === undefined || types.isUint8Array(data) || typeof data === 'string') return [];
  if (typeof contentType !== 'string' || isJson(contentType)) return [];
  return [
    `the data is ${showValue(data)}; with the datacontenttype ${showValue(contentType)} it must be a string or a Uint8Array`,
  ];
}

function addData(event: Record<string, unknown>, data: unknown): void {
  if (data === undefined) return;
  if (types.isUint8Array(data)) {
    event.datacontenttype ??= 'application/octet-stream';
    event.data_base64 = Buffer.from(data).toString('base64');
  } else {
    event.datacontenttype ??= 'application/json';
    event.data = toJsonValue(data);
  }
}

/** Adds the attributes of the active span that the caller has not set. A span id belongs to its trace. */
function addTrace(event: Record<string, unknown>, span: SpanContext | undefined): void {
  if (span === undefined || !isSpanContextValid(span)) return;
  const { traceId, spanId, traceFlags } = span;
  event.ossatraceid ??= traceId;
  if (event.ossatraceid === traceId) event.ossaspanid ??= spanId;
  event.traceparent ??= `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}
