import type { ChaukasEvent } from '../chaukas/event.js';
import {
  BOOLEAN,
  FUNCTION,
  type OptionRules,
  oneOf,
  optionsProblems,
  required,
} from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import { ATTEMPT_DEFAULTS, DELIVERY_RULE, type DeliveryOptions } from './delivery-options.js';
import { type EventSink, ownSinkInThread, type SendOptions, type SinkInThread } from './event-sink.js';
import { ENDPOINT_RULE, KEY_RULE } from './http/address.js';
import { HttpPoster, type SinkFetch } from './http/http-poster.js';
import { refuseOne } from './refused-event.js';

/** Options of {@link ChaukasApiSink}. */
export interface ChaukasApiSinkOptions {
  /** URL of the ingest API with its version: `https://api.example.com/v1`. Events go to `/events` below it. */
  endpoint: string;
  /** Key of the API, sent as a bearer token. It is in no message, no name and no event. */
  apiKey: string;
  /**
   * Form of the events: the messages of the specification as bytes, or the JSON of its OpenAPI document.
   *
   * @defaultValue `'protobuf'`
   */
  encoding?: 'protobuf' | 'json';
  /**
   * Whether requests are compressed.
   *
   * @defaultValue `false`
   */
  gzip?: boolean;
  /**
   * The function that sends a request.
   *
   * @defaultValue `fetch` of Node, as it was when this package was loaded
   */
  fetch?: SinkFetch;
  /**
   * Batches and retries.
   *
   * @defaultValue 20 events, 262,144 bytes and 5 seconds a batch, 30 seconds a request, split if too large
   */
  delivery?: DeliveryOptions;
}

const RULES: OptionRules<ChaukasApiSinkOptions> = {
  endpoint: required(ENDPOINT_RULE),
  apiKey: required(KEY_RULE),
  encoding: oneOf(['protobuf', 'json']),
  gzip: BOOLEAN,
  fetch: FUNCTION,
  delivery: DELIVERY_RULE,
};

const DEFAULT_DELIVERY: DeliveryOptions = {
  maxBatchSize: 20,
  maxBatchBytes: 262_144,
  flushIntervalMillis: 5_000,
  ...ATTEMPT_DEFAULTS,
};

/** One of the two forms of a request. */
interface Encoding {
  readonly contentType: string;
  one(event: ChaukasEvent): string | Uint8Array;
  several(events: readonly ChaukasEvent[]): string | Uint8Array;
}

/** The encoders are loaded with the first batch: they are slow to load, and few applications send to the API. */
const ENCODINGS: Readonly<Record<'protobuf' | 'json', () => Promise<Encoding>>> = {
  async protobuf() {
    const { encodeBatch, encodeEventRequest } = await import('../chaukas/wire/event-binary.js');
    return { contentType: 'application/x-protobuf', one: encodeEventRequest, several: encodeBatch };
  },
  async json() {
    const { batchToRestJson, eventToRestJson } = await import('../chaukas/wire/event-rest-json.js');
    return { contentType: 'application/json', one: eventToRestJson, several: batchToRestJson };
  },
};

/**
 * A sink that sends the events to the Chaukas ingest API. Every event needs a tenant and a project.
 *
 * The API accepts a batch (2xx), asks for smaller ones (413, 503 with "high memory usage"), asks to come again (408, 425,
 * 429, other 5xx, with `Retry-After`), or refuses it for good (other 4xx). A redirect is not followed.
 *
 * ```ts
 * new ChaukasSpanProcessor({
 *   sinks: [new ChaukasApiSink({ endpoint: 'https://api.example.com/v1', apiKey: process.env.CHAUKAS_API_KEY })],
 *   tenantId: 'acme',
 *   projectId: 'support',
 * });
 * ```
 *
 * @throws TypeError - from the constructor, if an option is missing, unknown or not accepted.
 */
export class ChaukasApiSink implements EventSink {
  readonly name: string;
  readonly requiresTenant = true;
  readonly delivery: DeliveryOptions;
  readonly #options: ChaukasApiSinkOptions;
  readonly #endpoint: string;
  readonly #authorization: string;
  readonly #loadEncoding: () => Promise<Encoding>;
  readonly #poster: HttpPoster;
  #encoding: Promise<Encoding> | undefined;

  constructor(options: ChaukasApiSinkOptions) {
    const problems = optionsProblems(RULES, options, 'an object with "endpoint" and "apiKey"');
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ChaukasApiSink: ${problems.join('; ')}`);
    this.#options = options;
    const { endpoint, apiKey, encoding = 'protobuf', gzip, fetch, delivery } = options;
    this.#endpoint = endpoint.replace(/\/+$/, '');
    this.#authorization = `Bearer ${apiKey}`;
    this.#loadEncoding = ENCODINGS[encoding];
    this.name = `api ${this.#endpoint}`;
    this.delivery = { ...DEFAULT_DELIVERY, ...delivery };
    this.#poster = new HttpPoster({
      fetch,
      gzip,
      timeoutMillis: this.delivery.timeoutMillis ?? ATTEMPT_DEFAULTS.timeoutMillis,
      secrets: [apiKey],
    });
  }

  get inThread(): SinkInThread | undefined {
    return ownSinkInThread(this, ChaukasApiSink, 'ChaukasApiSink', this.#options);
  }

  async send(
    events: readonly ChaukasEvent[],
    _lines?: readonly string[],
    { signal }: Partial<SendOptions> = {},
  ): Promise<void> {
    if (events.length === 0) return;
    const encoding = await this.#encoder();
    let body: string | Uint8Array;
    try {
      body = encoded(encoding, events);
    } catch (error) {
      const { index, problem } = unencodable(encoding, events, error);
      const before = events.slice(0, index);
      return refuseOne(index, problem, async () =>
        this.#post(encoding, before, encoded(encoding, before), signal),
      );
    }
    await this.#post(encoding, events, body, signal);
  }

  /** Every `send` waits for its answer. */
  async forceFlush(): Promise<void> {}

  /** Idle connections close by themselves and do not keep the process alive. */
  async shutdown(): Promise<void> {}

  async #encoder(): Promise<Encoding> {
    this.#encoding ??= this.#loadEncoding();
    return this.#encoding;
  }

  async #post(
    { contentType }: Encoding,
    events: readonly ChaukasEvent[],
    body: string | Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#poster.post({
      url: `${this.#endpoint}/events${events.length === 1 ? '' : '/batch'}`,
      headers: { authorization: this.#authorization, 'content-type': contentType },
      body,
      divisible: events.length > (this.delivery.minBatchSize ?? ATTEMPT_DEFAULTS.minBatchSize),
      signal,
    });
  }
}

function encoded({ one, several }: Encoding, events: readonly ChaukasEvent[]): string | Uint8Array {
  const [first] = events;
  return events.length === 1 && first !== undefined ? one(first) : several(events);
}

interface UnencodableEvent {
  readonly index: number;
  readonly problem: unknown;
}

/** Finds the first event that cannot be encoded, so that the others can be sent without it. */
function unencodable(
  encoding: Encoding,
  events: readonly ChaukasEvent[],
  batchError: unknown,
): UnencodableEvent {
  for (const [index, event] of events.entries()) {
    try {
      encoding.one(event);
    } catch (error) {
      return { index, problem: error };
    }
  }
  throw batchError;
}
