import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { ProblemError } from '../../service/problem.js';
import type { ServiceBindings } from '../../service/trace-requests.js';
import type { PlatformMeters } from './platform-meters.js';

/** Measures each request until the last byte of its answer, also if that is streamed. */
export function measureRequests<Bindings extends ServiceBindings>(
  meters: PlatformMeters,
): MiddlewareHandler<Bindings> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const { method } = c.req;
    const route = routePath(c, -1);
    const { status } = c.res;
    const code = c.error instanceof ProblemError ? c.error.problem.code : undefined;
    c.env.outgoing.once('close', () => {
      const seconds = (performance.now() - started) / 1_000;
      meters.requestFinished({ method, route, status, seconds, code });
    });
  };
}
