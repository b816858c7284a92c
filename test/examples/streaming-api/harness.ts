/** Starts the streaming API against a real model server, in this process or in processes of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setDefaultOpenAIClient, setTraceProcessors } from '@openai/agents';
import { createEventSource } from 'eventsource-client';
import { OpenAI } from 'openai';
import { z } from 'zod';
import {
  loadScenarios,
  type ModelServer,
  type Scenario,
  startModelServer,
} from '../../../examples/model-server/server.js';
import { readEnvironment } from '../../../examples/service/environment.js';
import { createLogger } from '../../../examples/service/logger.js';
import { listen } from '../../../examples/service/serve.js';
import { streamingApiEnvironment } from '../../../examples/streaming-api/environment.js';
import { createStreamingApi } from '../../../examples/streaming-api/streaming-api.js';

const root = path.resolve(import.meta.dirname, '../../..');
const example = path.join(root, 'examples/streaming-api');

export const JSON_HEADERS = { 'content-type': 'application/json' };

/** The example's scenarios, after those of a test. */
export async function startModel(scenarios: readonly Scenario[] = []): Promise<ModelServer> {
  return startModelServer({
    scenarios: [...scenarios, ...(await loadScenarios(path.join(example, 'scenarios')))],
  });
}

export interface TestService {
  readonly url: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** Starts the service in this process. */
export async function startInProcess(
  model: { readonly url: string },
  env: Record<string, string> = {},
): Promise<TestService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'streaming-api-'));
  const environment = readEnvironment(streamingApiEnvironment, {
    PORT: '0',
    OUTPUT_DIR: folder,
    SHUTDOWN_SECONDS: '2',
    ...env,
  });
  const file = path.join(folder, 'service.log');
  const logger = createLogger({ name: 'streaming-api', level: 'info', file, stdout: false });
  setTraceProcessors([]);
  const client = new OpenAI({ apiKey: 'sk-local', baseURL: model.url, maxRetries: 0, timeout: 20_000 });
  setDefaultOpenAIClient(client);
  const api = createStreamingApi({ environment, logger, client });
  const service = await listen(api.app, environment);
  return {
    url: service.url,
    folder,
    close: async () => {
      await service.close();
      await api.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface ServiceProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything that it has printed. */
  output(): string;
  /** Sends SIGTERM, and returns the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/**
 * Starts the service as `npm run example:streaming-api` does.
 *
 * @param model - without one, the service starts a model server itself.
 */
export async function startProcess(
  model: { readonly url: string } | undefined,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...inherited } = process.env;
  const imports = ['--import', 'tsx', '--import', path.join(example, 'telemetry.ts')];
  const child = spawn(process.execPath, [...imports, path.join(example, 'main.ts')], {
    cwd: root,
    env: {
      ...inherited,
      PORT: '0',
      ...(model && { OPENAI_API_KEY: 'sk-local', OPENAI_BASE_URL: model.url }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit');
  const ready = z.object({ type: z.literal('ready'), url: z.string() });
  const first = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
  if (first === undefined) throw new Error(`The service does not start:\n${output}`);
  return {
    url: ready.parse(first[0]).url,
    process: child,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) });
}

const streamEvent = z.looseObject({ type: z.string() });

export interface ReceivedEvent {
  readonly id: string;
  readonly n: number;
  readonly data: z.infer<typeof streamEvent>;
}

export interface EventReaderOptions {
  readonly url: string;
  /** Posted if it is there; otherwise the stream is fetched with GET. */
  readonly body?: unknown;
  readonly lastEventId?: string;
  readonly onComment?: (comment: string) => void;
}

/** Reads a stream with a client that others made, until its last event or until the caller stops. */
export async function* readEvents(options: EventReaderOptions): AsyncGenerator<ReceivedEvent> {
  const { url, body, lastEventId, onComment } = options;
  const statuses: number[] = [];
  const source = createEventSource({
    url,
    ...(body !== undefined && { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) }),
    ...(lastEventId !== undefined && { initialLastEventId: lastEventId }),
    ...(onComment && { onComment }),
    fetch: async (address, init) => {
      const response = await fetch(address, init as RequestInit);
      statuses.push(response.status);
      if (response.status >= 400) throw new Error(`${response.status} ${await response.text()}`);
      return response;
    },
  });
  try {
    for await (const message of source) {
      const data = streamEvent.parse(JSON.parse(message.data));
      if (message.event !== data.type) throw new Error(`event ${message.event} has the type ${data.type}`);
      const id = message.id ?? '';
      yield { id, n: Number(id.split(':')[1]), data };
      if (data.type === 'stream_complete' || data.type === 'error') return;
    }
  } finally {
    source.close();
  }
}

export async function allEvents(options: EventReaderOptions): Promise<ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for await (const event of readEvents(options)) events.push(event);
  return events;
}

/** A picture of a stream: a line for each event, with runs of deltas as one. */
export function picture(events: readonly ReceivedEvent[]): string[] {
  const lines: string[] = [];
  for (const { data } of events) {
    const kind = typeof data.kind === 'string' ? ` ${data.kind}` : '';
    const line = `${data.type}${kind}`;
    if (!(data.type === 'raw_response' && lines.at(-1) === line)) lines.push(line);
  }
  return lines;
}

export interface Wire {
  readonly url: string;
  /** Connections to the model that are open and have carried a request. */
  readonly open: () => number;
  /** Bytes that the model has sent. */
  readonly received: () => number;
  close(): Promise<void>;
}

/** A proxy in front of the model server that sees what happens to its connections. */
export async function startWire(model: ModelServer): Promise<Wire> {
  const sockets = new Set<Socket>();
  let open = 0;
  let received = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(model.url).port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }
    // The client of openai opens a new connection in advance when it has closed one.
    client.once('data', () => {
      open += 1;
      client.once('close', () => {
        open -= 1;
      });
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    upstream.on('data', (chunk) => {
      received += chunk.length;
    });
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    open: () => open,
    received: () => received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
