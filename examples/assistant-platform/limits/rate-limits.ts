import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { wholeNumber } from '../../service/environment.js';

/** The variables of the limits. */
export const rateLimitVariables = {
  REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000_000, 60),
  TOKENS_PER_MINUTE: wholeNumber(1, 1_000_000_000, 100_000),
  REQUESTS_PER_MINUTE_TOTAL: wholeNumber(1, 1_000_000_000, 600),
  TOKENS_PER_MINUTE_TOTAL: wholeNumber(1, 1_000_000_000, 1_000_000),
};

export interface RateLimitVariables {
  readonly REQUESTS_PER_MINUTE: number;
  readonly TOKENS_PER_MINUTE: number;
  readonly REQUESTS_PER_MINUTE_TOTAL: number;
  readonly TOKENS_PER_MINUTE_TOTAL: number;
}

/** Names of the limits, as the headers have them. */
export type LimitPolicy = 'requests' | 'tokens' | 'all-requests' | 'all-tokens';

/** A request that is over a limit. */
export interface Refusal {
  readonly policy: LimitPolicy;
  readonly quota: number;
  readonly retryAfterSeconds: number;
}

interface Limit {
  readonly policy: LimitPolicy;
  readonly unit: 'requests' | 'tokens';
  readonly limiter: RateLimiterMemory;
  /** Whether all callers share the limit. */
  readonly shared: boolean;
}

const WINDOW_SECONDS = 60;
/** The key under which a shared limit counts. */
const ALL = 'all';

/**
 * Requests and tokens per minute, for each caller and for all together. Requests are counted when they come. The tokens
 * of a request are known when it is over, so they are charged then, and a request is refused if those of the requests
 * before it have reached the limit.
 *
 * Each process counts for itself. Several of them share counts if a store of `rate-limiter-flexible`, such as Redis,
 * takes the place of the memory.
 */
export class RateLimits {
  readonly #limits: readonly Limit[];

  constructor(variables: RateLimitVariables) {
    const limit = (policy: LimitPolicy, unit: Limit['unit'], points: number): Limit => ({
      policy,
      unit,
      limiter: new RateLimiterMemory({ keyPrefix: policy, points, duration: WINDOW_SECONDS }),
      shared: policy.startsWith(ALL),
    });
    this.#limits = [
      limit('requests', 'requests', variables.REQUESTS_PER_MINUTE),
      limit('tokens', 'tokens', variables.TOKENS_PER_MINUTE),
      limit('all-requests', 'requests', variables.REQUESTS_PER_MINUTE_TOTAL),
      limit('all-tokens', 'tokens', variables.TOKENS_PER_MINUTE_TOTAL),
    ];
  }

  /** Counts a request. Returns the limit that it is over, or `undefined` if it may go on. */
  async admit(caller: string): Promise<Refusal | undefined> {
    for (const limit of this.#of('tokens')) {
      const state = await currentState(limit.limiter, keyOf(limit, caller));
      if (state !== undefined && state.consumedPoints >= limit.limiter.points) return refusal(limit, state);
    }
    const counted: Limit[] = [];
    for (const limit of this.#of('requests')) {
      const state = await consume(limit, keyOf(limit, caller));
      if (state !== undefined) {
        // A request that does not go on is not counted against the other limits.
        for (const before of counted) await before.limiter.reward(keyOf(before, caller));
        return refusal(limit, state);
      }
      counted.push(limit);
    }
    return undefined;
  }

  /** Charges the tokens of a request that is over. */
  async consumeTokens(caller: string, tokens: number): Promise<void> {
    if (tokens <= 0) return;
    for (const limit of this.#of('tokens')) await limit.limiter.penalty(keyOf(limit, caller), tokens);
  }

  /**
   * The headers `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers: the quota (`q`) of each window
   * (`w`), what remains of it (`r`), and the seconds until it is whole again (`t`).
   */
  async headers(caller: string): Promise<Record<'ratelimit-policy' | 'ratelimit', string>> {
    const policies = this.#limits.map(
      ({ policy, unit, limiter }) => `"${policy}";q=${limiter.points};qu="${unit}";w=${WINDOW_SECONDS}`,
    );
    const states = await Promise.all(
      this.#limits.map(async (limit) => {
        const state = await currentState(limit.limiter, keyOf(limit, caller));
        const remaining = Math.max(0, state?.remainingPoints ?? limit.limiter.points);
        return `"${limit.policy}";r=${remaining};t=${seconds(state?.msBeforeNext ?? 0)}`;
      }),
    );
    return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') };
  }

  #of(unit: Limit['unit']): Limit[] {
    return this.#limits.filter((limit) => limit.unit === unit);
  }
}

/**
 * Returns what a key has used in the current window; `undefined` if it has used nothing. A window that is over stays in
 * memory until its timer runs, which can be late (rate-limiter-flexible 11.4).
 */
export async function currentState(
  limiter: RateLimiterMemory,
  key: string,
): Promise<RateLimiterRes | undefined> {
  const state = await limiter.get(key);
  return state !== null && state.msBeforeNext > 0 ? state : undefined;
}

/** Returns the state of a limit that is reached; `undefined` if the request was counted. */
async function consume({ limiter }: Limit, key: string): Promise<RateLimiterRes | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (reason) {
    if (reason instanceof RateLimiterRes) return reason;
    throw reason;
  }
}

function keyOf({ shared }: Limit, caller: string): string {
  return shared ? ALL : caller;
}

function refusal({ policy, limiter }: Limit, { msBeforeNext }: RateLimiterRes): Refusal {
  return { policy, quota: limiter.points, retryAfterSeconds: Math.max(1, seconds(msBeforeNext)) };
}

function seconds(millis: number): number {
  return Math.ceil(Math.max(0, millis) / 1_000);
}
