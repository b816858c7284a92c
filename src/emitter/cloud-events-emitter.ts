import { diag, type MeterProvider, trace } from '@opentelemetry/api';
import { attributeProblem } from '../cloudevents/attribute-rules.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import { cloudEventFromJson, cloudEventToJson } from '../cloudevents/json-format.js';
import type { OssaEventType } from '../cloudevents/ossa-types.js';
import {
  DEAD_LETTER_RULE,
  type DeadLetterOptions,
  deadLetterProblems,
  openDeadLetters,
} from '../delivery/dead-letter-file.js';
import type { DeliveryDestination, SinkStats } from '../delivery/delivery-destination.js';
import { METER_PROVIDER_RULE } from '../delivery/delivery-metrics.js';
import { DeliveryQueue } from '../delivery/delivery-queue.js';
import { SPOOL_RULE, type SpoolOptions } from '../delivery/spool/spool-options.js';
import { Guard } from '../diagnostics/guard.js';
import { loadInstalled } from '../installed-module.js';
import { isRecord, type UnknownRecord } from '../json/readers.js';
import { optionProblems, optionsProblems, required, rule, WHOLE_NUMBER } from '../options/option-rules.js';
import type { CloudEventSink } from '../sinks/cloud-event-sink.js';
import { DELIVERY_RULE } from '../sinks/delivery-options.js';
import { sinkName } from '../sinks/event-sink.js';
import { StdoutSink } from '../sinks/stdout-sink.js';
import { PACKAGE_NAME } from '../version.js';
import { type CloudEventAttributes, newCloudEvent } from './new-cloud-event.js';
import type { OssaEventData } from './ossa-data.js';

/** Options of {@link CloudEventsEmitter}. */
export interface CloudEventsEmitterOptions {
  /** URI reference of where the events happen: `https://shop.example/support-desk`, or `ossa/my-agent`. */
  source: string;
  /**
   * The destination.
   *
   * @defaultValue `new StdoutSink()`
   */
  sink?: CloudEventSink;
  /**
   * Number of events that are sent together. Fewer are sent when `flushIntervalMs` is over, and by `flush()`.
   *
   * @defaultValue that of the sink, or 512
   */
  batchSize?: number;
  /**
   * Milliseconds that an event waits for its batch to fill. With 0, a batch is sent when the caller's turn is over.
   *
   * @defaultValue 5,000 with `batchSize`, otherwise that of the sink, or 0
   */
  flushIntervalMs?: number;
  /**
   * Number of events that wait at most. Further ones are dropped, counted and logged.
   *
   * @defaultValue 10,000
   */
  maxQueueSize?: number;
  /**
   * Bytes of JSON of the events that wait at most.
   *
   * @defaultValue 64 MiB
   */
  maxQueueBytes?: number;
  /**
   * A directory where events wait until the sink has taken them: while it is down, and if the process ends or is killed.
   * The next process with the same directory and a sink of the same name delivers them. An event may reach a sink twice
   * then; its `id` stays the same.
   *
   * @defaultValue none; events wait in memory
   */
  spool?: SpoolOptions;
  /**
   * A file for events that the sink refused and for those that were given up, one JSON object per line with `sink`,
   * `reason`, `time` and `event`. They count as dropped all the same.
   *
   * @defaultValue none; with `spool`, the file `dead-letters.jsonl` in its directory
   */
  deadLetter?: DeadLetterOptions;
  /**
   * The provider of the metrics of the delivery itself, such as the size of the queue.
   *
   * @defaultValue the global meter provider
   */
  meterProvider?: MeterProvider;
}

/** An event that was emitted: at run time an instance of `CloudEvent` of the `cloudevents` package. */
export interface EmittedCloudEvent<Data> extends CloudEventShape {
  readonly data?: Data;
}

const DEFAULT_INTERVAL_MS = 5_000;
const DEFAULT_MAX_QUEUE_SIZE = 10_000;
const DEFAULT_MAX_QUEUE_BYTES = 64 * 1024 * 1024;

const SINK_METHODS = ['sendCloudEvents', 'forceFlush', 'shutdown'] as const;

const RULES = {
  source: required(
    rule(
      'a non-empty URI reference, such as "/shop/desk"',
      (value) => attributeProblem('source', value) === undefined,
    ),
  ),
  sink: rule(
    'a sink of CloudEvents, such as new StdoutSink()',
    (value) => isRecord(value) && SINK_METHODS.every((name) => typeof value[name] === 'function'),
  ),
  batchSize: WHOLE_NUMBER,
  flushIntervalMs: rule(
    'a number of milliseconds, or 0',
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  ),
  maxQueueSize: WHOLE_NUMBER,
  maxQueueBytes: WHOLE_NUMBER,
  spool: SPOOL_RULE,
  deadLetter: DEAD_LETTER_RULE,
  meterProvider: METER_PROVIDER_RULE,
};

interface QueuedEvent {
  readonly event: CloudEventShape;
  /** Its JSON. */
  readonly line: string;
}

/**
 * Emits CloudEvents of the application. It needs the package `cloudevents` and nothing else: no SDK, no span.
 *
 * Events go through the same queue as audit events: in order, in batches, outside of the caller's turn, again after a
 * failure.
 *
 * ```ts
 * await using emitter = new CloudEventsEmitter({ source: 'ossa/my-agent', batchSize: 5 });
 * emitter.emit(OSSA_EVENT_TYPES.AGENT_STARTED, { agent_id: '001' }, { ossaagentid: 'my-agent' });
 * ```
 *
 * @throws TypeError - from the constructor, names each option that is unknown, missing or not accepted.
 * @throws Error - from the constructor, if the package `cloudevents` is not installed.
 */
