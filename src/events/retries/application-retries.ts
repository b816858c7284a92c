import { createHash } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import type { EventStatus } from '../../chaukas/event.js';
import type { JsonObject } from '../../json/json.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import {
  BOOLEAN,
  type OptionRules,
  objectOf,
  TEXT,
  valueOr,
  WHOLE_NUMBER,
} from '../../options/option-rules.js';
import * as semconv from '../../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';
import type { SpanStartDetails } from '../../signals/signal.js';
import { parseMessages } from '../content/messages.js';
import { retryEvent } from '../content/retry.js';
import type { EventBody } from '../event-body.js';
import type { OpenSpan } from '../open-span.js';
import { millisOf, type SpanSnapshot, textAttribute, timestampOf } from '../spans/span-snapshot.js';
import { type RetryableFailure, retryableFailure } from './retryable-failure.js';

/** Options of the detection of retries; see `retryDetection` of `ChaukasSpanProcessorConfig`. */
export interface RetryDetectionOptions {
  /**
   * The attempts that the application makes of one call, the first one included. RETRY events report it, and a call
   * beyond it counts as a new one.
   *
   * @defaultValue no limit, and RETRY events report none
   */
  maxAttempts?: number;
  /**
   * Milliseconds within which a call must follow a failed one to be its retry.
   *
   * @defaultValue 120,000
   */
  windowMillis?: number;
  /**
   * The application's own policy, as RETRY events report it in `strategy`: `exponential`, `fixed`.
   *
   * @defaultValue none
   */
  strategy?: string;
  /**
   * The first wait of that policy, as RETRY events report it in `metadata.base_delay_ms`.
   *
   * @defaultValue none
   */
  baseDelayMillis?: number;
}

const DEFAULT_RETRY_WINDOW_MILLIS = 120_000;

const OPTIONS: OptionRules<RetryDetectionOptions> = {
  maxAttempts: WHOLE_NUMBER,
  windowMillis: WHOLE_NUMBER,
  strategy: TEXT,
  baseDelayMillis: WHOLE_NUMBER,
};

/** The rule for option `retryDetection`. */
export const RETRY_DETECTION_RULE = valueOr(
  (value) => typeof value === 'boolean',
  objectOf(OPTIONS, `${BOOLEAN.accepted}, or an object of options (${Object.keys(OPTIONS).join(', ')})`),
);

/** The number of places and calls whose failures are remembered. */
const MAX_CALLS = 1_000;

/** The number of failures that are remembered of one call in one place, for callers that make it at the same time. */
const MAX_FAILURES_OF_CALL = 16;

/** Tolerated difference between the clocks of an end and a start, of which one counts whole milliseconds. */
const CLOCK_TOLERANCE_MS = 2;

type CallRole = 'agent' | 'model';

/** A call of an agent or a model, as far as another one can be the same. */
interface Attempt {
  /** The failures that had been seen when the call started. */
  readonly failuresBefore: number;
  /** The places in which a retry of this call would be made. */
  readonly scopes: readonly string[];
  /** The places in which an earlier call may be, of which this is the retry. */
  readonly earlierScopes: readonly string[];
  readonly startedMillis: number;
  /** `undefined` if the input or the name is not known. */
  identity: CallIdentity | undefined;
  readonly runs: WorkflowRuns | undefined;
  /** The attempt of the application that led to this one by a handoff. */
  readonly handedOffBy: Attempt | undefined;
  /** Failed attempts before this one. */
  retryOf: number;
}

/** The input is kept until the call ends, and its digest made only if there is a failure. */
interface CallIdentity {
  readonly role: CallRole;
  readonly operation: string | undefined;
  /** Name of the agent or of the requested model. */
  readonly name: string;
  readonly input: () => CallInput;
  digest: string | undefined;
}

interface CallInput {
  readonly messages: readonly GenAiMessage[];
  readonly systemInstructions?: readonly MessagePart[];
}

interface FailedAttempt {
  readonly number: number;
  readonly attempts: number;
  readonly failure: RetryableFailure;
  readonly endedMillis: number;
  /** Whether a retry followed: a failure has one at most. */
  retried: boolean;
}

/** The runs beneath a workflow. */
interface WorkflowRuns {
  openAgents: number;
  /** The attempt with which the newest run began. */
  entry: Attempt | undefined;
  /** Whether an agent has handed off to one that has not started. */
  handedOff: boolean;
  /** Whether runs overlapped, so that an agent after a handoff may belong to any of them. */
  overlapping: boolean;
}

