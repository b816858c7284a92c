import { createHash } from 'node:crypto';
import type { ChaukasEvent } from '../chaukas/event.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import type { CloudEventHttpMessage } from '../cloudevents/http-binding.js';
import { loadInstalled, requireFile } from '../installed-module.js';
import { asFunction, asRecord } from '../json/readers.js';
import {
  BOOLEAN,
  describedOption,
  FUNCTION,
  type OptionRule,
  type OptionRules,
  oneOf,
  optionsProblems,
  required,
  TEXT,
} from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import type { CloudEventSink } from './cloud-event-sink.js';
import { ATTEMPT_DEFAULTS, DELIVERY_RULE, type DeliveryOptions } from './delivery-options.js';
import { type EventSink, ownSinkInThread, type SendOptions, type SinkInThread } from './event-sink.js';
import { addressName, shownAddress, URL_RULE } from './http/address.js';
import { HEADERS_RULE, headerSecrets } from './http/headers.js';
import { HttpPoster, type SinkFetch, type SinkResponse } from './http/http-poster.js';
import { SIGNING_RULE, secretsOf, signatureHeaders, type WebhookSigning } from './http/webhook-signature.js';
import { errorAt, refuseOne } from './refused-event.js';

/** Options of {@link HttpSink}. */
export interface HttpSinkOptions {
  /** Address that the events are posted to. No message has its query. */
  url: string;
  /**
   * Form of the requests: a JSON array of CloudEvents, or a request for each event with the attributes in its body
   * (`structured`) or in its headers (`binary`). Requests follow one another, so `batched` is by far the fastest.
   *
   * @defaultValue `'batched'`
   */
  mode?: 'batched' | 'structured' | 'binary';
  /** Headers of each request, such as `authorization`. No message has their values. */
  headers?: Readonly<Record<string, string>>;
  /**
   * `source` of the CloudEvents: URI reference of the application.
   *
   * @defaultValue `/chaukas/{tenant_id}/{project_id}`
   */
  source?: string;
  /**
   * Signatures of Standard Webhooks. They cover the body before its compression, and no header: in binary mode not the
   * attributes.
   */
  signing?: WebhookSigning;
  /**
   * Whether requests are compressed.
   *
   * @defaultValue `false`
   */
  gzip?: boolean;
  /** Address of an HTTP proxy. Needs the package `undici`. From Node 24 on, `NODE_USE_ENV_PROXY=1` does without. */
  proxy?: string;
  /**
   * The function that sends a request.
   *
   * @defaultValue `fetch` of Node, as it was when this package was loaded
   */
  fetch?: SinkFetch;
  /**
   * Batches and retries.
   *
   * @defaultValue 100 events (20 if not `batched`), 262,144 bytes and 1 second a batch, 30 seconds a batch, split if too large
   */
  delivery?: DeliveryOptions;
}

/** The user and the password of a proxy are in its address. */
const PROXY_RULE: OptionRule = {
  accepted: 'an http or https URL, e.g. http://proxy.example:3128',
  problems: (option, value) =>
    typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
      ? []
      : [describedOption(option, shownAddress(String(value)), PROXY_RULE.accepted)],
};

const RULES: OptionRules<HttpSinkOptions> = {
  url: required(URL_RULE),
  mode: oneOf(['batched', 'structured', 'binary']),
  headers: HEADERS_RULE,
  source: TEXT,
  signing: SIGNING_RULE,
  gzip: BOOLEAN,
  proxy: PROXY_RULE,
  fetch: FUNCTION,
  delivery: DELIVERY_RULE,
};

const PROXY_PACKAGE = 'undici';
const PROXY_USER = 'HttpSink with option "proxy"';
const DEFAULT_DELIVERY: DeliveryOptions = {
  maxBatchBytes: 262_144,
  flushIntervalMillis: 1_000,
  ...ATTEMPT_DEFAULTS,
};
const BATCH_SIZES = { batched: 100, structured: 20, binary: 20 };

/** A CloudEvent with the JSON of its data, if that is at hand. */
interface Outgoing {
  readonly event: CloudEventShape;
  readonly dataText?: string;
}

/** A message and the name that its receiver recognises it by. */
interface Identified {
  readonly id: string;
  readonly message: CloudEventHttpMessage;
}

/**
 * A sink that posts the events as CloudEvents (HTTP binding 1.0.2). It takes audit events and CloudEvents.
 *
 * The receiver accepts them (2xx), asks for smaller batches (413), asks to come again (408, 425, 429, 5xx, with
 * `Retry-After`), or refuses them for good (other 4xx). A redirect is not followed.
 *
 * ```ts
 * new ChaukasSpanProcessor({
 *   sinks: [new HttpSink({ url: 'https://audit.example/events', signing: { secret: process.env.WEBHOOK_SECRET } })],
 * });
 * ```
 *
 * @throws TypeError - from the constructor, if an option is missing, unknown or not accepted.
 * @throws Error - from the constructor, if there is a proxy, and `undici` is not installed.
 */
export class HttpSink implements EventSink, CloudEventSink {
  readonly name: string;
  readonly delivery: DeliveryOptions;
  readonly #options: HttpSinkOptions;
  readonly #mode: 'batched' | 'structured' | 'binary';
  readonly #poster: HttpPoster;
  #closeProxy: (() => unknown) | undefined;