export class CloudEventsEmitter {
  readonly #source: string;
  readonly #queue: DeliveryQueue<QueuedEvent>;
  readonly #sdk: CloudEventConstructor;
  readonly #guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));

  constructor(options: CloudEventsEmitterOptions) {
    const problems = [
      ...optionsProblems(RULES, options, 'an object with "source"'),
      ...(isRecord(options) ? [...deadLetterProblems(options), ...deliveryProblems(options)] : []),
    ];
    if (problems.length > 0)
      throw new TypeError(`${PACKAGE_NAME}: CloudEventsEmitter: ${problems.join('; ')}`);
    this.#sdk = loadSdk();
    this.#source = options.source;
    const onError = (message: string, error?: unknown) => this.#guard.errorOnce(message, error);
    const { spool, meterProvider } = options;
    this.#queue = new DeliveryQueue(destinationOf(options), {
      maxSize: options.maxQueueSize ?? DEFAULT_MAX_QUEUE_SIZE,
      maxBytes: options.maxQueueBytes ?? DEFAULT_MAX_QUEUE_BYTES,
      restore: (line) => ({ event: cloudEventFromJson(line), line }),
      spool,
      deadLetters: openDeadLetters(options, onError),
      meterProvider,
      onError,
    });
  }

  /**
   * Emits an event and returns it. Returns before it is sent. A failure to send it is logged and counted, never thrown.
   * After `close()` the event is dropped.
   *
   * @param data - the type says what it is for the types of OSSA, and the type parameter for others. `null` is data, too.
   * @throws TypeError - if an attribute or the data breaks a rule of CloudEvents 1.0.2: it names the attribute, the value
   * and the rule.
   */
  emit<Type extends OssaEventType>(
    type: Type,
    data: OssaEventData[Type],
    attributes?: CloudEventAttributes,
  ): EmittedCloudEvent<OssaEventData[Type]>;
  emit<Data = unknown, Type extends string = string>(
    type: Type extends OssaEventType ? never : Type,
    data?: Data,
    attributes?: CloudEventAttributes,
  ): EmittedCloudEvent<Data>;
  emit(type: string, data?: unknown, attributes: CloudEventAttributes = {}): EmittedCloudEvent<unknown> {
    let event: CloudEventShape;
    let emitted: EmittedCloudEvent<unknown>;
    try {
      const span = trace.getActiveSpan()?.spanContext();
      event = newCloudEvent({ type, data, attributes, source: this.#source, span });
      // The application's own object, so that a change of it does not change what is sent.
      emitted = new this.#sdk(isRecord(data) && event.data_base64 === undefined ? { ...event, data } : event);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TypeError(`${PACKAGE_NAME}: CloudEventsEmitter.emit(): ${reason}`, { cause: error });
    }
    this.#queue.push({ event, line: cloudEventToJson(event) });
    return emitted;
  }

  /** Resolves when all events emitted so far are delivered or dropped, or after 30 seconds. Never rejects. */
  flush(): Promise<void> {
    return this.#settle(this.#queue.forceFlush());
  }

  /** Flushes and closes the sink. Never rejects. */
  close(): Promise<void> {
    return this.#settle(this.#queue.shutdown());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns counts of what became of the events so far. */
  stats(): SinkStats {
    return this.#queue.stats;
  }

  async #settle(action: Promise<void>): Promise<void> {
    try {
      await action;
    } catch (error) {
      this.#guard.errorOnce(`${this.#queue.name}: the sink could not be flushed`, error);
    }
  }
}

/** A sink may state how it is delivered to. */
function deliveryProblems({ sink }: UnknownRecord): readonly string[] {
  return isRecord(sink) ? optionProblems('sink.delivery', DELIVERY_RULE, sink.delivery) : [];
}

/** Returns the sink as a destination of a queue. */
function destinationOf({
  sink = new StdoutSink(),
  batchSize,
  flushIntervalMs = batchSize === undefined || batchSize === 1 ? undefined : DEFAULT_INTERVAL_MS,
}: CloudEventsEmitterOptions): DeliveryDestination<QueuedEvent> {
  const eventOf = ({ event }: QueuedEvent) => event;
  return {
    // An event processor with the same spool must not take the events of an emitter for its own.
    name: `${sinkName(sink)} (CloudEvents)`,
    delivery: {
      ...sink.delivery,
      ...(batchSize !== undefined && { maxBatchSize: batchSize }),
      ...(flushIntervalMs !== undefined && { flushIntervalMillis: flushIntervalMs }),
    },
    send: (items, options) => sink.sendCloudEvents(items.map(eventOf), options),
    ...(sink.sendCloudEventsSync !== undefined && {
      sendSync: (items: readonly QueuedEvent[]) => sink.sendCloudEventsSync?.(items.map(eventOf)),
    }),
    forceFlush: () => sink.forceFlush(),
    shutdown: () => sink.shutdown(),
  };
}

type CloudEventConstructor = new (event: CloudEventShape) => EmittedCloudEvent<unknown>;

let sdk: CloudEventConstructor | undefined;

/** The package is an optional peer, which programs that only read CloudEvents do not need. */
function loadSdk(): CloudEventConstructor {
  if (sdk !== undefined) return sdk;
  const loaded = loadInstalled('cloudevents', 'CloudEventsEmitter');
  const found = isRecord(loaded) ? loaded.CloudEvent : undefined;
  if (typeof found !== 'function') {
    throw new Error(
      `${PACKAGE_NAME}: the package "cloudevents" has no class CloudEvent; install version 8 or newer`,
    );
  }
  sdk = found as CloudEventConstructor;
  return sdk;
}