/**
 * Finds retries that the application makes itself: it calls an agent or a model again after a failure.
 *
 * A call is the retry of a failed one if all of this is known:
 * - both have the same parent in the same session; without a named session, the same trace or the same asynchronous flow
 *   of the application
 * - agent or model, operation and input are the same; an input that is not captured is not known
 * - it started after the failure, within the window
 * - the failure is one that may pass
 *
 * The client's own retries are within one call, and those of the Agents SDK have a signal. Neither is found here.
 */
export class ApplicationRetries {
  readonly #options: RetryDetectionOptions;
  readonly #windowMillis: number;
  readonly #attempts = new WeakMap<OpenSpan, Attempt>();
  /** The latest failure of a model call beneath an agent, by the agent. */
  readonly #modelFailures = new WeakMap<
    OpenSpan,
    { errorType: string | undefined; status: number | undefined }
  >();
  readonly #workflows = new WeakMap<OpenSpan, WorkflowRuns>();
  /** Keyed by place and digest of the call. */
  readonly #failures = new BoundedMap<string, readonly FailedAttempt[]>(MAX_CALLS);
  #failureCount = 0;
  #newestFailureMillis = 0;

  constructor(options: RetryDetectionOptions) {
    this.#options = options;
    this.#windowMillis = options.windowMillis ?? DEFAULT_RETRY_WINDOW_MILLIS;
  }

  /** A call of an agent or a model started. */
  started(open: OpenSpan, parent: OpenSpan | undefined): void {
    const { callerFlow, origin, session, span } = open;
    const atTop = origin.parentSpanId === session.spanId;
    const isNamed = session.lifetime !== 'trace';
    const place = atTop ? (isNamed ? session.id : origin.traceId) : (origin.parentSpanId ?? session.id);
    const byFlow = atTop && !isNamed;
    const runs = open.role === 'agent' && parent?.role === 'workflow' ? this.#runsOf(parent) : undefined;
    const attempt: Attempt = {
      failuresBefore: this.#failureCount,
      scopes: byFlow && callerFlow !== undefined ? [place, callerFlow.id] : [place],
      earlierScopes: byFlow && callerFlow !== undefined ? [place, ...callerFlow.earlier] : [place],
      startedMillis: millisOf(span.startTime),
      identity: undefined,
      runs,
      handedOffBy: runs?.handedOff === true ? runs.entry : undefined,
      retryOf: 0,
    };
    this.#attempts.set(open, attempt);
    if (runs === undefined) return;
    if (runs.handedOff) {
      runs.handedOff = false;
    } else {
      runs.overlapping ||= runs.openAgents > 0;
      runs.entry = attempt;
    }
    runs.openAgents += 1;
  }

