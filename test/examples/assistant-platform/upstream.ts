/** A model endpoint under the full control of a test, for what the local model server does not do. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Upstream {
  /** Variables with which the platform uses it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Number of requests that came. */
  readonly requests: () => number;
  /** Number of requests whose client left before the end. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

/** @param answer - answers request number `count`, from 1. */
export async function startUpstream(
  answer: (response: ServerResponse, count: number, request: IncomingMessage) => void,
): Promise<Upstream> {
  let requests = 0;
  let abandoned = 0;
  const server = createServer((request, response) => {
    requests += 1;
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    request.resume();
    const count = requests;
    request.on('end', () => answer(response, count, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    variables: { OPENAI_API_KEY: 'sk-upstream-secret', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` },
    requests: () => requests,
    abandoned: () => abandoned,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A completion with one choice. */
export function completion(message: object, finish_reason = 'stop'): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-5-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

/** One chunk of a stream as it goes over the wire. */
export function chunk(delta: object, finish_reason: string | null = null): string {
  const body = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5-mini',
    choices: [{ index: 0, delta, finish_reason }],
  };
  return `data: ${JSON.stringify(body)}\n\n`;
}

/** The error body of OpenAI. */
export function apiError(code: string | null, message = 'secret detail of the provider'): object {
  return { error: { message, type: 'error', param: null, code } };
}
