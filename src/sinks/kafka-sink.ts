import type { ConnectionOptions } from 'node:tls';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import type { CloudEventKafkaMessage } from '../cloudevents/kafka-binding.js';
import { withoutTracing } from '../diagnostics/suppressed-tracing.js';
import { isRecord } from '../json/readers.js';
import {
  BOOLEAN,
  listOf,
  type OptionRule,
  type OptionRules,
  oneOf,
  optionsProblems,
  rule,
  TEXT,
  valueOr,
} from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import { withinTime } from './attempt-time.js';
import type { CloudEventSink } from './cloud-event-sink.js';
import { ATTEMPT_DEFAULTS, DELIVERY_RULE, type DeliveryOptions } from './delivery-options.js';
import { type EventSink, ownSinkInThread, type SendOptions, type SinkInThread } from './event-sink.js';
import { BROKER_RULE } from './http/address.js';
import { invalidatesProducer, kafkaError } from './kafka/kafka-error.js';
import {
  type KafkaCompression,
  type KafkaProducer,
  type KafkaRecord,
  type KafkaSasl,
  loadKafka,
  type MakeProducer,
  requireKafka,
} from './kafka/producer.js';
import { type LoadedSoon, loadedSoon } from './loaded-soon.js';
import { refuseOne } from './refused-event.js';

/** Options of {@link KafkaSink}. */
export interface KafkaSinkOptions {
  /** Addresses of brokers, such as `kafka-1.example:9092`. Required if there is no `producer`. */
  brokers?: readonly string[];
  /**
   * A producer of the application. It is not closed, and options of the connection are not allowed beside it. Give it
   * `retries: 2`: the queue in front of this sink repeats as well.
   */
  producer?: KafkaProducer;
  /** Topic of the messages. It is not created. */
  topic: string;
  /**
   * Form of the messages: the whole CloudEvent as the value, or its data as the value and its attributes as headers.
   *
   * @defaultValue `'structured'`
   */
  mode?: 'structured' | 'binary';
  /**
   * The attribute of a CloudEvent whose value is the key of its message. Messages of one key stay in order.
   *
   * @defaultValue `'partitionkey'`, which is the session id of an audit event
   */
  keyField?: string;
  /**
   * `source` of the CloudEvents: URI reference of the application.
   *
   * @defaultValue `/chaukas/{tenant_id}/{project_id}`
   */
  source?: string;
  /**
   * Name of this client for the brokers.
   *
   * @defaultValue the name of this package
   */
  clientId?: string;
  /**
   * Replicas that must have a message: all that are in sync (-1), the leader (1), or none (0), with which no failure is
   * noticed.
   *
   * @defaultValue -1
   */
  acks?: -1 | 0 | 1;
  /** @defaultValue `'none'` */
  compression?: KafkaCompression;
  /**
   * Whether the broker recognises a batch that it gets twice. Needs `acks: -1`.
   *
   * @defaultValue `true` with `acks: -1`
   */
  idempotent?: boolean;
  sasl?: KafkaSasl;
  /** Whether the connection is encrypted, or options of `node:tls` for it. */
  tls?: boolean | ConnectionOptions;
  /**
   * Batches and retries.
   *
   * @defaultValue 500 events, 524,288 bytes and 0.5 seconds a batch, 30 seconds an attempt, split if too large
   */
  delivery?: DeliveryOptions;
}

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const ACKS = [-1, 0, 1];
const PRODUCER_RULE: OptionRule = rule(
  'a producer of @platformatic/kafka',
  (value) => isRecord(value) && typeof value.send === 'function',
);
/** The values are secrets, so that they are not shown. */
const SASL_RULE: OptionRule = {
  accepted: 'an object with "mechanism"',
  problems: (option, value) =>
    isRecord(value) && typeof value.mechanism === 'string'
      ? []
      : [`option "${option}" has no "mechanism"; it must be an object with "mechanism"`],
};

const RULES: OptionRules<KafkaSinkOptions> = {
  brokers: listOf(BROKER_RULE, 'an array of brokers, e.g. ["kafka-1.example:9092"]'),
  producer: PRODUCER_RULE,
  topic: { ...TEXT, required: true },
  mode: oneOf(['structured', 'binary']),
  keyField: TEXT,
  source: TEXT,
  clientId: TEXT,
  acks: rule('-1, 0 or 1', (value) => ACKS.includes(value as number)),
  compression: oneOf(COMPRESSIONS),
  idempotent: BOOLEAN,
  sasl: SASL_RULE,
  tls: valueOr((value) => typeof value === 'boolean', rule('true, false, or options of node:tls', isRecord)),
  delivery: DELIVERY_RULE,
};

const CONNECTION_OPTIONS = ['clientId', 'idempotent', 'sasl', 'tls'] as const;
const DEFAULT_DELIVERY: DeliveryOptions = {
  maxBatchSize: 500,
  maxBatchBytes: 524_288,
  flushIntervalMillis: 500,
  ...ATTEMPT_DEFAULTS,
};

/** Longer than any attempt. */
const HOLD_MS = 2 ** 31 - 1;

/**
 * A sink that writes the events to a topic of Kafka as CloudEvents (Kafka binding 1.0.2). It takes audit events and
 * CloudEvents.
 *
 * Needs the package `@platformatic/kafka`, which is loaded at the end of the turn of the event loop that made the sink: that
 * takes about half a second. With option `thread`, only the thread loads it. Connections do not keep the process alive.
 *
 * ```ts
 * new ChaukasSpanProcessor({ sinks: [new KafkaSink({ brokers: ['kafka-1.example:9092'], topic: 'agent-events' })] });
 * ```
 *
 * @throws TypeError - from the constructor, if an option is missing, unknown or not accepted.
 * @throws Error - from the constructor, if `@platformatic/kafka` is not installed.
 */
