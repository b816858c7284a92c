import type { MeterProvider } from '@opentelemetry/api';
import { COST_RULE, type CostOptions } from '../cost/cost-options.js';
import {
  DEAD_LETTER_RULE,
  type DeadLetterOptions,
  deadLetterProblems,
} from '../delivery/dead-letter-file.js';
import { METER_PROVIDER_RULE } from '../delivery/delivery-metrics.js';
import { SPOOL_RULE, type SpoolOptions } from '../delivery/spool/spool-options.js';
import { isRecord, type UnknownRecord } from '../json/readers.js';
import {
  BOOLEAN,
  missingOption,
  type OptionRules,
  optionProblems,
  optionsProblems,
  required,
  rule,
  TEXT,
  TEXTS,
  WHOLE_NUMBER,
} from '../options/option-rules.js';
import type { RedactionOptions } from '../redaction/redaction-options.js';
import { REDACTION_RULE } from '../redaction/redaction-rule.js';
import { DELIVERY_RULE } from '../sinks/delivery-options.js';
import { type EventSink, sinkName } from '../sinks/event-sink.js';
import { PACKAGE_NAME } from '../version.js';
import { FOREIGN_SPANS_RULE, type ForeignSpans } from './foreign-spans.js';
import { threadProblems } from './pipeline/thread-options.js';
import { RETRY_DETECTION_RULE, type RetryDetectionOptions } from './retries/application-retries.js';
import { CHECKPOINTS_RULE, type CheckpointOptions } from './sealing/checkpoint-options.js';
import { REQUEST_MESSAGES_RULE, type RequestMessages } from './sealing/request-messages.js';
import { TOOL_EVENTS_RULE, type ToolEventPatterns } from './tool-name-patterns.js';

