import { types } from 'node:util';
import { isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import * as clock from '../clock.js';
import {
  attributeJson,
  attributeProblem,
  type CloudEventAttributeValue,
} from '../cloudevents/attribute-rules.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import { isJson } from '../cloudevents/event-data.js';
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

/** What a new event is made of. */
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
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  const all: Record<string, unknown> = {
    id: newEventId(),
    source,
    type,
    time: clock.isoTime(),
    ...Object.fromEntries(given.filter(([name]) => !Object.hasOwn(ELSEWHERE, name))),
  };
  const problems = [
    ...given
      .filter(([name]) => Object.hasOwn(ELSEWHERE, name))
      .map(([name]) => `attribute "${name}" is not allowed here; it is ${ELSEWHERE[name]}`),
    ...Object.entries(all).flatMap(([name, value]) => attributeProblem(name, value) ?? []),
    ...dataProblems(data, all.datacontenttype),
  ];
  if (problems.length > 0) throw new TypeError(problems.join('; '));
  const json = Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, attributeJson(value as CloudEventAttributeValue)]),
  );
  return {
    specversion: '1.0',
    ...json,
    ...traceAttributes(json, span),
    ...dataMembers(data, json),
  } as CloudEventShape;
}

/** Data of another media type than JSON is text or bytes. */
function dataProblems(data: unknown, contentType: unknown): string[] {
  if (data === undefined || types.isUint8Array(data) || typeof data === 'string') return [];
  if (typeof contentType !== 'string' || isJson(contentType)) return [];
  if (attributeProblem('datacontenttype', contentType) !== undefined) return [];
  return [
    `the data is ${showValue(data)}; with the datacontenttype ${showValue(contentType)} it must be a string or a Uint8Array`,
  ];
}

function dataMembers(data: unknown, { datacontenttype }: Readonly<Record<string, unknown>>): object {
  if (data === undefined) return {};
  if (types.isUint8Array(data)) {
    return {
      datacontenttype: datacontenttype ?? 'application/octet-stream',
      data_base64: Buffer.from(data).toString('base64'),
    };
  }
  return { datacontenttype: datacontenttype ?? 'application/json', data: toJsonValue(data) };
}

/** The attributes of the active span that the caller has not set. A span id belongs to its trace. */
function traceAttributes(
  { ossatraceid, ossaspanid, traceparent }: Readonly<Record<string, unknown>>,
  span: SpanContext | undefined,
): object {
  if (span === undefined || !isSpanContextValid(span)) return {};
  const { traceId, spanId, traceFlags } = span;
  const isItsTrace = ossatraceid === undefined || ossatraceid === traceId;
  return {
    ...(ossatraceid === undefined && { ossatraceid: traceId }),
    ...(ossaspanid === undefined && isItsTrace && { ossaspanid: spanId }),
    ...(traceparent === undefined && {
      traceparent: `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`,
    }),
  };
}