  constructor(options: HttpSinkOptions) {
    const problems = optionsProblems(RULES, options, 'an object with "url"');
    if (problems.length === 0 && options.proxy !== undefined && options.fetch !== undefined) {
      problems.push('options "proxy" and "fetch" are both set; remove one of them');
    }
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: HttpSink: ${problems.join('; ')}`);
    const { url, mode = 'batched', headers = {}, signing, gzip, proxy, fetch, delivery } = options;
    if (proxy !== undefined) requireFile(PROXY_PACKAGE, PROXY_USER);
    this.#options = options;
    this.#mode = mode;
    this.name = `http ${addressName(url)}`;
    this.delivery = { maxBatchSize: BATCH_SIZES[mode], ...DEFAULT_DELIVERY, ...delivery };
    this.#poster = new HttpPoster({
      fetch: proxy === undefined ? fetch : this.#fetchThrough(proxy),
      gzip,
      timeoutMillis: this.delivery.timeoutMillis ?? ATTEMPT_DEFAULTS.timeoutMillis,
      secrets: [...headerSecrets(headers), ...(signing === undefined ? [] : secretsOf(signing))],
    });
  }

  get inThread(): SinkInThread | undefined {
    return ownSinkInThread(this, HttpSink, 'HttpSink', this.#options);
  }

  async send(
    events: readonly ChaukasEvent[],
    lines: readonly string[] = [],
    options: Partial<SendOptions> = {},
  ): Promise<void> {
    const { toCloudEvent } = await import('../cloudevents/cloud-event.js');
    const { source } = this.#options;
    await this.#deliver(events, options.signal, (event, index) => {
      const line = lines[index];
      return { event: toCloudEvent(event, { source }), ...(line !== undefined && { dataText: line }) };
    });
  }

  async sendCloudEvents(
    events: readonly CloudEventShape[],
    options: Partial<SendOptions> = {},
  ): Promise<void> {
    await this.#deliver(events, options.signal, (event) => ({ event }));
  }

  /** Every `send` waits for its answers. */
  async forceFlush(): Promise<void> {}

  /** Idle connections close by themselves and do not keep the process alive; those to a proxy are closed. */
  async shutdown(): Promise<void> {
    await this.#closeProxy?.();
  }

  async #deliver<Item>(
    items: readonly Item[],
    signal: AbortSignal | undefined,
    outgoing: (item: Item, index: number) => Outgoing,
  ): Promise<void> {
    if (items.length === 0) return;
    const { toHttpBatch, toHttpMessage } = await import('../cloudevents/http-binding.js');
    const mode = this.#mode;
    const encoded: Identified[] = [];
    const batch: Outgoing[] = [];
    const sendEncoded = async () => {
      if (mode === 'batched') {
        const message = toHttpBatch(batch);
        await this.#post({ id: batchId(batch), message }, batch.length, signal);
      } else await this.#postEach(encoded, signal);
    };
    for (const [index, item] of items.entries()) {
      try {
        const each = outgoing(item, index);
        if (mode === 'batched') batch.push(each);
        else encoded.push({ id: each.event.id, message: toHttpMessage(each.event, mode, each.dataText) });
      } catch (error) {
        return refuseOne(index, error, sendEncoded);
      }
    }
    await sendEncoded();
  }

  async #postEach(messages: readonly Identified[], signal: AbortSignal | undefined): Promise<void> {
    for (const [index, message] of messages.entries()) {
      try {
        await this.#post(message, 1, signal);
      } catch (error) {
        throw errorAt(error, index);
      }
    }
  }

  async #post({ id, message }: Identified, count: number, signal: AbortSignal | undefined): Promise<void> {
    const { url, headers, signing } = this.#options;
    await this.#poster.post({
      url,
      headers: {
        ...headers,
        ...message.headers,
        ...(signing !== undefined && signatureHeaders(signing, id, message.body)),
      },
      body: message.body,
      divisible: count > (this.delivery.minBatchSize ?? ATTEMPT_DEFAULTS.minBatchSize),
      signal,
    });
  }

  /** Node's own `fetch` takes no proxy (20.20), and may not be given the agents of another version of undici. */
  #fetchThrough(proxy: string): SinkFetch {
    let dispatcher: unknown;
    return async (url, request) => {
      const { fetch, ProxyAgent } = asRecord(loadInstalled(PROXY_PACKAGE, PROXY_USER)) ?? {};
      const send = asFunction(fetch);
      const Agent = asFunction(ProxyAgent);
      if (send === undefined || Agent === undefined) {
        throw new Error(`${PACKAGE_NAME}: the installed ${PROXY_PACKAGE} has no ProxyAgent; update it`);
      }
      if (dispatcher === undefined) {
        const agent: unknown = Reflect.construct(Agent, [proxy]);
        dispatcher = agent;
        this.#closeProxy = () => asFunction(asRecord(agent)?.close)?.call(agent);
      }
      return (await send(url, { ...request, dispatcher })) as SinkResponse;
    };
  }
}

/** The same for the same events, so that a receiver recognises a batch that it gets again. */
function batchId(batch: readonly Outgoing[]): string {
  const hash = createHash('sha256');
  for (const { event } of batch) hash.update(`${event.source}\n${event.id}\n`);
  return `batch_${hash.digest('hex').slice(0, 32)}`;
}