/** Options of `ChaukasSpanProcessor`. */
export interface ChaukasSpanProcessorConfig {
  /** The destinations of the events, at least one. Each sink gets all events. */
  sinks: readonly EventSink[];
  /** Tenant of every event. Required if a sink requires it. */
  tenantId?: string;
  /** Project of every event. Required if a sink requires it. */
  projectId?: string;
  /** `branch` of every event. */
  branch?: string;
  /** `tags` of every event. */
  tags?: readonly string[];
  /**
   * Whether events carry message content: prompts, answers, instructions, tool arguments and results. Independent of
   * the content on the spans.
   *
   * @defaultValue `true`
   */
  captureMessageContent?: boolean;
  /**
   * Milliseconds without activity after which a session ends. Applies to sessions that the application named
   * (`session.id`, a conversation id) and to sessions of `startSession` that the application did not end. Later
   * activity opens the session again. A session that is its trace ends with the trace.
   *
   * @defaultValue 1,800,000 (30 minutes)
   */
  sessionIdleTimeoutMillis?: number;
  /**
   * The number of events that may wait for a sink. Further events are dropped and counted.
   *
   * @defaultValue 10,000
   */
  maxQueueSize?: number;
  /**
   * The bytes of JSON that may wait for a sink. Further events are dropped and counted.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  maxQueueBytes?: number;
  /**
   * A directory where events wait until their sink has taken them: while it is down, and if the process ends or is killed.
   * The next process with the same directory delivers them. An event may reach a sink twice then; its `event_id` stays
   * the same.
   *
   * ```ts
   * spool: { directory: '/var/lib/agent/spool' }
   * ```
   *
   * @defaultValue none; events wait in memory
   */
  spool?: SpoolOptions;
  /**
   * A file for events that a sink refused and for those that were given up, one JSON object per line with `sink`,
   * `reason`, `time` and `event`. They count as dropped all the same.
   *
   * @defaultValue none; with `spool`, the file `dead-letters.jsonl` in its directory
   */
  deadLetter?: DeadLetterOptions;
  /**
   * The provider of the metrics of the delivery itself, such as the size of each sink's queue.
   *
   * @defaultValue the global meter provider
   */
  meterProvider?: MeterProvider;
  /**
   * The events of GenAI spans that this package did not make:
   *
   * - `complement`: they make events, except for an operation that a span of this package describes as well, around
   *   them or beneath them in the same trace
   * - `ignore`: they make no events
   * - `all`: they make events, also for operations that are in the stream already, whose tokens then count twice
   *
   * @defaultValue `'complement'`
   */
  foreignSpans?: ForeignSpans;
  /**
   * Tool names whose calls make an additional event. No SDK knows what a tool does to data or state, but the
   * application's tool names may show it. The event comes before the TOOL_CALL_END of a call that succeeded, and names
   * the pattern in its metadata. A tool that itself calls `recordDataAccess` or a similar function makes only that event.
   *
   * ```ts
   * toolEvents: { dataAccess: ['database_query', 'search_*'], stateUpdate: [/^(create|update|delete)_/] }
   * ```
   *
   * @defaultValue none
   */
  toolEvents?: ToolEventPatterns;
  /**
   * Personal data to remove from events before they are stored or sent: data of common kinds, and fields and patterns
   * that the application names. `false` keeps personal data. Credentials are always masked.
   *
   * ```ts
   * redaction: { methods: { email: 'hash' }, salt, saltId: '2026', fields: ['tool_response.output.customer.*'] }
   * ```
   *
   * @defaultValue all detectors, masked
   */
  redaction?: RedactionOptions | false;
  /**
   * The prices for the `cost` of MODEL_INVOCATION_END: a list of public prices, and your own prices, which take
   * precedence. A call whose price is not certain has no cost. `false` switches costs off.
   *
   * ```ts
   * cost: { prices: { 'my-deployment': { inputPerMillion: 0.25, outputPerMillion: 2 } } }
   * ```
   *
   * @defaultValue public prices
   */
  cost?: CostOptions | boolean;
  /**
   * Signed checkpoints, which make the stream a transparency log: after a number of events or milliseconds, a SYSTEM
   * event carries a signature over a Merkle tree of all events so far. The hash chains show changes in the stream, and the
   * checkpoints prevent that someone without the key changes the stream and computes new hashes.
   *
   * ```ts
   * checkpoints: { key: '/run/secrets/audit-key.pem' }
   * ```
   *
   * @defaultValue none
   */
  checkpoints?: CheckpointOptions;
  /**
   * The retries that the application makes itself: a RETRY event if it calls an agent or a model again with the same
   * input after a failure that may pass (429, 408, 409, 5xx, timeout, connection). It needs the content of the calls, so
   * there are none if `captureMessageContent` is `false`. State your policy here to have it on the events. `false`
   * switches the detection off.
   *
   * ```ts
   * retryDetection: { maxAttempts: 3, strategy: 'exponential', baseDelayMillis: 500 }
   * ```
   *
   * @defaultValue `true`
   */
  retryDetection?: RetryDetectionOptions | boolean;
  /**
   * The messages on MODEL_INVOCATION_START, of those that the model was sent:
   *
   * - `new`: those that are new since the last call of the run. `metadata` names the event that has the earlier ones
   *   (`messages_since`), and the number and the hash of all of them (`messages_count`, `messages_sha256`).
   * - `all`: all of them, so that the stream grows with the square of a run's turns
   *
   * @defaultValue `'new'`
   */
  requestMessages?: RequestMessages;
  /**
   * Whether SESSION_END carries the host, process, thread, CPU time and memory of the process.
   *
   * @defaultValue `false`
   */
  infrastructureMetrics?: boolean;
  /**
   * Whether SYSTEM events record when this stream and the instrumentations started and stopped, with their versions and
   * configuration. They are in the session that stands for the stream, which opens before the first event and ends after
   * the last. Without them that session has its START, its END, the checkpoints, and what was dropped.
   *
   * @defaultValue `true`
   */
  systemEvents?: boolean;
  /**
   * Whether events are redacted, hashed and delivered in a worker thread of this process, so that the application's thread
   * does not spend that time. The events are the same, and so is everything that this processor promises.
   *
   * A thread can be given data, but no functions and no objects of the application. So a sink must say how the thread
   * makes it (`EventSink.inThread`). `StdoutSink` and `MemorySink` belong to the application's thread. Functions as options
   * of a sink, `redaction.callback`, and a function as `checkpoints.key` are not accepted.
   *
   * @defaultValue `false`
   */
  thread?: boolean;
}

