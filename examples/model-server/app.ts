import { Hono } from 'hono';
import { accountRoutes } from './account-routes.js';
import { ApiError, serverError, unknownRoute } from './api-error.js';
import { apiHeaders } from './http/api-headers.js';
import { requireKey } from './http/authorization.js';
import { API_BASES, AZURE, DEPLOYMENT_BASE } from './http/azure.js';
import type { Environment } from './http/environment.js';
import { type RecordedRequest, recordRequests } from './http/recorded-request.js';
import type { Stage } from './model-call.js';
import { modelRoutes } from './model-routes.js';
import { openApiDocument } from './openapi.js';
import { shopRoutes } from './shop/routes.js';

/** All routes of this server, without a socket. */
export function createApp(stage: Stage, requests: RecordedRequest[]): Hono<Environment> {
  const app = new Hono<Environment>();

  app.use(recordRequests(requests));
  for (const base of ['/v1', AZURE]) app.use(`${base}/*`, apiHeaders(), requireKey());

  const models = modelRoutes(stage);
  const account = accountRoutes(stage, (request, bindings) => app.fetch(request, bindings));
  for (const base of API_BASES) app.route(base, models).route(base, account);
  app.route(DEPLOYMENT_BASE, models);
  app.route('/shop', shopRoutes());
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/openapi.json', (c) => c.json(openApiDocument()));

  app.notFound((c) => errorAnswer(unknownRoute(c.req.method, c.req.path)));
  app.onError((error) => {
    if (error instanceof ApiError) return errorAnswer(error);
    // A bug of this server and not a scripted error, so it is printed.
    console.error(error);
    return errorAnswer(serverError());
  });
  return app;
}

function errorAnswer({ status, body, headers }: ApiError): Response {
  return Response.json(body, { status, headers });
}
