/** Retries with backoff and jitter, and a circuit breaker, around each call of the model endpoint. */
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IRetryBackoffContext,
  retry,
  wrap,
} from 'cockatiel';
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { ProblemError } from '../../service/problem.js';
import type { CircuitPhase, PlatformObserver } from '../monitoring/observer.js';
import {
  isBrokenConnection,
  retryAfterMillis,
  toProblemError,
  UpstreamPaused,
  UpstreamTimeout,
} from './upstream-problem.js';

export interface ResilienceOptions {
  /** Number of further attempts. */
  readonly retries: number;
  /** Delay before the first retry. Later ones are longer, each with jitter. */
  readonly retryDelayMs: number;
  /** Longest `Retry-After` that a call waits for. A longer one is passed on to the client. */
  readonly longestWaitMs: number;
  /** Number of failures in a row that open the circuit. */
  readonly circuitFailures: number;
  /** Time until an open circuit lets one call through to try. */
  readonly circuitResetMs: number;
}

const PHASES: Readonly<Record<CircuitState, CircuitPhase>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Guards the calls of one endpoint.
 *
 * A rate limit is not a failure of the circuit. If it asks for a longer pause than a call waits, calls within the pause
 * fail without reaching the endpoint.
 */
export class Resilience {
  readonly #options: ResilienceOptions;
  readonly #execute: <T>(action: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  readonly #observer: PlatformObserver;
  #pausedUntil = 0;

  constructor(options: ResilienceOptions, observer: PlatformObserver) {
    this.#options = options;
    this.#observer = observer;
    const { retries, retryDelayMs, longestWaitMs, circuitFailures, circuitResetMs } = options;

    const breaker = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(circuitFailures),
      halfOpenAfter: circuitResetMs,
    });
    breaker.onStateChange((state) => observer.circuitChanged(PHASES[state]));

    const retrying = retry(
      handleWhen((error) => isTransient(error) && (retryAfterMillis(error) ?? 0) <= longestWaitMs),
      { maxAttempts: retries, backoff: patientBackoff(retryDelayMs, longestWaitMs) },
    );
    const policy = wrap(retrying, breaker);
    this.#execute = (action, signal) => policy.execute(action, signal);
  }

  /**
   * Runs an action, again if it fails for a reason that may pass. The observer is notified of each failed attempt, and of
   * calls that were not attempted.
   *
   * @param signal - aborts when the client leaves; there is no retry then.
   * @throws ProblemError for each failure of the endpoint.
   */
  async call<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      const pause = this.#pausedUntil - Date.now();
      if (pause > 0) throw new UpstreamPaused(pause);
      return await this.#execute(() => this.#attempt(action), signal);
    } catch (error) {
      this.#notePause(error);
      if (error instanceof UpstreamPaused || error instanceof BrokenCircuitError) this.#report(error);
      throw this.#toProblem(error);
    }
  }

  /** A failure outside of `call`, such as one in the middle of a stream, as a ProblemError. */
  problem(error: unknown): unknown {
    if (error instanceof ProblemError) return error;
    this.#report(error);
    return this.#toProblem(error);
  }

  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  #report(error: unknown): void {
    // The client has left, which is not a failure of the endpoint.
    if (error instanceof APIUserAbortError) return;
    const problem = this.#toProblem(error);
    if (problem instanceof ProblemError) this.#observer.requestFailed(problem.problem.code);
  }

  #toProblem(error: unknown): unknown {
    return toProblemError(error, this.#options.circuitResetMs);
  }

  #notePause(error: unknown): void {
    const millis = error instanceof APIError && error.status === 429 ? retryAfterMillis(error) : undefined;
    if (millis !== undefined && millis > this.#options.longestWaitMs) {
      this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + millis);
    }
  }
}

/** A failure that may pass within seconds. After a timeout the client has waited long enough. */
function isTransient(error: unknown): boolean {
  if (error instanceof APIError && error.code === 'insufficient_quota') return false;
  return (isOutage(error) && !isTimeout(error)) || (error instanceof APIError && error.status === 429);
}

/** A failure of the endpoint, and not of the request. */
function isOutage(error: unknown): boolean {
  if (error instanceof APIUserAbortError) return false;
  if (error instanceof APIConnectionError || isBrokenConnection(error) || isTimeout(error)) return true;
  return error instanceof APIError && (error.status === undefined || error.status >= 500);
}

function isTimeout(error: unknown): boolean {
  return error instanceof UpstreamTimeout || error instanceof APIConnectionTimeoutError;
}

/** Exponential with jitter, but at least as long as the endpoint asks. */
function patientBackoff(initialDelay: number, maxDelay: number) {
  const exponential = new ExponentialBackoff({
    initialDelay,
    maxDelay: Math.max(initialDelay, maxDelay),
    generator: decorrelatedJitterGenerator,
  });
  return new DelegateBackoff<IRetryBackoffContext<unknown>, IBackoff<unknown>>(({ result }, previous) => {
    const state = previous?.next(undefined) ?? exponential.next();
    const asked = 'error' in result ? retryAfterMillis(result.error) : undefined;
    return { delay: Math.max(state.duration, asked ?? 0), state };
  });
}