export const DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS = 30 * 60 * 1000;
export const DEFAULT_MAX_QUEUE_SIZE = 10_000;
export const DEFAULT_MAX_QUEUE_BYTES = 64 * 1024 * 1024;

const RULES: OptionRules<ChaukasSpanProcessorConfig> = {
  sinks: required(
    rule(
      'a non-empty array of sinks, e.g. [new FileSink({ path })]',
      (value) => Array.isArray(value) && value.length > 0 && value.every(isSink),
    ),
  ),
  tenantId: TEXT,
  projectId: TEXT,
  branch: TEXT,
  tags: TEXTS,
  captureMessageContent: BOOLEAN,
  sessionIdleTimeoutMillis: rule(
    'a number of milliseconds above 0',
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  ),
  maxQueueSize: WHOLE_NUMBER,
  maxQueueBytes: WHOLE_NUMBER,
  spool: SPOOL_RULE,
  deadLetter: DEAD_LETTER_RULE,
  meterProvider: METER_PROVIDER_RULE,
  foreignSpans: FOREIGN_SPANS_RULE,
  toolEvents: TOOL_EVENTS_RULE,
  redaction: REDACTION_RULE,
  cost: COST_RULE,
  checkpoints: CHECKPOINTS_RULE,
  retryDetection: RETRY_DETECTION_RULE,
  requestMessages: REQUEST_MESSAGES_RULE,
  infrastructureMetrics: BOOLEAN,
  systemEvents: BOOLEAN,
  thread: BOOLEAN,
};

/** @throws TypeError - naming every option that is unknown, missing or not accepted, with its value. */
export function validateSpanProcessorConfig(config: unknown): asserts config is ChaukasSpanProcessorConfig {
  const problems = spanProcessorProblems(config);
  if (problems.length > 0)
    throw new TypeError(`${PACKAGE_NAME}: ChaukasSpanProcessor: ${problems.join('; ')}`);
}

/** Returns the names of the options. */
export function eventOptionNames(): readonly string[] {
  return Object.keys(RULES);
}

/** Returns a text for each problem with the options. */
export function spanProcessorProblems(config: unknown): string[] {
  const problems = optionsProblems(RULES, config, 'an object with "sinks"');
  if (!isRecord(config)) return problems;
  return [
    ...problems,
    ...missingTenancy(config),
    ...deadLetterProblems(config),
    ...deliveryProblems(config),
    ...threadProblems(config),
  ];
}

/** A sink may state how it is delivered to. */
function deliveryProblems({ sinks }: UnknownRecord): string[] {
  if (!Array.isArray(sinks)) return [];
  return sinks
    .filter(isSink)
    .flatMap((sink, index) => optionProblems(`sinks[${index}].delivery`, DELIVERY_RULE, sink.delivery));
}

function missingTenancy(options: UnknownRecord): string[] {
  const sinks = Array.isArray(options.sinks) ? options.sinks.filter(isSink) : [];
  const demanding = sinks.find((sink) => sink.requiresTenant === true);
  if (demanding === undefined) return [];
  return (['tenantId', 'projectId'] as const)
    .filter((name) => options[name] === undefined)
    .map((name) =>
      missingOption(name, `${TEXT.accepted}, because sink "${sinkName(demanding)}" requires it`),
    );
}

function isSink(value: unknown): value is EventSink {
  return (
    isRecord(value) &&
    [value.send, value.forceFlush, value.shutdown].every((method) => typeof method === 'function')
  );
}
