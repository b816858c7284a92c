import { isDeepStrictEqual } from 'node:util';
import * as mcp from '@modelcontextprotocol/client';
import * as agents from '@openai/agents';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Scenario } from '../../examples/model-server/server.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { LEGACY_VERSION, type McpServerOptions, MODERN_VERSION, TOOLS } from './mcp-answers.js';
import { eventsOfSpans, mcpCalls, named, traceparentOf, traceparents, UNSET, whole } from './mcp-harness.js';
import {
  type AgentServerOptions,
  type RunningMcpServer,
  startHttpServer,
  startStdioServer,
} from './mcp-servers.js';

/** The model calls all tools at once and answers when it has their results. */
const calls = (id: string, ...toolCalls: [name: string, args: Record<string, unknown>][]): Scenario => ({
  id,
  steps: [
    { when: { toolResultCount: toolCalls.length }, reply: { text: 'Done.' } },
    { reply: { toolCalls: toolCalls.map(([name, args]) => ({ name, arguments: args })) } },
  ],
});

let harness: Harness;
beforeAll(async () => {
  // The MCP SDK's module is not passed: the client of an agent's server is found when it connects.
  harness = await startHarness({
    scenarios: [
      calls('adds', ['add', { a: 1, b: 2 }]),
      calls('adds-twice', ['add', { a: 1, b: 2 }], ['add', { a: 3, b: 4 }]),
      calls('fails', ['fail', {}]),
      calls('asks-gone', ['gone', {}]),
      calls('crashes', ['crash', {}]),
      calls('waits', ['wait', { ms: 400 }]),
      calls('asks-own', ['own', { a: 1, b: 2 }]),
    ],
  });
});
afterEach(async () => {
  // Spans of the HTTP client may end a moment after the application has its answer.
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  const violations = streamViolations(await eventsOfSpans(harness));
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(() => harness.stop());

type Start = (options?: McpServerOptions) => Promise<RunningMcpServer>;

/** Runs an agent with a server. Connecting and closing it are not recorded. */
async function play(
  model: string,
  start: Start,
  options: AgentServerOptions & McpServerOptions = {},
  run: (agent: agents.Agent, server: agents.MCPServer) => Promise<unknown> = (agent) =>
    agents.run(agent, 'go'),
) {
  const { era, pageSize, ...forAgents } = options;
  const { server, mcpServer } = await connected(
    start,
    { ...(era && { era }), ...(pageSize && { pageSize }) },
    forAgents,
  );
  await harness.reset();
  const before = server.requests().length;
  const agent = new agents.Agent({ name: 'worker', model, mcpServers: [mcpServer] });
  const failure = await run(agent, mcpServer).then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    failure,
    spans: harness.spans(),
    tree: spanTree(harness.allSpans()),
    requests: server.requests().slice(before),
  };
}

interface Connected {
  readonly server: RunningMcpServer;
  readonly mcpServer: agents.MCPServer;
}

/** Servers that can be reused, because a process takes a while to start. */
const kept = new Map<string, Connected>();
const all: Connected[] = [];
afterAll(async () => {
  for (const { server, mcpServer } of all) {
    await mcpServer.close().catch(() => {});
    await server.stop();
  }
});

async function connected(
  start: Start,
  options: McpServerOptions,
  forAgents: AgentServerOptions,
): Promise<Connected> {
  const key = `${start.name} ${JSON.stringify(options)}`;
  const reusable = Object.keys(forAgents).length === 0;
  const known = reusable ? kept.get(key) : undefined;
  if (known !== undefined) return known;
  const server = await start(options);
  const made = { server, mcpServer: server.forAgents(forAgents) };
  all.push(made);
  if (reusable) kept.set(key, made);
  // The requests that a connected client makes in the background have no fixed order.
  await context.with(suppressTracing(context.active()), () => made.mcpServer.connect());
  return made;
}

/** The events of tools and of MCP servers, and the errors among them. */
async function toolLines(): Promise<string[]> {
  const lines = eventLines(await eventsOfSpans(harness));
  return lines.filter((line) => /TOOL|MCP|^ {4}ERROR/.test(line));
}

const stdio = {
  what: 'over stdio',
  start: startStdioServer as Start,
  network: { 'network.transport': 'pipe' },
  url: {},
  http: [] as string[],
};
const http = {
  what: 'over streamable HTTP',
  start: startHttpServer as Start,
  network: {
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'server.address': '127.0.0.1',
    'server.port': expect.any(Number),
  },
  url: { server_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/) },
  http: ['      POST [CLIENT]'],
};

