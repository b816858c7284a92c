import path from 'node:path';
import * as agents from '@openai/agents';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { startMcpHttpServer } from './mcp-http-server.js';
import { failureOf, type Situation, type Tools } from './situation.js';

const STDIO_SERVER = path.join(import.meta.dirname, 'mcp-stdio-server.mjs');

function stdioServer(options: { cacheToolsList?: boolean } = {}): agents.MCPServerStdio {
  return new agents.MCPServerStdio({
    name: 'stdio-srv',
    command: process.execPath,
    args: [STDIO_SERVER],
    ...options,
  });
}

/** Runs the action while connected. Connecting is not part of a run, and its background requests have no fixed order. */
async function connected<Server extends agents.MCPServer, T>(
  server: Server,
  action: (server: Server) => Promise<T>,
): Promise<T> {
  await context.with(suppressTracing(context.active()), () => server.connect());
  try {
    return await action(server);
  } finally {
    await context.with(suppressTracing(context.active()), () => server.close());
  }
}

const ask = async (tools: Tools, model: string, ...mcpServers: agents.MCPServer[]) =>
  (await tools.runner().run(new agents.Agent({ name: 'Main', model, mcpServers }), 'go')).finalOutput;

/** Tools of an MCP server that this process connects to. */
export const mcp: readonly Situation[] = [
  {
    name: 'mcp-stdio',
    run: (tools) => connected(stdioServer(), (server) => ask(tools, 'calls-mcp-add', server)),
  },
  {
    name: 'mcp-stdio-toolerror',
    run: (tools) => connected(stdioServer(), (server) => ask(tools, 'calls-mcp-fail', server)),
  },
  {
    name: 'mcp-stdio-tools-kept',
    run: (tools) =>
      connected(stdioServer({ cacheToolsList: true }), (server) => ask(tools, 'calls-mcp-add', server)),
  },
  {
    name: 'mcp-http',
    run: async (tools) => {
      const http = await startMcpHttpServer();
      try {
        const output = await connected(
          new agents.MCPServerStreamableHttp({ name: 'http-srv', url: http.url }),
          (server) => ask(tools, 'calls-mcp-add', server),
        );
        const ofRun = http.received.filter(({ method }) => method.startsWith('tools/'));
        return { output, received: ofRun };
      } finally {
        await http.close();
      }
    },
  },
  {
    name: 'mcp-http-server-gone',
    run: async (tools) => {
      const http = await startMcpHttpServer();
      return connected(
        new agents.MCPServerStreamableHttp({ name: 'http-srv', url: http.url }),
        async (server) => {
          await http.close();
          return failureOf(() => ask(tools, 'calls-mcp-add', server));
        },
      );
    },
  },
];
