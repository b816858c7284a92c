/** The binary mode of the bindings: attributes are headers, the data is the body. */
import { showValue } from '../text/show-value.js';
import { asCloudEvent, CloudEventFormatError, type CloudEventShape, DATA_MEMBERS } from './cloud-event.js';

/** The headers of a binding. */
export interface HeaderRules {
  /** Begins the name of each attribute's header. */
  readonly prefix: string;
  encode(value: string): string;
  decode(value: string): string;
}

/** The data of a message in binary mode, and the media type that says what it is. */
interface BinaryData {
  /** `undefined` if the event has no data. */
  readonly bytes: Buffer | undefined;
  readonly contentType: string | undefined;
}

export const CONTENT_TYPE = 'content-type';

const JSON_TYPE = 'application/json';

/**
 * Returns the headers and the data of an event.
 *
 * @param dataText - the JSON of the data, if it is at hand: it is not made again.
 * @throws CloudEventFormatError - if the data is not text although its media type is not JSON.
 */
export function toBinary(
  event: CloudEventShape,
  dataText: string | undefined,
  { prefix, encode }: HeaderRules,
): { readonly headers: Record<string, string>; readonly bytes: Buffer | undefined } {
  const { bytes, contentType } = toBytes(event, dataText);
  const headers: Record<string, string> = contentType === undefined ? {} : { [CONTENT_TYPE]: contentType };
  for (const [name, value] of Object.entries(event)) {
    if (value !== undefined && value !== null && isHeader(name))
      headers[prefix + name] = encode(String(value));
  }
  return { headers, bytes };
}

/**
 * Returns the event of a message. Its attributes are strings.
 *
 * @param headers - by their names in lower case.
 * @throws CloudEventFormatError - if it is not a CloudEvent 1.0, or the data is not of its media type.
 */
export function fromBinary(
  headers: ReadonlyMap<string, string>,
  bytes: Buffer | undefined,
  { prefix, decode }: HeaderRules,
): CloudEventShape {
  const attributes: Record<string, string> = {};
  for (const [header, value] of headers) {
    const name = header.slice(prefix.length);
    if (header.startsWith(prefix) && isHeader(name)) attributes[name] = decode(value);
  }
  const contentType = headers.get(CONTENT_TYPE);
  if (contentType !== undefined) attributes.datacontenttype = contentType;
  return asCloudEvent({ ...attributes, ...fromBytes({ bytes, contentType }) });
}

/**
 * Whether a member of the event has a header with the prefix. The media type does not: it has the header `content-type`.
 * Some senders, the SDK for JavaScript (10.0.0) among them, send both.
 */
function isHeader(name: string): boolean {
  return name !== 'datacontenttype' && !DATA_MEMBERS.has(name);
}

/** Returns the bytes of a body, without a copy of those that are bytes. */
export function bufferOf(body: string | Uint8Array): Buffer {
  return typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/**
 * Returns the data as bytes. JSON data without a media type gets the one that it stands for.
 *
 * @param dataText - the JSON of the data, if it is at hand.
 * @throws CloudEventFormatError - if the data is not text although its media type is not JSON.
 */
function toBytes(event: CloudEventShape, dataText?: string): BinaryData {
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
function fromBytes({ bytes, contentType }: BinaryData): Pick<CloudEventShape, 'data' | 'data_base64'> {
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
