/** A server with answers of the scenario's own: those that the model server never gives, and those of old methods. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { SeenRequest } from './scenario.js';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
}

export function text(body: string | Buffer, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, { 'x-request-id': 'req_answered', ...headers }).end(body);
}

/** Server-sent events. A string is sent as it is, any other value as JSON. */
export function events(...data: unknown[]): Answer {
  const frames = data.map((item) => `data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`);
  return text(frames.join(''), 200, { 'content-type': 'text/event-stream' });
}

/** The beginning of a body that never ends. */
export function stalled(beginning: string): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(beginning);
  };
}

export interface AnsweringServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Sends the answers in turn and repeats the last one, for any request. */
export async function startAnswering(
  answers: readonly Answer[],
  onRequest: (request: SeenRequest) => void,
): Promise<AnsweringServer> {
  let next = 0;
  const server = createServer(async (request, response) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    onRequest({
      receivedAt: Date.now(),
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: await bodyOf(request),
    });
    answer?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = (await buffer(request)).toString('utf8');
  try {
    return body === '' ? null : JSON.parse(body);
  } catch {
    return body;
  }
}
