/** The whole service, without a port: agents, their endpoints, the page, and the database behind them. */
import cluster from 'node:cluster';
import { createRoute, z } from '@hono/zod-openapi';
import { OpenAIProvider } from '@openai/agents';
import type { OpenAI } from 'openai';
import type { z as zod } from 'zod';
import { createHttpService, type HttpService } from '../service/http-service.js';
import type { Logger } from '../service/logger.js';
import { pageHeaders, staticFiles } from '../service/static-files.js';
import { createAssistantAgent } from './assistant/index.js';
import { createChatAgent } from './chat/index.js';
import type { streamingApiEnvironment } from './environment.js';
import { ResearchManager } from './research/index.js';
import { createAgentRouter } from './router/agent-router.js';
import { priceOf } from './router/model-price.js';
import { createResearchRouter } from './router/research-router.js';
import { StreamEndpoints } from './router/stream-endpoints.js';
import { SessionStore } from './sessions/session-store.js';
import { StreamHub } from './streams/stream-hub.js';
import { StreamLog } from './streams/stream-log.js';

export interface StreamingApiOptions {
  readonly environment: zod.infer<typeof streamingApiEnvironment>;
  readonly logger: Logger;
  readonly client: OpenAI;
}

export interface StreamingApi {
  readonly app: HttpService;
  /** Stops runs, and closes the database. */
  close(): Promise<void>;
}

export function createStreamingApi({ environment, logger, client }: StreamingApiOptions): StreamingApi {
  const { OUTPUT_DIR, OPENAI_MODEL: model, HEARTBEAT_SECONDS, RUN_SECONDS } = environment;
  const file = environment.DATABASE_FILE ?? `${OUTPUT_DIR}/streaming-api.db`;
  const sessions = new SessionStore({ file, maxItems: environment.SESSION_MAX_ITEMS });
  const log = new StreamLog({ file, keptMillis: environment.STREAM_KEPT_SECONDS * 1_000 });
  const hub = new StreamHub({ log, logger, graceMillis: environment.DISCONNECT_GRACE_MS });
  const parts = {
    sessions,
    streams: new StreamEndpoints(hub, HEARTBEAT_SECONDS * 1_000),
    modelProvider: new OpenAIProvider({ openAIClient: client }),
    pricing: priceOf(model),
    logger,
    runMillis: RUN_SECONDS * 1_000,
  };

  const app = createHttpService({
    name: 'streaming-api',
    title: 'Streaming API',
    version: '1.0.0',
    description: 'Several agents behind one HTTP API, with streams that resume and approvals that wait.',
    environment,
    logger,
  });
  if (cluster.worker !== undefined) {
    const worker = String(cluster.worker.id);
    app.use(async (c, next) => {
      await next();
      c.header('x-worker', worker);
    });
  }
  app.route(
    '/',
    createAgentRouter(createAssistantAgent({ model }), { prefix: '/assistant', name: 'assistant', ...parts }),
  );
  app.route('/', createAgentRouter(createChatAgent({ model }), { prefix: '/chat', name: 'chat', ...parts }));
  app.route('/', createResearchRouter(new ResearchManager({ model }), parts));
  app.openapi(agentsRoute, (c) =>
    c.json(
      {
        agents: AGENTS.map((name) => ({ name, prefix: `/${name}` })),
        jaeger_url: environment.JAEGER_URL ?? null,
      },
      200,
    ),
  );

  const folder = `${import.meta.dirname}/page`;
  app.get('/', pageHeaders(), staticFiles({ folder, file: 'index.html' }));
  app.get('/page/*', pageHeaders(), staticFiles({ folder, below: '/page/' }));

  return {
    app,
    close: async () => {
      await hub.close();
      log.close();
      sessions.close();
    },
  };
}

const AGENTS = ['assistant', 'chat', 'research'];

const agentsRoute = createRoute({
  method: 'get',
  path: '/agents',
  tags: ['service'],
  summary: 'The agents, for the page',
  responses: {
    200: {
      description: 'Their names and paths.',
      content: {
        'application/json': {
          schema: z
            .object({
              agents: z.array(z.object({ name: z.string(), prefix: z.string() })),
              jaeger_url: z.string().nullable().openapi({ description: 'Where the page links traces to.' }),
            })
            .openapi('Agents'),
        },
      },
    },
  },
});