describe.each([
  { ...stdio, era: 'legacy', version: LEGACY_VERSION, session: {} },
  { ...http, era: 'legacy', version: LEGACY_VERSION, session: { 'mcp.session.id': 'session-1' } },
  { ...http, era: 'modern', version: MODERN_VERSION, session: {} },
] as const)('An agent with a server $what ($era)', ({ start, era, version, network, session, url, http }) => {
  const server = {
    'openai_agents.mcp.server.name': 'calculator',
    'openai_agents.mcp.server.label': 'sums',
    'mcp.protocol.version': version,
    ...session,
    ...network,
  };

  it('has one span for each request, and the request carries that span to the server', async () => {
    const { spans, tree, requests } = await play('adds', start, { era });
    expect(tree).toEqual([
      'invoke_workflow worker [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    tools/list [CLIENT]',
      ...http,
      '    chat adds [CLIENT]',
      '      POST [CLIENT]',
      '    execute_tool add [INTERNAL]',
      ...http,
      '    tools/list [CLIENT]',
      ...http,
      '    chat adds [CLIENT]',
      '      POST [CLIENT]',
    ]);
    const [first, second] = spans.filter(({ name }) => name === 'tools/list');
    const tool = spans.find(({ name }) => name === 'execute_tool add');
    const list = { 'mcp.method.name': 'tools/list', ...server };
    expect(whole(first)).toEqual({
      name: 'tools/list',
      kind: 'CLIENT',
      attributes: { ...list, 'jsonrpc.request.id': String(requests[0]?.id) },
      status: UNSET,
    });
    expect(whole(second)?.attributes).toEqual({ ...list, 'jsonrpc.request.id': String(requests[2]?.id) });
    expect(whole(tool)).toEqual({
      name: 'execute_tool add',
      kind: 'INTERNAL',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'add',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.description': 'Adds two numbers',
        'gen_ai.tool.call.id': expect.stringMatching(/^call_/),
        'gen_ai.agent.name': 'worker',
        'mcp.method.name': 'tools/call',
        ...server,
        'jsonrpc.request.id': String(requests[1]?.id),
      },
      status: UNSET,
    });
    expect(requests.map(({ method }) => method)).toEqual(['tools/list', 'tools/call', 'tools/list']);
    expect(traceparents(requests)).toEqual([first, tool, second].map(traceparentOf));
    expect(requests[1]?.params).toMatchObject({ name: 'add', arguments: { a: 1, b: 2 } });
  });

  it('has its calls in the audit events, with server, request and answer', async () => {
    const { spans } = await play('adds', start, { era });
    const events = await eventsOfSpans(harness);
    expect(await toolLines()).toEqual([
      '    MCP_CALL_START tools/list',
      '    MCP_CALL_END tools/list',
      '    TOOL_CALL_START add',
      '    MCP_CALL_START tools/call',
      '    MCP_CALL_END tools/call',
      '    TOOL_CALL_END',
      '    MCP_CALL_START tools/list',
      '    MCP_CALL_END tools/list',
    ]);
    const tool = spans.find(({ name }) => name === 'execute_tool add')?.spanContext().spanId;
    const list = spans.find(({ name }) => name === 'tools/list')?.spanContext().spanId;
    const of = (method: string) => ({
      server_name: 'calculator',
      ...url,
      operation: method,
      method,
      protocol_version: version,
    });
    const started = { type: 'START', status: 'EVENT_STATUS_STARTED', timed: false };
    const ended = { type: 'END', status: 'EVENT_STATUS_COMPLETED', timed: true };
    const modern = era === 'modern' ? { ttlMs: 0, cacheScope: 'private' } : {};
    expect(mcpCalls(events).slice(0, 4)).toEqual([
      { ...started, span_id: list, call: of('tools/list') },
      { ...ended, span_id: list, call: { ...of('tools/list'), response: { tools: TOOLS, ...modern } } },
      {
        ...started,
        span_id: tool,
        call: { ...of('tools/call'), request: { name: 'add', arguments: { a: 1, b: 2 } } },
      },
      {
        ...ended,
        span_id: tool,
        call: {
          ...of('tools/call'),
          response: expect.objectContaining({ content: [{ type: 'text', text: '3' }] }),
        },
      },
    ]);
    const [, , , call] = events.flatMap(({ mcp_call }) => mcp_call ?? []);
    expect(call?.execution_time_ms).toBeGreaterThan(0);
    expect(call?.execution_time_ms).toBeLessThan(20_000);
  });
});

