/** The platform, put together: an HTTP application over one model endpoint. */
import { OpenAI } from 'openai';
import { createHttpService, type HttpService } from '../service/http-service.js';
import type { Logger } from '../service/logger.js';
import type { ModelEndpoint } from '../service/model-endpoint.js';
import { Conversations } from './conversation/conversations.js';
import { Resilience } from './errors/resilience.js';
import { FunctionRegistry } from './functions/registry.js';
import { registerShippedFunctions } from './functions/shipped-functions.js';
import { AbuseDetector } from './limits/abuse-detector.js';
import { limitRequests } from './limits/limit-requests.js';
import { RateLimits } from './limits/rate-limits.js';
import { measureRequests } from './monitoring/measure-requests.js';
import type { Monitoring } from './monitoring/monitoring.js';
import type { PlatformObserver } from './monitoring/observer.js';
import { Batches } from './openai-service/batches.js';
import type { PlatformVariables } from './openai-service/configuration.js';
import { ModelClient } from './openai-service/model-client.js';
import { OpenAIService } from './openai-service/openai-service.js';
import { ResponseCache } from './openai-service/response-cache.js';
import { demoLedger } from './purchases/ledger.js';
import { batchRoutes } from './use-cases/batch-routes.js';
import { CHAT_INSTRUCTIONS, Chat } from './use-cases/chat.js';
import { chatRoutes } from './use-cases/chat-routes.js';
import { conversationRoutes } from './use-cases/conversation-routes.js';
import { functionRoutes } from './use-cases/function-routes.js';
import { riskAnalysisRoutes } from './use-cases/risk-analysis.js';
import { authenticate, createPlatformRouter, type PlatformBindings } from './use-cases/routes.js';
import { UseCaseRunner } from './use-cases/runner.js';
import { transactionRoutes } from './use-cases/transactions.js';

/** Paths that need a key. The others are the service's own and those of monitoring. */
const WITH_KEY = [
  '/chat',
  '/stream',
  '/conversations',
  '/transactions',
  '/risk-analysis',
  '/batches',
  '/functions',
];

export interface PlatformOptions {
  readonly environment: PlatformVariables;
  readonly endpoint: Pick<ModelEndpoint, 'baseURL' | 'apiKey'>;
  readonly logger: Logger;
  readonly observer: PlatformObserver;
  /** Adds `/metrics` and the page `/monitoring`, and measures requests and limits. */
  readonly monitoring?: Monitoring;
  /** Adds functions to the shipped ones. */
  readonly registerFunctions?: (registry: FunctionRegistry) => void;
}

export function createPlatform(options: PlatformOptions): HttpService {
  const { environment, endpoint, logger, observer, registerFunctions, monitoring } = options;
  const meters = monitoring?.meters;

  // Retries are those of `Resilience`, and its timeouts those of `ModelClient`.
  const { baseURL, apiKey } = endpoint;
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: environment.OPENAI_TIMEOUT_MS });
  const resilience = new Resilience(
    {
      retries: environment.OPENAI_RETRIES,
      retryDelayMs: environment.OPENAI_RETRY_DELAY_MS,
      longestWaitMs: environment.OPENAI_LONGEST_WAIT_MS,
      circuitFailures: environment.CIRCUIT_FAILURES,
      circuitResetMs: environment.CIRCUIT_RESET_MS,
    },
    observer,
  );
  const cache = new ResponseCache(environment.CACHE_ENTRIES, environment.CACHE_SECONDS, observer);
  const model = new ModelClient({ client, resilience, cache, timeoutMs: environment.OPENAI_TIMEOUT_MS });

  const ledger = demoLedger();
  const functions = registerShippedFunctions(new FunctionRegistry(observer), ledger);
  registerFunctions?.(functions);
  const service = new OpenAIService(environment, model, functions);
  const limits = new RateLimits(environment);
  const abuse = new AbuseDetector(environment, (pattern, outcome) => meters?.abuseFound(pattern, outcome));
  const runner = new UseCaseRunner(abuse, limits);
  const conversations = new Conversations(CHAT_INSTRUCTIONS);
  const chat = new Chat({ service, conversations, runner, environment, logger });

  const app = createHttpService({
    name: 'assistant-platform',
    title: 'Assistant platform',
    version: '1.0.0',
    description: 'An AI assistant for purchases. Authenticate with `Authorization: Bearer <key>`.',
    environment,
    logger,
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });

  if (monitoring !== undefined) {
    app.route('/', monitoring.routes);
    app.get('/', (c) => c.redirect('/monitoring'));
    // Its own requests are not what it shows.
    app.use(measureRequests(monitoring.meters));
  }
  const api = createPlatformRouter();
  for (const path of WITH_KEY) {
    api.use(
      `${path}/*`,
      authenticate(environment.API_KEYS),
      limitRequests<PlatformBindings>({
        limits,
        abuse,
        callerOf: (c) => c.get('principal').name,
        onLimited: (policy) => meters?.requestLimited(policy),
      }),
    );
  }
  api.route('/', chatRoutes(chat, logger));
  api.route('/', conversationRoutes(conversations));
  api.route('/', transactionRoutes({ service, ledger, runner }));
  api.route('/', riskAnalysisRoutes({ service, runner }));
  api.route('/', batchRoutes(new Batches(client, model, service, observer), runner));
  api.route('/', functionRoutes(functions));
  app.route('/', api);
  return app;
}
