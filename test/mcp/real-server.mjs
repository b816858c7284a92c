/**
 * A server of the published MCP SDK 1.x, over any of its transports. Started as a program it talks over standard input and
 * output.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

const inputSchema = { type: 'object', properties: {}, additionalProperties: true };
const outputSchema = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] };

/** A text comes back in each answer, so that a test can tell it from other texts. */
const says = (text) => ({ content: [{ type: 'text', text }] });

/** The tools, by their names. */
const TOOLS = {
  echo: (args) => says(String(args.text ?? 'hello')),
  fails: () => ({ ...says('the disk is full'), isError: true }),
  refuses: (args) => {
    throw new McpError(Number(args.code), 'refused');
  },
  waits: async () => {
    await new Promise((later) => setTimeout(later, 2000));
    return says('waited');
  },
  misfits: () => ({ ...says('{}'), structuredContent: { sum: 'three' } }),
  misses: () => says('no structured content'),
  /** Answered by the transport: see `startServer`. */
  status: () => says('never'),
  breaks: () => {
    setImmediate(() => process.exit(3));
    return new Promise(() => {});
  },
};

function makeServer() {
  const server = new Server({ name: 'files', version: '1' }, { capabilities: { tools: {}, resources: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.keys(TOOLS).map((name) => ({
      name,
      description: name,
      inputSchema,
      ...(name.startsWith('mis') && { outputSchema }),
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => TOOLS[params.name](params.arguments ?? {}));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({
    contents: [{ uri: params.uri, text: 'the text' }],
  }));
  return server;
}

/** @returns whether the request was answered, or cut, in place of the server. */
function intervenes(request, response, message, options) {
  if (message?.method === 'tools/call') {
    if (message.params.name === 'status') {
      response.writeHead(Number(message.params.arguments.status)).end('refused');
      return true;
    }
    if (message.params.name === 'breaks') {
      request.socket.destroy();
      return true;
    }
  }
  if (options.handshakeStatus === undefined) return false;
  response.writeHead(options.handshakeStatus).end('refused');
  return true;
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
}

/** Answers a handshake with a version of the protocol that no client knows. */
function inWrongVersion(message, response, options) {
  if (!options.wrongVersion || message?.method !== 'initialize') return false;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      jsonrpc: '2.0',
      id: message.id,
      result: {
        protocolVersion: '1999-01-01',
        capabilities: {},
        serverInfo: { name: 'files', version: '1' },
      },
    }),
  );
  return true;
}

async function listen(handler) {
  const server = http.createServer(handler);
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

/** @returns the address and a function that stops the server. */
export async function startStreamable(options = {}) {
  const sessions = new Map();
  const { origin, stop } = await listen(async (request, response) => {
    const message = await readBody(request);
    if (intervenes(request, response, message, options) || inWrongVersion(message, response, options)) return;
    let transport = sessions.get(request.headers['mcp-session-id']);
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => sessions.set(id, transport),
      });
      await makeServer().connect(transport);
    }
    await transport.handleRequest(request, response, message);
  });
  return { url: `${origin}/mcp`, stop };
}

export async function startSse(options = {}) {
  const sessions = new Map();
  const { origin, stop } = await listen(async (request, response) => {
    const message = await readBody(request);
    if (intervenes(request, response, message, options)) return;
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/messages') {
      await sessions.get(searchParams.get('sessionId')).handlePostMessage(request, response, message);
      return;
    }
    const transport = new SSEServerTransport('/messages', response);
    sessions.set(transport.sessionId, transport);
    const server = makeServer();
    if (options.wrongVersion) {
      const send = transport.send.bind(transport);
      transport.send = (answer) =>
        send(
          answer.result?.serverInfo
            ? { ...answer, result: { ...answer.result, protocolVersion: '1999-01-01' } }
            : answer,
        );
    }
    await server.connect(transport);
  });
  return { url: `${origin}/sse`, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const transport = new StdioServerTransport();
  if (process.argv.includes('--wrong-version')) {
    const send = transport.send.bind(transport);
    transport.send = (answer) =>
      send(
        answer.result?.serverInfo
          ? { ...answer, result: { ...answer.result, protocolVersion: '1999-01-01' } }
          : answer,
      );
  }
  await makeServer().connect(transport);
}
