import { type CostOptions, costProblems } from '../cost/cost-options.js';
import { type RedactionOptions, redactionProblems } from '../redaction/redaction-options.js';
import type { EventSink } from '../sinks/event-sink.js';
import { showValue } from '../text/show-value.js';
import { PACKAGE_NAME } from '../version.js';
import { type CheckpointOptions, checkpointProblems } from './sealing/checkpoint-options.js';
import { type ToolEventPatterns, toolEventsProblems } from './tool-name-patterns.js';

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
   * Signed checkpoints: after a number of events or milliseconds, a SYSTEM event carries a signature over the newest
   * hash of each session. The hash chains show changes in the stream, and the checkpoints prevent that someone without
   * the key changes the stream and computes new hashes. Each event names its checkpoint in `worm_proof_id`.
   *
   * ```ts
   * checkpoints: { key: '/run/secrets/audit-key.pem' }
   * ```
   *
   * @defaultValue none
   */
  checkpoints?: CheckpointOptions;
  /**
   * Whether SESSION_END carries the host, process, thread, CPU time and memory of the process.
   *
   * @defaultValue `false`
   */
  infrastructureMetrics?: boolean;
  /**
   * Whether SYSTEM events record when this stream and the instrumentations started and stopped, with their versions and
   * configuration. They are in sessions of their own, before the first and after the last of the other events.
   *
   * @defaultValue `true`
   */
  systemEvents?: boolean;
}

export const DEFAULT_SESSION_IDLE_TIMEOUT_MILLIS = 30 * 60 * 1000;
export const DEFAULT_MAX_QUEUE_SIZE = 10_000;

type OptionName = keyof ChaukasSpanProcessorConfig;

interface OptionRule {
  readonly accepted: string;
  readonly accepts: (value: unknown) => boolean;
}

/** Of an option that has parts of its own. */
interface PartsRule {
  readonly problems: (value: unknown) => string[];
}

const TEXT: OptionRule = { accepted: 'a non-empty string', accepts: isText };
const BOOLEAN: OptionRule = { accepted: 'true or false', accepts: (value) => typeof value === 'boolean' };
const POSITIVE_INTEGER: OptionRule = {
  accepted: 'a whole number above 0',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

const RULES: Readonly<Record<OptionName, OptionRule | PartsRule>> = {
  sinks: {
    accepted: 'a non-empty array of sinks, e.g. [new FileSink({ path })]',
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isSink),
  },
  tenantId: TEXT,
  projectId: TEXT,
  branch: TEXT,
  tags: {
    accepted: 'an array of non-empty strings',
    accepts: (value) => Array.isArray(value) && value.every(isText),
  },
  captureMessageContent: BOOLEAN,
  sessionIdleTimeoutMillis: {
    accepted: 'a number of milliseconds above 0',
    accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  },
  maxQueueSize: POSITIVE_INTEGER,
  toolEvents: { problems: toolEventsProblems },
  redaction: { problems: redactionProblems },
  cost: { problems: costProblems },
  checkpoints: { problems: checkpointProblems },
  infrastructureMetrics: BOOLEAN,
  systemEvents: BOOLEAN,
};

/**
 * @throws TypeError - naming every option that is unknown, missing or not accepted, with its value.
 */
export function validateSpanProcessorConfig(config: unknown): asserts config is ChaukasSpanProcessorConfig {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new TypeError(`${PACKAGE_NAME}: ChaukasSpanProcessor needs an object of options with "sinks"`);
  }
  const problems = spanProcessorProblems(config);
  if (problems.length > 0)
    throw new TypeError(`${PACKAGE_NAME}: ChaukasSpanProcessor: ${problems.join('; ')}`);
}

/** What is wrong with the options, in words; nothing where they are accepted. */
export function spanProcessorProblems(config: object): string[] {
  const options = config as Readonly<Record<string, unknown>>;
  return [...unknownOptions(options), ...wrongValues(options), ...missingTenancy(options)];
}

function unknownOptions(options: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(options)
    .filter((name) => !Object.hasOwn(RULES, name))
    .map((name) => `unknown option "${name}"; known are: ${Object.keys(RULES).join(', ')}`);
}

function wrongValues(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) => {
    const value = options[name];
    if (value === undefined && name !== 'sinks') return [];
    if ('problems' in rule) return rule.problems(value);
    return rule.accepts(value)
      ? []
      : [`option "${name}" is ${showValue(value)}; it must be ${rule.accepted}`];
  });
}

function missingTenancy(options: Readonly<Record<string, unknown>>): string[] {
  const sinks = Array.isArray(options.sinks) ? options.sinks.filter(isSink) : [];
  const demanding = sinks.find((sink) => sink.requiresTenant === true);
  if (demanding === undefined) return [];
  return (['tenantId', 'projectId'] as const)
    .filter((name) => options[name] === undefined)
    .map((name) => `option "${name}" is missing; sink "${demanding.name}" needs it to be ${TEXT.accepted}`);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isSink(value: unknown): value is EventSink {
  const sink = value as Partial<Record<keyof EventSink, unknown>> | null;
  return (
    typeof sink === 'object' &&
    sink !== null &&
    [sink.send, sink.forceFlush, sink.shutdown].every((method) => typeof method === 'function')
  );
}
