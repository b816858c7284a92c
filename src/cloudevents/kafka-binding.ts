/** CloudEvents as Kafka messages: the Kafka protocol binding of CloudEvents 1.0.2. */
import { asNonEmptyString } from '../json/readers.js';
import { bufferOf, CONTENT_TYPE, fromBinary, type HeaderRules, toBinary } from './binary-mode.js';
import { CloudEventFormatError, type CloudEventShape } from './cloud-event.js';
import { cloudEventFromJson, cloudEventToJson, JSON_MEDIA_TYPE, structuredContent } from './json-format.js';

/** Whether a Kafka message has the attributes in its value or in its headers. */
export type KafkaContentMode = 'structured' | 'binary';

export interface CloudEventKafkaMessage {
  /** Messages of one key are in one partition, so in order. `undefined`: any partition. */
  readonly key: string | undefined;
  /** Both names and values are UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
  /** `null` for an event without data in binary mode. */
  readonly value: Buffer | null;
}

/** Options of {@link toKafkaMessage}, which may differ from message to message. */
export interface KafkaMessageOptions {
  /**
   * The attribute whose value is the key of the message.
   *
   * @defaultValue `partitionkey`
   */
  readonly keyField?: string | undefined;
  /** The JSON of the data, if it is at hand: it is not made again. */
  readonly dataText?: string | undefined;
}

/** A received message. Clients have headers as bytes or strings. */
export interface ReceivedKafkaMessage {
  readonly headers:
    | Iterable<readonly [string | Uint8Array, string | Uint8Array]>
    | Readonly<Record<string, string | Uint8Array>>;
  readonly value: string | Uint8Array | null | undefined;
}

const HEADERS: HeaderRules = { prefix: 'ce_', encode: String, decode: String };

/**
 * Returns the Kafka message of a CloudEvent. An event without data is a message without a value in binary mode, which a
 * compacted topic takes for a deletion.
 *
 * @throws CloudEventFormatError - in binary mode, if the data is not text although its media type is not JSON.
 */
export function toKafkaMessage(
  event: CloudEventShape,
  mode: KafkaContentMode,
  { keyField = 'partitionkey', dataText }: KafkaMessageOptions = {},
): CloudEventKafkaMessage {
  const key = keyOf(event[keyField]);
  if (mode === 'structured') {
    return {
      key,
      headers: { [CONTENT_TYPE]: JSON_MEDIA_TYPE },
      value: Buffer.from(cloudEventToJson(event, dataText)),
    };
  }
  const { headers, bytes } = toBinary(event, dataText, HEADERS);
  return { key, headers, value: bytes ?? null };
}

/**
 * Returns the CloudEvent of a Kafka message in either mode. The key is not an attribute: an event that had one has it as
 * `partitionkey`.
 *
 * @throws CloudEventFormatError - if the message does not hold a CloudEvent 1.0, or in a format other than JSON.
 */
export function fromKafkaMessage({ headers: received, value }: ReceivedKafkaMessage): CloudEventShape {
  const headers = new Map<string, string>();
  const entries = Symbol.iterator in received ? received : Object.entries(received);
  for (const [name, header] of entries) headers.set(textOf(name).toLowerCase(), textOf(header));
  const content = structuredContent(headers.get(CONTENT_TYPE));
  if (content === 'batch') throw new CloudEventFormatError('the Kafka binding of CloudEvents has no batches');
  const bytes = value === null || value === undefined ? undefined : bufferOf(value);
  return content === 'event'
    ? cloudEventFromJson(bytes?.toString() ?? '')
    : fromBinary(headers, bytes, HEADERS);
}

/** An attribute may be a number or a boolean. */
function keyOf(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : asNonEmptyString(value);
}

function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString();
}
