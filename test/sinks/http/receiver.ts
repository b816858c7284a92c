/** Servers that sinks send to: one that answers as told, and ones that fail below HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** A request as the server got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body, decompressed. */
  readonly body: Buffer;
  /** The number of its connection, from 1. */
  readonly connection: number;
}

export type Answer = (response: ServerResponse, request: Received) => void;

export interface Receiver {
  readonly url: string;
  readonly requests: Received[];
  /** How the next requests are answered. */
  answer: Answer;
}

/** Starts a server that takes everything with 202, until the test sets another answer. */
export async function startReceiver(): Promise<Receiver> {
  const connections = new Map<Socket, number>();
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const received = {
        path: request.url ?? '',
        headers: request.headers,
        body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw,
        connection: connections.get(request.socket) ?? 0,
      };
      requests.push(received);
      receiver.answer(response, received);
    });
  });
  server.on('connection', (socket) => connections.set(socket, connections.size + 1));
  const url = await listen(server);
  const receiver: Receiver = { url, requests, answer: accept };
  return receiver;
}

/** Starts a server that gets the bytes of each connection and answers without HTTP. */
export async function startSocketServer(onConnection: (socket: Socket) => void): Promise<string> {
  return listen(
    net.createServer((socket) => {
      // Clients leave without a goodbye.
      socket.on('error', () => {});
      onConnection(socket);
    }),
  );
}

/** The address of a port on which nothing listens. */
export async function refusingAddress(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

export const accept: Answer = (response) => void response.writeHead(202).end('{}');

/** Answers with a status, and a body of JSON if it is an object. */
export function status(
  code: number,
  body: string | object = '',
  headers: Record<string, string> = {},
): Answer {
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  return (response) =>
    void response
      .writeHead(code, { 'content-type': type, ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function listen(server: net.Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
