/** Starts the platform: `npm run example:assistant-platform`. */
import '../service/load-env.js';
import { fileURLToPath } from 'node:url';
import { setTraceProcessors } from '@openai/agents';
import { loadScenarios } from '../model-server/server.js';
import { readEnvironment } from '../service/environment.js';
import { createLogger } from '../service/logger.js';
import { openModelEndpoint } from '../service/model-endpoint.js';
import { serve } from '../service/serve.js';
import { startMonitoring } from './monitoring/monitoring.js';
import { platformEnvironment } from './openai-service/configuration.js';
import { createPlatform } from './platform.js';
import { DEMO_KEY } from './principal.js';
import { metricReader, onModelCall, telemetry } from './telemetry.js';

const NAME = 'assistant-platform';

// Stops the Agents SDK's own exporter from sending traces to OpenAI; the processor of this package stays.
setTraceProcessors([]);

const environment = readEnvironment(platformEnvironment);
const logger = createLogger({ name: NAME, level: environment.LOG_LEVEL, file: environment.LOG_FILE });
const scenarios = await loadScenarios(fileURLToPath(new URL('scenarios', import.meta.url)));
const endpoint = await openModelEndpoint(environment, scenarios);
const monitoring = startMonitoring(
  { reader: metricReader, onModelCall },
  { intervalSeconds: environment.MONITORING_SECONDS, logger },
);
const platform = createPlatform({ environment, endpoint, logger, observer: monitoring.meters, monitoring });

await serve(platform, {
  name: NAME,
  environment,
  logger,
  onClose: async () => {
    monitoring.close();
    await endpoint.close();
    await telemetry?.shutdown();
  },
});
if (endpoint.isLocal && process.env.API_KEYS === undefined) console.log(`key: ${DEMO_KEY}`);