export class KafkaSink implements EventSink, CloudEventSink {
  readonly name: string;
  readonly delivery: DeliveryOptions;
  readonly #options: KafkaSinkOptions;
  readonly #producers: LoadedSoon<MakeProducer>;
  /** The producer of this sink, from its first batch on. */
  #own: ReturnType<MakeProducer> | undefined;

  constructor(options: KafkaSinkOptions) {
    const problems = optionsProblems(RULES, options, 'an object with "brokers" and "topic"');
    if (problems.length === 0) problems.push(...contradictions(options));
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: KafkaSink: ${problems.join('; ')}`);
    const { brokers = [], producer, topic, acks = -1, idempotent = acks === -1, delivery } = options;
    this.#options = options;
    this.name = `kafka ${[...brokers, topic].join(' ')}`;
    this.delivery = { ...DEFAULT_DELIVERY, ...delivery };
    if (producer === undefined) {
      requireKafka();
      this.#producers = loadedSoon(() => loadKafka({ ...options, brokers, idempotent }));
    } else {
      this.#producers = { get: () => () => ({ producer, close: async () => {} }), cancel: () => {} };
    }
  }

  get inThread(): SinkInThread | undefined {
    const made = ownSinkInThread(this, KafkaSink, 'KafkaSink', this.#options);
    return made && { ...made, handOver: () => this.#producers.cancel() };
  }

  async send(
    events: readonly ChaukasEvent[],
    lines: readonly string[] = [],
    options: Partial<SendOptions> = {},
  ): Promise<void> {
    const { toCloudEvent } = await import('../cloudevents/cloud-event.js');
    const { source } = this.#options;
    await this.#deliver(events, options.signal, (event, index) => [
      toCloudEvent(event, { source }),
      lines[index],
    ]);
  }

  async sendCloudEvents(
    events: readonly CloudEventShape[],
    options: Partial<SendOptions> = {},
  ): Promise<void> {
    await this.#deliver(events, options.signal, (event) => [event, undefined]);
  }

  /** Every `send` waits for the brokers. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#producers.cancel();
    await this.#discardProducer();
  }

  async #deliver<Item>(
    items: readonly Item[],
    signal: AbortSignal | undefined,
    outgoing: (item: Item, index: number) => readonly [event: CloudEventShape, dataText: string | undefined],
  ): Promise<void> {
    const { toKafkaMessage } = await import('../cloudevents/kafka-binding.js');
    const { topic, mode = 'structured', keyField } = this.#options;
    const records: KafkaRecord[] = [];
    for (const [index, item] of items.entries()) {
      try {
        const [event, dataText] = outgoing(item, index);
        records.push(recordOf(topic, toKafkaMessage(event, mode, { keyField, dataText })));
      } catch (error) {
        return refuseOne(index, error, () => this.#produce(records, signal));
      }
    }
    if (records.length > 0) await this.#produce(records, signal);
  }

  async #produce(messages: KafkaRecord[], signal: AbortSignal | undefined): Promise<void> {
    const { acks = -1, compression = 'none' } = this.#options;
    this.#own ??= this.#producers.get()();
    const { producer } = this.#own;
    // The connections do not keep the process alive, but a batch that is under way does.
    const hold = clock.setTimeout(() => {}, HOLD_MS);
    try {
      await withinTime(
        signal,
        this.delivery.timeoutMillis ?? ATTEMPT_DEFAULTS.timeoutMillis,
        async (given) => {
          try {
            await withoutTracing(ROOT_CONTEXT, () => producer.send({ messages, acks, compression }));
          } catch (error) {
            if (!given.aborted && invalidatesProducer(error)) await this.#discardProducer();
            throw kafkaError(
              error,
              messages.length > (this.delivery.minBatchSize ?? ATTEMPT_DEFAULTS.minBatchSize),
            );
          }
        },
      );
    } catch (error) {
      // The producer may still be sending the batch. It must not do so beside the next attempt.
      if (signal === undefined || signal.aborted) void this.#discardProducer();
      throw error;
    } finally {
      clock.clearTimeout(hold);
    }
  }

  async #discardProducer(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.close();
  }
}

/** Returns the problems of options that exclude each other. */
function contradictions(options: KafkaSinkOptions): string[] {
  const { brokers = [], producer, acks = -1, idempotent } = options;
  const problems: string[] = [];
  if (producer === undefined && brokers.length === 0) {
    problems.push(
      'option "brokers" is missing; it must be an array of brokers, e.g. ["kafka-1.example:9092"]',
    );
  }
  if (producer !== undefined) {
    const beside = ['brokers', ...CONNECTION_OPTIONS].filter((name) => Object.hasOwn(options, name));
    problems.push(
      ...beside.map(
        (name) => `options "producer" and "${name}" are both set; set "${name}" where the producer is made`,
      ),
    );
  }
  if (idempotent === true && acks !== -1) {
    problems.push(`option "acks" is ${acks} and "idempotent" is true; leave one of them out`);
  }
  return problems;
}

function recordOf(topic: string, { key, value, headers }: CloudEventKafkaMessage): KafkaRecord {
  return {
    topic,
    ...(key !== undefined && { key: Buffer.from(key) }),
    ...(value !== null && { value }),
    headers: new Map(
      Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    ),
  };
}
