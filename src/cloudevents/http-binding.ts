/** CloudEvents as HTTP messages: the HTTP protocol binding of CloudEvents 1.0.2. */
import { bufferOf, CONTENT_TYPE, fromBinary, type HeaderRules, toBinary } from './binary-mode.js';
import { CloudEventFormatError, type CloudEventShape } from './cloud-event.js';
import {
  BATCH_MEDIA_TYPE,
  type CloudEventText,
  cloudEventFromJson,
  cloudEventsFromJson,
  cloudEventsToJson,
  cloudEventToJson,
  JSON_MEDIA_TYPE,
  structuredContent,
} from './json-format.js';

/** Whether an HTTP message has the attributes in its body or in its headers. */
export type HttpContentMode = 'structured' | 'binary';

/** The headers, with lower-case names, and the body of an HTTP message. */
export interface CloudEventHttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for an event without data in binary mode. */
  readonly body: Buffer;
}

/** The headers of a received message, as `node:http` and `fetch` have them. Names may be in any case. */
export type ReceivedHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

const HEADERS: HeaderRules = { prefix: 'ce-', encode: encodeHeaderValue, decode: decodeHeaderValue };

/** Characters that a header does not carry, or that would be read as something else. Each is one code point. */
const ENCODED = /[^\u0021-\u007e]|["%]/gu;

/**
 * Returns the HTTP message of a CloudEvent.
 *
 * @param dataText - the JSON of the data, if it is at hand: it is not made again.
 * @throws CloudEventFormatError - in binary mode, if the data is not text although its media type is not JSON.
 */
export function toHttpMessage(
  event: CloudEventShape,
  mode: HttpContentMode,
  dataText?: string,
): CloudEventHttpMessage {
  if (mode === 'structured') {
    return {
      headers: { [CONTENT_TYPE]: JSON_MEDIA_TYPE },
      body: Buffer.from(cloudEventToJson(event, dataText)),
    };
  }
  const { headers, bytes } = toBinary(event, dataText, HEADERS);
  return { headers, body: bytes ?? Buffer.alloc(0) };
}

/** Returns the HTTP message of several CloudEvents in batched mode. */
export function toHttpBatch(events: readonly CloudEventText[]): CloudEventHttpMessage {
  return { headers: { [CONTENT_TYPE]: BATCH_MEDIA_TYPE }, body: Buffer.from(cloudEventsToJson(events)) };
}

/**
 * Returns the CloudEvents of an HTTP message in any mode. In binary mode, attributes are strings, data of a text type is a
 * string, and an empty body is no data unless its type is a text.
 *
 * @param mode - the only mode that is read. Without it, the content type says which it is.
 * @throws CloudEventFormatError - if the message does not hold CloudEvents 1.0, or in a format other than JSON.
 */
export function fromHttpMessage(
  received: ReceivedHeaders,
  body: string | Uint8Array,
  mode?: 'binary',
): CloudEventShape[] {
  const headers = normalized(received);
  const contentType = headers.get(CONTENT_TYPE);
  const content = mode === 'binary' ? undefined : structuredContent(contentType);
  const bytes = bufferOf(body);
  if (content === 'batch') return cloudEventsFromJson(bytes.toString());
  if (content === 'event') return [cloudEventFromJson(bytes.toString())];
  const hasData = bytes.length > 0 || contentType?.startsWith('text/') === true;
  return [fromBinary(headers, hasData ? bytes : undefined, HEADERS)];
}

/** Encodes the value of an attribute for a header, as section 3.1.3.2 of the binding requires. */
export function encodeHeaderValue(value: string): string {
  return value.replace(ENCODED, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  );
}

/**
 * Decodes the value of a header: double-quoted strings of older versions, then percent-encoding once.
 *
 * @throws CloudEventFormatError - if the encoded bytes are not UTF-8.
 */
export function decodeHeaderValue(value: string): string {
  const unquoted = /^"(?:[^"\\]|\\.)*"$/s.test(value)
    ? value.slice(1, -1).replaceAll(/\\(.)/gs, '$1')
    : value;
  return unquoted.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw new CloudEventFormatError(`the header value "${value}" is not UTF-8 where it is percent-encoded`);
    }
  });
}

function normalized(headers: ReceivedHeaders): Map<string, string> {
  const entries =
    Symbol.iterator in headers
      ? [...(headers as Iterable<readonly [string, string]>)]
      : Object.entries(headers);
  const known = new Map<string, string>();
  for (const [name, value] of entries) {
    if (value !== undefined)
      known.set(name.toLowerCase(), typeof value === 'string' ? value : value.join(', '));
  }
  return known;
}
