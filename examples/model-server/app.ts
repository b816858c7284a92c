import { Hono } from 'hono';
import { ApiError, serverError, unknownModel, unknownRoute } from './api-error.js';
import { chatCompletions } from './chat-completions/api.js';
import { embeddings } from './embeddings/route.js';
import { apiHeaders } from './http/api-headers.js';
import { requireKey } from './http/authorization.js';
import type { Environment } from './http/environment.js';
import { type RecordedRequest, recordRequests } from './http/recorded-request.js';
import { modelCall, type Stage } from './model-call.js';
import { findModel, listModels } from './models.js';
import { openApiDocument } from './openapi.js';
import { responses } from './responses/api.js';
import { shopRoutes } from './shop/routes.js';

/** All routes, without a socket: the table of what this server answers. */
export function createApp(stage: Stage, requests: RecordedRequest[]): Hono<Environment> {
  const scenarioIds = stage.scenarios.map((scenario) => scenario.id);
  const app = new Hono<Environment>();

  app.use(recordRequests(requests));
  app.use('/v1/*', apiHeaders(), requireKey());

  app.post('/v1/responses', modelCall(responses, stage));
  app.post('/v1/chat/completions', modelCall(chatCompletions, stage));
  app.post('/v1/embeddings', embeddings(stage));
  app.get('/v1/models', (c) => c.json({ object: 'list', data: listModels(scenarioIds) }));
  app.get('/v1/models/:id', (c) => {
    const id = c.req.param('id');
    const model = findModel(id, scenarioIds);
    if (!model) throw unknownModel(id);
    return c.json(model);
  });
  app.route('/shop', shopRoutes());
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/openapi.json', (c) => c.json(openApiDocument()));

  app.notFound((c) => errorAnswer(unknownRoute(c.req.method, c.req.path)));
  app.onError((error) => {
    if (error instanceof ApiError) return errorAnswer(error);
    // Ours, not scripted: whoever runs the server has to see it.
    console.error(error);
    return errorAnswer(serverError());
  });
  return app;
}

function errorAnswer({ status, body, headers }: ApiError): Response {
  return Response.json(body, { status, headers });
}
