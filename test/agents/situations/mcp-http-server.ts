import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerMcp } from './mcp-answers.mjs';

export interface McpHttpServer {
  readonly url: string;
  /** The method of each message, and whether its request carried a trace context. */
  readonly received: { method: string; traced: boolean; meta: unknown }[];
  close(): Promise<void>;
}

/** Starts a server for the part of MCP's streamable HTTP that a server without messages of its own needs. */
export async function startMcpHttpServer(): Promise<McpHttpServer> {
  const received: McpHttpServer['received'] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    received.push({
      method: message.method,
      traced: isTraced(request.headers),
      meta: message.params?._meta,
    });
    const answer = answerMcp(message);
    if (answer === undefined) response.writeHead(202).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isTraced(headers: IncomingHttpHeaders): boolean {
  return headers.traceparent !== undefined;
}
