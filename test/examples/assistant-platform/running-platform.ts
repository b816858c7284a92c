/** The platform over HTTP, in this process, with a model server of its own. */
import { fileURLToPath } from 'node:url';
import { setTraceProcessors } from '@openai/agents';
import { createEventSource, type EventSourceMessage } from 'eventsource-client';
import type { FunctionRegistry } from '../../../examples/assistant-platform/functions/registry.js';
import type { PlatformObserver } from '../../../examples/assistant-platform/monitoring/observer.js';
import { platformEnvironment } from '../../../examples/assistant-platform/openai-service/configuration.js';
import { createPlatform } from '../../../examples/assistant-platform/platform.js';
import { loadScenarios, type Scenario } from '../../../examples/model-server/server.js';
import { readEnvironment } from '../../../examples/service/environment.js';
import { createLogger } from '../../../examples/service/logger.js';
import { openModelEndpoint } from '../../../examples/service/model-endpoint.js';
import { listen } from '../../../examples/service/serve.js';

const SCENARIOS = fileURLToPath(new URL('../../../examples/assistant-platform/scenarios', import.meta.url));

export const ANALYST = 'key-of-ana';
export const SHOPPER = 'key-of-sam';

// As main.ts does: no traces for OpenAI.
setTraceProcessors([]);

/** Fast enough for tests, and without limits that they would meet. */
const VARIABLES = {
  PORT: '0',
  LOG_LEVEL: 'silent',
  SHUTDOWN_SECONDS: '0',
  API_KEYS: `ana:${ANALYST}:analyst,sam:${SHOPPER}:shopper,bea:key-of-bea:analyst`,
  OPENAI_ALLOWED_MODELS: 'gpt-5,missing-model',
  OPENAI_RETRY_DELAY_MS: '5',
  OPENAI_TIMEOUT_MS: '5000',
  CIRCUIT_FAILURES: '1000',
  REQUESTS_PER_MINUTE: '100000',
  REQUESTS_PER_MINUTE_TOTAL: '100000',
  TOKENS_PER_MINUTE: '100000000',
  TOKENS_PER_MINUTE_TOTAL: '100000000',
  ABUSE_BURST: '100000',
  ABUSE_REFUSALS: '100000',
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of JSON.
  readonly body: any;
}

export interface SseEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of JSON.
  readonly data: any;
}

export type RunningPlatform = Awaited<ReturnType<typeof startPlatform>>;

export async function startPlatform(
  variables: Readonly<Record<string, string>> = {},
  options: {
    readonly registerFunctions?: (registry: FunctionRegistry) => void;
    readonly scenarios?: readonly Scenario[];
  } = {},
) {
  const environment = readEnvironment(platformEnvironment, { ...VARIABLES, ...variables });
  const logger = createLogger({
    name: 'test',
    level: environment.LOG_LEVEL,
    file: environment.LOG_FILE,
    stdout: false,
  });
  const { scenarios = [], registerFunctions } = options;
  const endpoint = await openModelEndpoint(environment, [...scenarios, ...(await loadScenarios(SCENARIOS))]);
  const observations: string[] = [];
  const platform = createPlatform({
    environment,
    endpoint,
    logger,
    observer: observerInto(observations),
    ...(registerFunctions && { registerFunctions }),
  });
  const server = await listen(platform, environment);

  const send = async (
    method: string,
    path: string,
    body?: unknown,
    key: string | null = ANALYST,
  ): Promise<Answer> => {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };

  return {
    url: server.url,
    observations,
    /** Requests that the model server got, if it is the local one. */
    modelRequests: () => endpoint.server?.requests ?? [],
    send,
    post: (path: string, body: unknown, key?: string | null) => send('POST', path, body, key),
    get: (path: string, key?: string | null) => send('GET', path, undefined, key),
    /** Events of `GET /stream` up to the last one, read by a client of server-sent events. */
    stream: (query: Readonly<Record<string, string>>, onEvent?: (event: SseEvent) => boolean) =>
      readEvents(`${server.url}/stream?${new URLSearchParams(query)}`, onEvent),
    async close() {
      await server.close();
      await endpoint.close();
    },
  };
}

/** @param onEvent - leaves the stream if it returns false. */
export async function readEvents(
  url: string,
  onEvent: (event: SseEvent) => boolean = () => true,
): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  let source: ReturnType<typeof createEventSource> | undefined;
  await new Promise<void>((resolve, reject) => {
    source = createEventSource({
      url,
      headers: { authorization: `Bearer ${ANALYST}` },
      onMessage: ({ event = 'message', data }: EventSourceMessage) => {
        const parsed = { event, data: JSON.parse(data) };
        events.push(parsed);
        const last = event === 'complete' || event === 'error';
        if (last || !onEvent(parsed)) resolve();
      },
      onDisconnect: () => reject(new Error(`disconnected after ${events.length} events`)),
    });
  }).finally(() => source?.close());
  return events;
}

function observerInto(log: string[]): PlatformObserver {
  return {
    cacheHit: (model) => void log.push(`cache hit ${model}`),
    cacheMiss: (model) => void log.push(`cache miss ${model}`),
    functionCalled: (name, outcome) => void log.push(`function ${name} ${outcome}`),
    requestFailed: (code) => void log.push(`failed ${code}`),
    circuitChanged: (phase) => void log.push(`circuit ${phase}`),
    batchFinished: (status, { total, completed, failed }) =>
      void log.push(`batch ${status} ${total}/${completed}/${failed}`),
  };
}
