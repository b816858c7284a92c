/** The model endpoint of a service: a real one, or the local model server with the service's scenarios. */
import { type ModelServer, type Scenario, startModelServer } from '../model-server/server.js';
import type { ServiceVariables } from './environment.js';

export interface ModelEndpoint {
  /** Whether answers come from the local model server. */
  readonly isLocal: boolean;
  readonly baseURL: string;
  readonly apiKey: string;
  readonly origin: string;
  /** The local model server, in the process that started it. */
  readonly server?: ModelServer;
  close(): Promise<void>;
}

/** The key with which this process or its parent started the local model server. */
const LOCAL_KEY = 'sk-local';

const OPENAI = 'https://api.openai.com/v1';

/** Starts the local model server if no key is set. `modelVariables` passes its address to other processes. */
export async function openModelEndpoint(
  { OPENAI_API_KEY, OPENAI_BASE_URL }: Pick<ServiceVariables, 'OPENAI_API_KEY' | 'OPENAI_BASE_URL'>,
  scenarios: readonly Scenario[],
): Promise<ModelEndpoint> {
  if (OPENAI_API_KEY !== undefined) {
    const baseURL = OPENAI_BASE_URL ?? OPENAI;
    return {
      isLocal: OPENAI_API_KEY === LOCAL_KEY,
      baseURL,
      apiKey: OPENAI_API_KEY,
      origin: new URL(baseURL).origin,
      close: async () => {},
    };
  }
  const server = await startModelServer({ scenarios });
  return {
    isLocal: true,
    baseURL: server.url,
    apiKey: LOCAL_KEY,
    origin: server.origin,
    server,
    close: () => server.close(),
  };
}

/** The variables that make a worker use the same endpoint. */
export function modelVariables({ apiKey, baseURL }: ModelEndpoint): Record<string, string> {
  return { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseURL };
}
