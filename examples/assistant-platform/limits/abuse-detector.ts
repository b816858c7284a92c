import { recordPolicyDecision } from 'opentelemetry-instrumentation-openai-agents';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { z } from 'zod';
import { wholeNumber } from '../../service/environment.js';
import { type Problem, ProblemError } from '../../service/problem.js';
import { injectionMarkers } from './injection-markers.js';
import { currentState } from './rate-limits.js';

/** The variables of the detection. */
export const abuseVariables = {
  ABUSE_POLICY: z.enum(['block', 'observe']).default('block').describe('block or observe'),
  /** Requests of one caller in five seconds that are not a burst yet. */
  ABUSE_BURST: wholeNumber(1, 1_000_000, 30),
  /** Refused requests of one caller in a minute that are not abuse yet. */
  ABUSE_REFUSALS: wholeNumber(1, 1_000_000, 10),
};

export interface AbuseVariables {
  readonly ABUSE_POLICY: 'block' | 'observe';
  readonly ABUSE_BURST: number;
  readonly ABUSE_REFUSALS: number;
}

/** The patterns that are looked for. */
export type AbusePattern = 'burst' | 'repeated-refusals' | 'prompt-injection';

const BURST_SECONDS = 5;
const REFUSALS_SECONDS = 60;
/** The time for which a caller is locked out after a burst or many refusals. */
const BLOCK_SECONDS = 30;

const POLICY_ID = 'abuse-patterns';
/** Characters of a message in the event. */
const EXCERPT = 500;

/**
 * Looks for patterns of abuse and records each finding as a POLICY_DECISION event, in the session and the trace of the
 * request. With ABUSE_POLICY=block the outcome is `deny`, and the request ends with an error. With `observe` it is
 * `review`, and the request goes on.
 *
 * A pattern that lasts is recorded once per window, so that an attack does not fill the audit trail.
 */
export class AbuseDetector {
  readonly #blocks: boolean;
  readonly #requests: RateLimiterMemory;
  readonly #refusals: RateLimiterMemory;
  readonly #lockedOut: RateLimiterMemory;
  readonly #onAbuse: (pattern: AbusePattern, outcome: 'deny' | 'review') => void;

  /** @param onAbuse - called with each finding, for metrics. */
  constructor(
    variables: AbuseVariables,
    onAbuse: (pattern: AbusePattern, outcome: 'deny' | 'review') => void = () => undefined,
  ) {
    const window = (keyPrefix: string, points: number, duration: number) =>
      new RateLimiterMemory({ keyPrefix, points, duration });
    this.#blocks = variables.ABUSE_POLICY === 'block';
    this.#requests = window('burst', variables.ABUSE_BURST, BURST_SECONDS);
    this.#refusals = window('refusals', variables.ABUSE_REFUSALS, REFUSALS_SECONDS);
    this.#lockedOut = window('locked-out', 1, BLOCK_SECONDS);
    this.#onAbuse = onAbuse;
  }

  /**
   * A request came.
   *
   * @throws ProblemError - 429 `caller_blocked` if the caller is locked out.
   */
  async arrived(caller: string): Promise<void> {
    const lock = await currentState(this.#lockedOut, caller);
    if (lock !== undefined) throw new ProblemError(blocked(lock.msBeforeNext));
    const { consumedPoints } = await this.#requests.penalty(caller);
    if (consumedPoints <= this.#requests.points) return;
    // Exactly once in a window; the requests after it add nothing new.
    if (consumedPoints > this.#requests.points + 1) return;
    await this.#found(
      'burst',
      caller,
      `${consumedPoints} requests in ${BURST_SECONDS} seconds; ${this.#requests.points} are allowed.`,
    );
    if (this.#blocks) throw new ProblemError(blocked(BLOCK_SECONDS * 1_000));
  }

  /** A request was refused, by a limit, a rule or a filter. */
  async refused(caller: string, status: number): Promise<void> {
    const { consumedPoints } = await this.#refusals.penalty(caller);
    if (consumedPoints !== this.#refusals.points + 1) return;
    await this.#found(
      'repeated-refusals',
      caller,
      `${consumedPoints} refused requests in ${REFUSALS_SECONDS} seconds, the last with status ${status}.`,
    );
  }

  /**
   * Looks for markers of prompt injection. Call it inside of the session of the conversation, so that the event is in it.
   *
   * @throws ProblemError - 403 `abuse_detected`.
   */
  inspect(caller: string, text: string): void {
    const markers = injectionMarkers(text);
    if (markers.length === 0) return;
    const rationale = 'The message has markers of prompt injection.';
    this.#record('prompt-injection', caller, rationale, markers, { message: text.slice(0, EXCERPT) });
    if (!this.#blocks) return;
    throw new ProblemError({
      status: 403,
      code: 'abuse_detected',
      title: 'Request blocked',
      detail: `${rationale} Say it in other words.`,
    });
  }

  async #found(pattern: AbusePattern, caller: string, rationale: string): Promise<void> {
    this.#record(pattern, caller, rationale, [pattern]);
    if (this.#blocks) await this.#lockedOut.block(caller, BLOCK_SECONDS);
  }

  #record(
    pattern: AbusePattern,
    caller: string,
    rationale: string,
    ruleIds: readonly string[],
    content?: object,
  ): void {
    const outcome = this.#blocks ? 'deny' : 'review';
    const metadata = { pattern, caller };
    recordPolicyDecision({
      policyId: POLICY_ID,
      outcome,
      ruleIds,
      rationale,
      author: 'system',
      metadata,
      ...(content && { content }),
    });
    this.#onAbuse(pattern, outcome);
  }
}

function blocked(millis: number): Problem {
  const seconds = Math.max(1, Math.ceil(millis / 1_000));
  return {
    status: 429,
    code: 'caller_blocked',
    title: 'Caller blocked',
    detail: `The requests of this key look like abuse. It is accepted again in ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds) },
  };
}
