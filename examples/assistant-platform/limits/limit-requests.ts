import type { Context, MiddlewareHandler } from 'hono';
import { ProblemError } from '../../service/problem.js';
import type { ServiceBindings } from '../../service/trace-requests.js';
import type { AbuseDetector } from './abuse-detector.js';
import type { LimitPolicy, RateLimits } from './rate-limits.js';

export interface LimitRequestsOptions<Bindings extends ServiceBindings> {
  readonly limits: RateLimits;
  readonly abuse: AbuseDetector;
  /** The name of the key's owner. */
  readonly callerOf: (c: Context<Bindings>) => string;
  /** Called with each refused request, for metrics. */
  readonly onLimited?: (policy: LimitPolicy) => void;
}

/** Answers that say no to a request as it is. */
const REFUSALS = new Set([403, 422, 429]);

/**
 * Refuses requests that are over a limit with 429 and `Retry-After`. Every answer has the `RateLimit` headers, as they are
 * after the request or, if its answer is streamed, before it.
 */
export function limitRequests<Bindings extends ServiceBindings>(
  options: LimitRequestsOptions<Bindings>,
): MiddlewareHandler<Bindings> {
  const { limits, abuse, callerOf, onLimited } = options;
  return async (c, next) => {
    const caller = callerOf(c);
    await abuse.arrived(caller);
    const refusal = await limits.admit(caller);
    if (refusal !== undefined) {
      onLimited?.(refusal.policy);
      await abuse.refused(caller, 429);
      const { policy, quota, retryAfterSeconds } = refusal;
      throw new ProblemError({
        status: 429,
        code: 'rate_limited',
        title: 'Rate limit reached',
        detail: `The limit "${policy}" is ${quota} per minute. Try again in ${retryAfterSeconds} seconds.`,
        headers: { ...(await limits.headers(caller)), 'retry-after': String(retryAfterSeconds) },
      });
    }
    await next();
    if (REFUSALS.has(c.res.status)) await abuse.refused(caller, c.res.status);
    for (const [name, value] of Object.entries(await limits.headers(caller))) c.header(name, value);
  };
}