describe.each([stdio, http])('A call that fails, $what,', ({ start }) => {
  const lines = (code: string, name: string) => [
    `    TOOL_CALL_START ${name}`,
    '    MCP_CALL_START tools/call',
    `    ERROR ${code}`,
    '    MCP_CALL_END tools/call (failed)',
    '    TOOL_CALL_END (failed)',
  ];
  it('is recorded if the tool answers with isError', async () => {
    const { failure, spans } = await play('fails', start);
    expect(failure).toBeUndefined();
    const tool = spans.find(({ name }) => name === 'execute_tool fail');
    expect(whole(tool)).toMatchObject({
      attributes: { 'error.type': 'tool_error', 'mcp.method.name': 'tools/call' },
      status: { code: 'ERROR', message: 'the tool answered with an error (isError)' },
    });
    expect(tool?.attributes).not.toHaveProperty('rpc.response.status_code');
    expect((await toolLines()).slice(2, 7)).toEqual(lines('tool_error', 'fail'));
    const [answered] = mcpCalls(await eventsOfSpans(harness)).filter(
      ({ status }) => status === 'EVENT_STATUS_FAILED',
    );
    expect(answered?.call.response).toEqual({
      content: [{ type: 'text', text: 'the disk is full' }],
      isError: true,
    });
  });

  it('is recorded if the answer is an error of the protocol, whose text is content', async () => {
    const { failure, spans } = await play('asks-gone', start);
    expect(failure).toBeUndefined();
    expect(whole(spans.find(({ name }) => name === 'execute_tool gone'))).toMatchObject({
      attributes: { 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
      status: { code: 'ERROR', message: 'Invalid params' },
    });
    expect((await toolLines()).slice(2, 7)).toEqual(lines('-32602', 'gone'));
  });

  it('is recorded if the request times out', async () => {
    const { spans } = await play('waits', start, { timeout: 100 });
    expect(whole(spans.find(({ name }) => name === 'execute_tool wait'))).toMatchObject({
      attributes: { 'error.type': 'REQUEST_TIMEOUT' },
      status: { code: 'ERROR' },
    });
    expect((await toolLines()).slice(2, 7)).toEqual(lines('REQUEST_TIMEOUT', 'wait'));
  });
});

it('A call fails if the server dies during it, and so do later requests', async () => {
  const { failure, tree, spans } = await play('crashes', startStdioServer, { timeout: 20_000 });
  expect(failure).toMatchObject({ message: expect.stringMatching(/Not connected|closed/) });
  expect(tree.filter((line) => /tool/.test(line))).toEqual([
    '    tools/list [CLIENT]',
    '    execute_tool crash [INTERNAL] ✗ CONNECTION_CLOSED',
    '    tools/list [CLIENT] ✗ NOT_CONNECTED',
  ]);
  expect(whole(spans.filter(({ name }) => name === 'tools/list')[1])).toEqual({
    name: 'tools/list',
    kind: 'CLIENT',
    attributes: {
      'mcp.method.name': 'tools/list',
      'openai_agents.mcp.server.name': 'calculator',
      'openai_agents.mcp.server.label': 'sums',
      'mcp.protocol.version': LEGACY_VERSION,
      'error.type': 'NOT_CONNECTED',
    },
    status: { code: 'ERROR', message: 'Not connected' },
  });
});

it('A call is cancelled if the run is aborted, and its events end with the tool', async () => {
  const controller = new AbortController();
  // The server is waiting now.
  const toolMetaResolver = () => {
    setTimeout(() => controller.abort(), 50);
    return null;
  };
  const { failure, tree } = await play('waits', startHttpServer, { toolMetaResolver }, (agent) =>
    agents.run(agent, 'go', { signal: controller.signal }),
  );
  expect(failure).toMatchObject({ name: 'AbortError' });
  expect(tree.filter((line) => /tool/.test(line))).toEqual([
    '    tools/list [CLIENT]',
    '    execute_tool wait [INTERNAL] (cancelled)',
  ]);
  expect((await toolLines()).slice(2)).toEqual([
    '    TOOL_CALL_START wait',
    '    MCP_CALL_START tools/call',
    '    MCP_CALL_END tools/call (cancelled)',
    '    TOOL_CALL_END (cancelled)',
  ]);
});

it('Parallel calls are kept apart', async () => {
  const { spans, requests } = await play('adds-twice', startHttpServer);
  const tools = spans.filter(({ name }) => name === 'execute_tool add');
  const called = requests.filter(({ method }) => method === 'tools/call');
  expect(new Set(traceparents(called))).toEqual(new Set(tools.map(traceparentOf)));
  expect(tools).toHaveLength(2);
  const sums = mcpCalls(await eventsOfSpans(harness)).filter(({ call }) => call.operation === 'tools/call');
  for (const tool of tools) {
    const [start, end] = sums.filter(({ span_id }) => span_id === tool.spanContext().spanId);
    const sum = isDeepStrictEqual(start?.call.request, { name: 'add', arguments: { a: 1, b: 2 } })
      ? '3'
      : '7';
    expect(end?.call.response?.content).toEqual([{ type: 'text', text: sum }]);
  }
  const requestsInEvents = sums.flatMap(({ call }) => call.request ?? []);
  expect(requestsInEvents).toEqual([
    { name: 'add', arguments: { a: 1, b: 2 } },
    { name: 'add', arguments: { a: 3, b: 4 } },
  ]);
});

it('A cached list of tools is requested once, and reading the cache is not a request', async () => {
  const everything = async () => true;
  const { tree, requests } = await play(
    'adds',
    startStdioServer,
    { cacheToolsList: true },
    async (agent, server) => {
      await agents.run(agent, 'go');
      // A filter makes the SDK keep another list, which it derives from the list of the server object.
      server.toolFilter = everything;
      await agents.run(agent, 'go');
    },
  );
  expect(requests.map(({ method }) => method)).toEqual(['tools/list', 'tools/call', 'tools/call']);
  expect(tree.filter((line) => !/chat|POST/.test(line))).toEqual([
    'invoke_workflow worker [INTERNAL]',
    '  invoke_agent worker [INTERNAL]',
    '    tools/list [CLIENT]',
    '    execute_tool add [INTERNAL]',
    'invoke_workflow worker [INTERNAL]',
    '  invoke_agent worker [INTERNAL]',
    '    mcp_tools calculator [INTERNAL]',
    '    execute_tool add [INTERNAL]',
  ]);
  expect(whole(named(harness, 'mcp_tools calculator')[0])).toEqual({
    name: 'mcp_tools calculator',
    kind: 'INTERNAL',
    attributes: {
      'openai_agents.span.type': 'mcp_tools',
      'openai_agents.mcp.server.name': 'calculator',
      'openai_agents.mcp.server.label': 'sums',
    },
    status: UNSET,
  });
  const operations = mcpCalls(await eventsOfSpans(harness)).map(
    ({ type, call }) => `${type} ${call.operation}`,
  );
  expect(operations).toEqual([
    'START tools/list',
    'END tools/list',
    'START tools/call',
    'END tools/call',
    'START tools/call',
    'END tools/call',
  ]);
});

it('Further pages of a list are spans beneath the first', async () => {
  const { tree, requests, spans } = await play('adds', startHttpServer, { pageSize: 2 }, (_agent, server) =>
    agents.withTrace('listing', async () => {
      await agents.getAllMcpTools([server]);
    }),
  );
  expect(tree).toEqual([
    'invoke_workflow listing [INTERNAL]',
    '  tools/list [CLIENT]',
    '    POST [CLIENT]',
    '    tools/list [CLIENT]',
    '      POST [CLIENT]',
    '    tools/list [CLIENT]',
    '      POST [CLIENT]',
  ]);
  expect(requests.map(({ params }) => params?.cursor)).toEqual([undefined, '2', '4']);
  const byId = new Map(spans.map((span) => [span.attributes['jsonrpc.request.id'], span]));
  expect(traceparents(requests)).toEqual(requests.map(({ id }) => traceparentOf(byId.get(String(id)))));
});

it('Requests and answers are not recorded if the run withholds content', async () => {
  const runner = new agents.Runner({ traceIncludeSensitiveData: false });
  await play('adds', startHttpServer, {}, (agent) => runner.run(agent, 'go'));
  const events = await eventsOfSpans(harness);
  expect(
    mcpCalls(events).map(({ type, call }) => [type, call.operation, call.request, call.response]),
  ).toEqual([
    ['START', 'tools/list', undefined, undefined],
    ['END', 'tools/list', undefined, undefined],
    ['START', 'tools/call', { name: 'add' }, undefined],
    ['END', 'tools/call', undefined, undefined],
    ['START', 'tools/list', undefined, undefined],
    ['END', 'tools/list', undefined, undefined],
  ]);
});

it('The trace is added to the _meta of the application and does not replace a trace in it', async () => {
  const metas = [
    { tenant: 'acme' },
    { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  ];
  for (const meta of metas) {
    const kept = structuredClone(meta);
    const { requests, spans } = await play('adds', startHttpServer, { toolMetaResolver: () => meta });
    const tool = spans.find(({ name }) => name === 'execute_tool add');
    expect(requests[1]?.params?._meta).toEqual({ traceparent: traceparentOf(tool), ...kept });
    expect(meta).toEqual(kept);
  }
});

it('A repeated call is a span beneath the tool, which succeeds if the repeated call does', async () => {
  const closed: { server?: agents.MCPServer } = {};
  const { failure, tree, spans, requests } = await play(
    'adds',
    startHttpServer,
    {
      // The connection is closed just before the call, and the SDK does not know.
      toolMetaResolver: async () => {
        await Reflect.get(Reflect.get(closed.server as object, 'underlying'), 'session').close();
        return null;
      },
    },
    (agent, server) => {
      closed.server = server;
      return agents.run(agent, 'go');
    },
  );
  expect(failure).toBeUndefined();
  expect(tree.filter((line) => /tool/.test(line))).toEqual([
    '    tools/list [CLIENT]',
    '    execute_tool add [INTERNAL]',
    '      tools/call add [CLIENT]',
    '    tools/list [CLIENT]',
  ]);
  const again = spans.find(({ name }) => name === 'tools/call add');
  expect(traceparents(requests)[1]).toBe(traceparentOf(again));
  expect(whole(spans.find(({ name }) => name === 'execute_tool add'))?.status).toEqual(UNSET);
  expect((await toolLines()).slice(2, 9)).toEqual([
    '    TOOL_CALL_START add',
    '    MCP_CALL_START tools/call',
    '    ERROR NOT_CONNECTED',
    '    MCP_CALL_END tools/call (failed)',
    '      MCP_CALL_START tools/call',
    '      MCP_CALL_END tools/call',
    '    TOOL_CALL_END',
  ]);
});

it("A request of the application's own client in a tool has a span of its own", async () => {
  const server = await startHttpServer();
  const client = new mcp.Client({ name: 'own', version: '1' });
  await client.connect(server.transport());
  const own = agents.tool({
    name: 'own',
    description: 'Adds',
    parameters: z.object({ a: z.number(), b: z.number() }),
    execute: async (numbers) => JSON.stringify(await client.callTool({ name: 'add', arguments: numbers })),
  });
  await harness.reset();
  await agents.run(new agents.Agent({ name: 'worker', model: 'asks-own', tools: [own] }), 'go');
  expect(spanTree(harness.spans())).toEqual([
    'invoke_workflow worker [INTERNAL]',
    '  invoke_agent worker [INTERNAL]',
    '    chat asks-own [CLIENT]',
    '    execute_tool own [INTERNAL]',
    '      tools/call add [CLIENT]',
    '    chat asks-own [CLIENT]',
  ]);
  expect(traceparents(server.requests())).toEqual([traceparentOf(named(harness, 'tools/call add')[0])]);
  expect(await toolLines()).toEqual([
    '    TOOL_CALL_START own',
    '      MCP_CALL_START tools/call',
    '      MCP_CALL_END tools/call',
    '    TOOL_CALL_END',
  ]);
  await client.close();
  await server.stop();
});
