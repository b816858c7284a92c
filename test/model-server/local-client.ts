import OpenAI, { type ClientOptions } from 'openai';
import { afterAll, beforeAll } from 'vitest';
import {
  type ModelServer,
  type ModelServerOptions,
  startModelServer,
} from '../../examples/model-server/server.js';

/** One server for all tests of a file; read it through the returned function, as it starts later. */
export function serverForFile(options?: ModelServerOptions): () => ModelServer {
  let server: ModelServer | undefined;
  beforeAll(async () => {
    server = await startModelServer(options);
  });
  afterAll(() => server?.close());
  return () => {
    if (!server) throw new Error('The model server is not started yet: use it inside a test.');
    return server;
  };
}

export function clientOf(server: ModelServer, options?: ClientOptions): OpenAI {
  return new OpenAI({ baseURL: server.url, apiKey: 'sk-local', maxRetries: 0, logLevel: 'off', ...options });
}

/** Headers that choose a scenario and, with a count of their own, faults. */
export function playing(scenario: string, fault?: string): { headers: Record<string, string> } {
  const headers: Record<string, string> = { 'x-scenario': scenario };
  if (fault !== undefined) {
    headers['x-fault'] = fault;
    headers['x-fault-key'] = crypto.randomUUID();
  }
  return { headers };
}
