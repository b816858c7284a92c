/** The data of a CloudEvent as the bytes of a message in binary mode. */
import { showValue } from '../text/show-value.js';
import { CloudEventFormatError, type CloudEventShape } from './cloud-event.js';

/** The data of a message in binary mode, and the media type that says what it is. */
export interface BinaryData {
  /** `undefined` if the event has no data. */
  readonly bytes: Buffer | undefined;
  readonly contentType: string | undefined;
}

const JSON_TYPE = 'application/json';

/**
 * Returns the data as bytes. JSON data without a media type gets the one that it stands for.
 *
 * @param dataText - the JSON of the data, if it is at hand.
 * @throws CloudEventFormatError - if the data is not text although its media type is not JSON.
 */
export function toBytes(event: CloudEventShape, dataText?: string): BinaryData {
  const { data, data_base64, datacontenttype } = event;
  if (data_base64 !== undefined)
    return { bytes: Buffer.from(data_base64, 'base64'), contentType: datacontenttype };
  if (data === undefined) return { bytes: undefined, contentType: datacontenttype };
  if (isJson(datacontenttype)) {
    return {
      bytes: Buffer.from(dataText ?? JSON.stringify(data)),
      contentType: datacontenttype ?? JSON_TYPE,
    };
  }
  if (typeof data === 'string') return { bytes: Buffer.from(data), contentType: datacontenttype };
  throw new CloudEventFormatError(
    `the data of the CloudEvent ${event.id} is ${showValue(data)}; with the datacontenttype "${datacontenttype}" it must be a string`,
  );
}

/**
 * Returns the data of a message: JSON as its value, text as a string, other bytes as Base64.
 *
 * @throws CloudEventFormatError - if the media type is JSON and the bytes are not.
 */
export function fromBytes({ bytes, contentType }: BinaryData): Pick<CloudEventShape, 'data' | 'data_base64'> {
  if (bytes === undefined) return {};
  const text = isJson(contentType) || isText(contentType) ? textOf(bytes) : undefined;
  if (contentType !== undefined && isJson(contentType)) {
    try {
      return { data: JSON.parse(text ?? '') };
    } catch {
      throw new CloudEventFormatError(`the data of the message is not JSON, which its "${contentType}" says`);
    }
  }
  return text === undefined ? { data_base64: bytes.toString('base64') } : { data: text };
}

/** Whether the data of a media type is JSON, as it is if there is no media type. */
export function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || /^[^/;]+\/(?:json|[^;]*\+json)\s*(?:;|$)/i.test(contentType);
}

function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && /^text\/|^[^/;]+\/(?:xml|[^;]*\+xml)\s*(?:;|$)/i.test(contentType);
}

/** Returns the text of bytes that are UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
