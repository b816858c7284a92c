/** The JSON event format of CloudEvents 1.0.2: one event as an object, several as an array. */

import { isRecord } from '../json/readers.js';
import { itemTexts, memberText } from '../json/source-text.js';
import { asCloudEvent, CloudEventFormatError, type CloudEventShape } from './cloud-event.js';

/** The SDK for JavaScript (10.0.0) knows the character set only in lower case. */
export const JSON_MEDIA_TYPE = 'application/cloudevents+json; charset=utf-8';
export const BATCH_MEDIA_TYPE = 'application/cloudevents-batch+json; charset=utf-8';

/** Media types of messages that are not in binary mode. */
const STRUCTURED = /^application\/cloudevents(-batch)?(?:\+([^;\s]+))?\s*(?:;|$)/i;

/**
 * Returns whether a message holds one event in its body or a batch; `undefined` if it is in binary mode.
 *
 * @throws CloudEventFormatError - if the body is in a format other than JSON.
 */
export function structuredContent(contentType: string | undefined): 'event' | 'batch' | undefined {
  const match = STRUCTURED.exec(contentType ?? '');
  if (match === null) return undefined;
  const [, batch, format] = match;
  if (format?.toLowerCase() !== 'json') {
    throw new CloudEventFormatError(`the format "${contentType}" is not JSON, the only one that is read`);
  }
  return batch === undefined ? 'event' : 'batch';
}

/** A CloudEvent and the text of its data, if it was read from JSON or is at hand for another reason. */
export interface CloudEventText {
  readonly event: CloudEventShape;
  /** The JSON of `event.data`, which may hold numbers that JavaScript cannot. */
  readonly dataText?: string | undefined;
}

/**
 * Returns the JSON of a CloudEvent, on one line, with its data at the end.
 *
 * @param dataText - the JSON of the data, if it is at hand: it is not made again.
 */
export function cloudEventToJson({ data, ...attributes }: CloudEventShape, dataText?: string): string {
  const text = dataText ?? JSON.stringify(data);
  const envelope = JSON.stringify(attributes);
  return text === undefined ? envelope : `${envelope.slice(0, -1)},"data":${text}}`;
}

/** Returns the JSON of a batch. */
export function cloudEventsToJson(events: readonly CloudEventText[]): string {
  return `[${events.map(({ event, dataText }) => cloudEventToJson(event, dataText)).join(',')}]`;
}

/** @throws CloudEventFormatError - if the text is not the JSON of a CloudEvent. */
export function cloudEventFromJson(json: string): CloudEventShape {
  return cloudEventOf(parsed(json));
}

/** @throws CloudEventFormatError - if the text is not the JSON of a batch. */
export function cloudEventsFromJson(json: string): CloudEventShape[] {
  const batch = parsed(json);
  if (!Array.isArray(batch)) throw new CloudEventFormatError('the batch of CloudEvents is not an array');
  return batch.map(cloudEventOf);
}

/**
 * Returns the CloudEvents of a JSON text, one or a batch, each with the text of its data.
 *
 * @throws CloudEventFormatError - if the text holds anything else.
 */
export function readCloudEvents(json: string): CloudEventText[] {
  const value = parsed(json);
  const texts = Array.isArray(value) ? itemTexts(json) : [json];
  const events = Array.isArray(value) ? value : [value];
  return events.map((event, index) => ({
    event: cloudEventOf(event),
    dataText: memberText(texts[index] as string, 'data'),
  }));
}

/** An attribute that is null counts as absent; data may be null. */
function cloudEventOf(value: unknown): CloudEventShape {
  if (!isRecord(value)) return asCloudEvent(value);
  const members = Object.entries(value).filter(([name, member]) => member !== null || name === 'data');
  const event = asCloudEvent(Object.fromEntries(members));
  if ('data' in event && event.data_base64 !== undefined) {
    throw new CloudEventFormatError('the CloudEvent has both "data" and "data_base64"');
  }
  return event;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CloudEventFormatError(`not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
