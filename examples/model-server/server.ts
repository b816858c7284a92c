import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.js';
import { FaultLedger } from './faults/fault-ledger.js';
import type { RecordedRequest } from './http/recorded-request.js';
import { ECHO } from './scripting/choice.js';
import type { Scenario } from './scripting/scenario.js';
import { checkScenario, loadScenarios, playable } from './scripting/scenario-files.js';

export type { Fault } from './faults/fault.js';
export type { RecordedRequest } from './http/recorded-request.js';
export type { Condition } from './scripting/condition.js';
export type { Reply, Scenario, Step } from './scripting/scenario.js';
export { loadScenarios } from './scripting/scenario-files.js';

/** The scenarios that come with the server. */
export const SHIPPED_SCENARIOS: string = fileURLToPath(new URL('./scenarios/', import.meta.url));

export interface ModelServerOptions {
  /** Default 0, which takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Scenarios that precede the shipped ones, and replace those with the same id. */
  readonly scenarios?: readonly Scenario[];
}

export interface ModelServer {
  /** `baseURL` for a client: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  readonly origin: string;
  /** Every request received, in order of arrival (the last 10,000). */
  readonly requests: RecordedRequest[];
  /** Ids of all scenarios. */
  readonly scenarioIds: readonly string[];
  /** Stops at once and cuts open and streaming connections. */
  close(): Promise<void>;
}

/**
 * Starts an OpenAI-compatible server on this machine.
 *
 * @example
 * const server = await startModelServer();
 * const client = new OpenAI({ baseURL: server.url, apiKey: 'sk-local' });
 * await client.responses.create({ model: 'gpt-5-mini', input: 'Hi' }, { headers: { 'x-scenario': 'plain' } });
 * await server.close();
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { port = 0, host = '127.0.0.1' } = options;
  const own = (options.scenarios ?? []).map((scenario, index) =>
    checkScenario(scenario, `Option scenarios[${index}]`),
  );
  const scenarios = playable([...own, ...(await loadScenarios(SHIPPED_SCENARIOS)), ECHO]);
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();
  const app = createApp({ scenarios, ledger: new FaultLedger(), closing: closing.signal }, requests);

  // Without `overrideGlobalObjects: false` the adapter would replace the process's own Request and Response, which the
  // code under test in the same process uses too.
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  // A server that closes idle connections meets requests on their way if the process, which is also the client's, is slow.
  server.keepAliveTimeout = 0;
  const { port: boundPort } = await listen(server, port, host);
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
  return {
    url: `${origin}/v1`,
    origin,
    requests,
    scenarioIds: scenarios.map((scenario) => scenario.id),
    close() {
      closing.abort();
      return close(server);
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const fix = error.code === 'EADDRINUSE' ? 'free it, or use port 0 for any free one' : error.message;
      reject(new Error(`The model server cannot listen on ${host}:${port}: ${fix}.`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
      else resolve(address);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A second call of `close` only reports that the server is closed already.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