  #runsOf(workflow: OpenSpan): WorkflowRuns {
    const known = this.#workflows.get(workflow);
    if (known !== undefined) return known;
    const runs = { openAgents: 0, entry: undefined, handedOff: false, overlapping: false };
    this.#workflows.set(workflow, runs);
    return runs;
  }

  /**
   * The input of a call is known, as far as it is captured.
   *
   * @returns the RETRY event if the call is a retry.
   */
  inputKnown(open: OpenSpan, details: SpanStartDetails | undefined): EventBody | undefined {
    const attempt = this.#attempts.get(open);
    if (attempt === undefined) return undefined;
    attempt.identity = identityOf(open, details);
    if (attempt.identity === undefined) return undefined;
    const failed = this.#takeFailure(attempt, attempt.identity);
    if (failed === undefined) return undefined;
    attempt.retryOf = failed.attempts;
    return this.#retryEvent(open, attempt, attempt.identity, failed);
  }

  /** A span ended that may be a call, or the handoff of an agent. */
  ended(open: OpenSpan, span: SpanSnapshot, status: EventStatus, parent: OpenSpan | undefined): void {
    const failed = status === 'EVENT_STATUS_FAILED';
    if (open.role === 'handoff' && !failed && parent !== undefined) {
      const { runs } = this.#attempts.get(parent) ?? {};
      if (runs !== undefined) runs.handedOff = true;
    }
    const attempt = this.#attempts.get(open);
    if (attempt === undefined) return;
    this.#attempts.delete(open);
    const { handedOffBy, runs } = attempt;
    if (runs !== undefined) runs.openAgents -= 1;
    if (!failed) return;
    const failure = retryableFailure(span, this.#statusOf(open, span, parent));
    if (failure === undefined) return;
    // After a handoff, the agent that fails is not the one that the application called.
    const called = handedOffBy !== undefined && runs?.overlapping === false ? handedOffBy : attempt;
    this.#remember(called, failure, millisOf(span.endTime));
  }

  /** Returns the status behind a failure: the call's own, or that of the model call with which the agent failed. */
  #statusOf(open: OpenSpan, span: SpanSnapshot, parent: OpenSpan | undefined): number | undefined {
    const errorType = textAttribute(span, semconv.ATTR_ERROR_TYPE);
    if (open.role === 'model') {
      const status = open.failedStatus;
      if (parent?.role === 'agent') this.#modelFailures.set(parent, { errorType, status });
      return status;
    }
    const cause = this.#modelFailures.get(open);
    return cause?.errorType === errorType ? cause?.status : undefined;
  }

  #remember({ identity, retryOf, scopes }: Attempt, failure: RetryableFailure, endedMillis: number): void {
    const attempts = retryOf + 1;
    const { maxAttempts } = this.#options;
    if (identity === undefined || (maxAttempts !== undefined && attempts >= maxAttempts)) return;
    const digest = digestOf(identity);
    if (digest === undefined) return;
    this.#failureCount += 1;
    this.#newestFailureMillis = endedMillis;
    const number = this.#failureCount;
    const failed: FailedAttempt = { number, attempts, failure, endedMillis, retried: false };
    for (const scope of scopes) {
      const key = `${scope} ${digest}`;
      const waiting = (this.#failures.remove(key) ?? []).filter(({ retried }) => !retried);
      this.#failures.set(key, [...waiting, failed].slice(-MAX_FAILURES_OF_CALL));
    }
  }

  #takeFailure(attempt: Attempt, identity: CallIdentity): FailedAttempt | undefined {
    if (this.#failures.size === 0) return undefined;
    const { earlierScopes, failuresBefore, startedMillis } = attempt;
    if (startedMillis - this.#newestFailureMillis > this.#windowMillis) {
      this.#failures.removeAll();
      return undefined;
    }
    const digest = digestOf(identity);
    if (digest === undefined) return undefined;
    for (const scope of earlierScopes) {
      const failures = this.#failures.get(`${scope} ${digest}`);
      const failed = failures?.find(({ endedMillis, number, retried }) => {
        const wait = startedMillis - endedMillis;
        return (
          !retried && number <= failuresBefore && wait >= -CLOCK_TOLERANCE_MS && wait <= this.#windowMillis
        );
      });
      if (failed === undefined) continue;
      failed.retried = true;
      return failed;
    }
    return undefined;
  }

  /** The wait is measured. A policy is reported only if the application states it. */
  #retryEvent(
    { span }: OpenSpan,
    { startedMillis }: Attempt,
    { name, role }: CallIdentity,
    { attempts, endedMillis, failure }: FailedAttempt,
  ): EventBody {
    const { baseDelayMillis, maxAttempts, strategy } = this.#options;
    return retryEvent(
      {
        retry: {
          attempt: attempts,
          ...(strategy !== undefined && { strategy }),
          backoff_ms: Math.max(0, Math.round(startedMillis - endedMillis)),
        },
        metadata: withoutAbsent<JsonObject>({
          detected: 'application',
          agent: role === 'agent' ? name : undefined,
          model: textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL),
          reason: failure.reason,
          error_code: failure.errorCode,
          http_status: failure.httpStatus,
          max_attempts: maxAttempts,
          base_delay_ms: baseDelayMillis,
        }),
      },
      timestampOf(span.startTime),
    );
  }
}

function identityOf(open: OpenSpan, details: SpanStartDetails | undefined): CallIdentity | undefined {
  const { origin, role, span } = open;
  if (role !== 'agent' && role !== 'model') return undefined;
  const name = role === 'agent' ? origin.agentName : textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL);
  const input = inputOf(span, details);
  if (name === undefined || input === undefined) return undefined;
  const operation = textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME);
  return { role, operation, name, input, digest: undefined };
}

/** The messages in an attribute are parsed only if there is a failure to compare with. */
function inputOf(span: SpanSnapshot, details: SpanStartDetails | undefined): (() => CallInput) | undefined {
  const runInput = details?.agent?.runInput;
  const known = runInput === undefined ? details?.modelRequest : { messages: runInput };
  if (known !== undefined) return known.messages.length === 0 ? undefined : () => known;
  const attribute = span.attributes[semconv.ATTR_GEN_AI_INPUT_MESSAGES];
  return attribute === undefined ? undefined : () => ({ messages: parseMessages(attribute) ?? [] });
}

/** The digest stays in this process. `undefined` if no message is known. */
function digestOf(identity: CallIdentity): string | undefined {
  if (identity.digest !== undefined) return identity.digest;
  const { input, name, operation, role } = identity;
  const { messages, systemInstructions = [] } = input();
  if (messages.length === 0) return undefined;
  identity.digest = createHash('sha256')
    .update(JSON.stringify([role, operation, name, messages, systemInstructions]))
    .digest('base64');
  return identity.digest;
}
