/** Starts the streaming API: `npm run example:streaming-api`. See README.md for its variables. */
import path from 'node:path';
import { setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import { OpenAI } from 'openai';
import { loadScenarios } from '../model-server/server.js';
import { readEnvironment } from '../service/environment.js';
import { createLogger } from '../service/logger.js';
import { modelVariables, openModelEndpoint } from '../service/model-endpoint.js';
import { serve } from '../service/serve.js';
import { startsWorkers, startWorkers } from '../service/workers.js';
import { streamingApiEnvironment } from './environment.js';
import { installSqlite } from './sqlite/open-database.js';
import { createStreamingApi } from './streaming-api.js';
import { telemetry } from './telemetry.js';

const name = 'streaming-api';
const environment = readEnvironment(streamingApiEnvironment);
const logger = createLogger({ name, level: environment.LOG_LEVEL, file: environment.LOG_FILE });
const endpoint = await openModelEndpoint(
  environment,
  await loadScenarios(path.join(import.meta.dirname, 'scenarios')),
);

if (startsWorkers(environment)) {
  installSqlite();
  await startWorkers({
    name,
    environment,
    logger,
    env: modelVariables(endpoint),
    onClose: () => endpoint.close(),
  });
} else {
  installSqlite();
  // Stops the SDK's own exporter from sending these traces to OpenAI; the processor of this package stays.
  setTraceProcessors([]);
  const client = new OpenAI({ apiKey: endpoint.apiKey, baseURL: endpoint.baseURL });
  // The research runs its agents with the default client.
  setDefaultOpenAIClient(client);
  const api = createStreamingApi({ environment, logger, client });
  await serve(api.app, {
    name,
    environment,
    logger,
    onClose: async () => {
      await api.close();
      await endpoint.close();
      await telemetry?.shutdown();
    },
  });
}
