/** The part of an HTTP service that has nothing to do with its purpose. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { requestId } from 'hono/request-id';
import { apiPages } from './api-pages.js';
import type { ServiceVariables } from './environment.js';
import type { Logger } from './logger.js';
import { invalidRequest, problem, problemOf } from './problem.js';
import { type ServiceBindings, traceRequests } from './trace-requests.js';

export type HttpService = OpenAPIHono<ServiceBindings>;

export interface HttpServiceOptions {
  /** Name of the service in `/healthz`. */
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly environment: Pick<ServiceVariables, 'CORS_ORIGIN' | 'BODY_LIMIT_BYTES'>;
  readonly logger: Logger;
}

/**
 * Returns an application to which a service adds its routes with `app.openapi(createRoute({ … }), handler)`. It has ids
 * and spans of requests, a log line for each, CORS, a limit for bodies, problem details for every error, `/healthz`,
 * `/openapi.json`, `/docs` and `/redoc`.
 */
export function createHttpService(options: HttpServiceOptions): HttpService {
  const { name, title, version, description, environment, logger } = options;
  const app: HttpService = createRouter();

  app.use(requestId({ limitLength: 128 }), traceRequests(logger), crossOrigin(environment.CORS_ORIGIN));
  app.use(
    bodyLimit({
      maxSize: environment.BODY_LIMIT_BYTES,
      onError: (c) =>
        problem(c, {
          status: 413,
          code: 'body_too_large',
          title: 'Body too large',
          detail: `A body may have ${environment.BODY_LIMIT_BYTES} bytes.`,
          // The rest of the body is not read, so the connection cannot be used again.
          headers: { connection: 'close' },
        }),
    }),
  );

  app.openapi(healthRoute, (c) => c.json({ status: 'ok' as const, service: name, version }, 200));
  app.doc31('/openapi.json', { openapi: '3.1.0', info: { title, version, description } });
  app.route('/', apiPages(title));

  app.notFound((c) =>
    problem(c, {
      status: 404,
      code: 'not_found',
      title: 'Not found',
      detail: `There is nothing at ${c.req.method} ${c.req.path}; /openapi.json lists the routes.`,
    }),
  );
  app.onError((error, c) => problem(c, problemOf(error, logger)));
  return app;
}

/**
 * Returns a router whose validation failures are problem details, for a part of a service.
 *
 * @typeParam Bindings - the variables of the part, such as the owner of the key.
 */
export function createRouter<Bindings extends ServiceBindings = ServiceBindings>(): OpenAPIHono<Bindings> {
  return new OpenAPIHono<Bindings>({
    defaultHook: (result, c) => (result.success ? undefined : problem(c, invalidRequest(result.error))),
  });
}

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the service answers',
  tags: ['service'],
  responses: {
    200: {
      description: 'It does.',
      content: {
        'application/json': {
          schema: z
            .object({ status: z.literal('ok'), service: z.string(), version: z.string() })
            .openapi('Health'),
        },
      },
    },
  },
});

/** Without origins, a browser lets only the service's own page call it. */
function crossOrigin(origins: string | undefined) {
  const accepted = (origins ?? '').split(',').map((origin) => origin.trim());
  return cors({
    origin: (origin) => (accepted.includes('*') || accepted.includes(origin) ? origin : null),
    allowMethods: ['GET', 'POST', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'last-event-id', 'traceparent', 'x-request-id'],
    exposeHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', 'x-cache', 'x-request-id', 'x-trace-id'],
    maxAge: 600,
  });
}
