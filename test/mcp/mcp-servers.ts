/** The same small MCP server as a process and over HTTP, and its requests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as mcp from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import * as agents from '@openai/agents';
import { fixtureCommand, PROJECT } from '../run-fixture.js';
import { answerMcp, type McpMessage, type McpServerOptions } from './mcp-answers.js';

export interface RunningMcpServer {
  /** The transport for a client of the MCP SDK. */
  transport(): mcp.Transport;
  /** The server object for an agent. */
  forAgents(options?: AgentServerOptions): agents.MCPServer;
  /** Requests for tools, prompts and resources, in the order of their arrival. */
  requests(): McpMessage[];
  stop(): Promise<void>;
}

export interface AgentServerOptions {
  readonly cacheToolsList?: boolean;
  /** The time limit of a call, in milliseconds. */
  readonly timeout?: number;
  readonly toolMetaResolver?: agents.MCPToolMetaResolver;
}

/** The agents' name for the server, which names itself `calculator`. */
const AGENT_NAME = 'sums';

export async function startStdioServer(options: McpServerOptions = {}): Promise<RunningMcpServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mcp-'));
  const log = path.join(folder, 'received.jsonl');
  writeFileSync(log, '');
  const [command, args] = fixtureCommand(
    path.join(import.meta.dirname, 'stdio-server.ts'),
    log,
    JSON.stringify(options),
  );
  return {
    transport: () => new StdioClientTransport({ command, args, cwd: PROJECT }),
    forAgents: (options = {}) =>
      new agents.MCPServerStdio({
        name: AGENT_NAME,
        command,
        args,
        cwd: PROJECT,
        clientSessionTimeoutSeconds: 20,
        ...options,
      }),
    requests: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as McpMessage)
        .filter(isRequestForSomething),
    async stop() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startHttpServer(options: McpServerOptions = {}): Promise<RunningMcpServer> {
  const received: McpMessage[] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as McpMessage;
    received.push(message);
    const answer = await answerMcp(message, options, () => request.socket.destroy());
    const session = options.era === 'modern' ? {} : { 'mcp-session-id': 'session-1' };
    if (answer === undefined) response.writeHead(202).end();
    else {
      response.writeHead(200, { 'content-type': 'application/json', ...session });
      response.end(JSON.stringify(answer));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return {
    transport: () => new mcp.StreamableHTTPClientTransport(new URL(`${url}?key=secret`)),
    forAgents: (options = {}) => new agents.MCPServerStreamableHttp({ name: AGENT_NAME, url, ...options }),
    requests: () => received.filter(isRequestForSomething),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isRequestForSomething({ method, id }: McpMessage): boolean {
  return id !== undefined && /^(tools|prompts|resources)\//.test(method);
}
