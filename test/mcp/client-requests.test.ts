import * as mcp from '@modelcontextprotocol/client';
import * as agents from '@openai/agents';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withSession } from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import type { Harness } from '../harness/telemetry.js';
import { LEGACY_VERSION } from './mcp-answers.js';
import {
  eventsOfSpans,
  mcpCalls,
  named,
  startMcpHarness,
  traceparentOf,
  traceparents,
  UNSET,
  whole,
} from './mcp-harness.js';
import { type RunningMcpServer, startHttpServer, startStdioServer } from './mcp-servers.js';

const ADD = { name: 'add', arguments: { a: 1, b: 2 } };
const SUM = { content: [{ type: 'text', text: '3' }] };
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let harness: Harness;
let server: RunningMcpServer;
let client: mcp.Client;
beforeAll(async () => {
  harness = await startMcpHarness();
  server = await startHttpServer();
  client = await connected(server);
});
afterEach(async () => {
  // Spans of the HTTP client may end a moment after the application has its answer.
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  const violations = streamViolations(await eventsOfSpans(harness));
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await harness.stop();
});

async function connected(to: RunningMcpServer): Promise<mcp.Client> {
  const made = new mcp.Client({ name: 'application', version: '1.0.0' });
  await context.with(suppressTracing(context.active()), () => made.connect(to.transport()));
  await harness.reset();
  return made;
}

/** The requests that the server has received since. */
async function askedDuring(action: () => Promise<unknown>) {
  const before = server.requests().length;
  await action();
  return server.requests().slice(before);
}

const common = () => ({
  'openai_agents.mcp.server.name': 'calculator',
  'mcp.protocol.version': LEGACY_VERSION,
  'mcp.session.id': 'session-1',
  'network.transport': 'tcp',
  'network.protocol.name': 'http',
  'server.address': '127.0.0.1',
  'server.port': expect.any(Number),
  'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
});

describe('A request of a client of the application', () => {
  it.each<[name: string, attributes: Record<string, unknown>, ask: () => Promise<unknown>]>([
    ['tools/list', { 'mcp.method.name': 'tools/list' }, () => client.listTools()],
    [
      'tools/call add',
      { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' },
      () => client.callTool(ADD),
    ],
    ['prompts/list', { 'mcp.method.name': 'prompts/list' }, () => client.listPrompts()],
    [
      'prompts/get greet',
      { 'mcp.method.name': 'prompts/get', 'gen_ai.prompt.name': 'greet' },
      () => client.getPrompt({ name: 'greet' }),
    ],
    [
      'resources/read',
      { 'mcp.method.name': 'resources/read', 'mcp.resource.uri': 'memo://1' },
      () => client.readResource({ uri: 'memo://1' }),
    ],
    [
      'tools/call add',
      { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'add' },
      () => client.request({ method: 'tools/call', params: ADD }),
    ],
  ])('is one span, and the request carries it to the server: %s', async (name, attributes, ask) => {
    const requests = await askedDuring(ask);
    expect(spanTree(harness.allSpans())).toEqual([`${name} [CLIENT]`, '  POST [CLIENT]']);
    const [span] = named(harness, name);
    expect(whole(span)).toEqual({
      name,
      kind: 'CLIENT',
      attributes: { ...attributes, ...common() },
      status: UNSET,
    });
    expect(traceparents(requests)).toEqual([traceparentOf(span)]);
  });

  it('gets the same answer as without instrumentation', async () => {
    expect(await client.callTool(ADD)).toEqual(SUM);
    await expect(client.callTool({ name: 'gone' })).rejects.toBeInstanceOf(mcp.ProtocolError);
    expect(() => client.request({ method: 'no/such' } as never)).toThrow(TypeError);
    await client.ping();
    // Unknown requests and requests that keep the connection alive have no span.
    expect(harness.spans().map(({ name }) => name)).toEqual(['tools/call add', 'tools/call gone']);
  });

  it('has the transport of stdio and the session that the application opened', async () => {
    const process = await startStdioServer();
    const own = await connected(process);
    await withSession({ name: 'desk', id: 'desk-1' }, () => own.callTool(ADD));
    const [span] = named(harness, 'tools/call add');
    expect(whole(span)?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'openai_agents.mcp.server.name': 'calculator',
      'mcp.protocol.version': LEGACY_VERSION,
      'network.transport': 'pipe',
      'jsonrpc.request.id': '1',
      'session.id': 'desk-1',
    });
    expect(traceparents(process.requests())).toEqual([traceparentOf(span)]);
    const events = await eventsOfSpans(harness);
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  MCP_CALL_START tools/call',
      '  MCP_CALL_END tools/call',
      'SESSION_END',
    ]);
    expect(new Set(events.map(({ session_id }) => session_id))).toEqual(new Set(['desk-1']));
    await own.close();
    await process.stop();
  });

  it('has no attributes of a transport that the application made itself', async () => {
    const [near, far] = mcp.InMemoryTransport.createLinkedPair();
    far.onmessage = (message) => {
      if (!('id' in message) || message.id === undefined) return;
      const result =
        'method' in message && message.method === 'initialize'
          ? {
              protocolVersion: LEGACY_VERSION,
              capabilities: {},
              serverInfo: { name: 'inside', version: '1' },
            }
          : SUM;
      void far.send({ jsonrpc: '2.0', id: message.id, result } as never);
    };
    const own = new mcp.Client({ name: 'application', version: '1.0.0' });
    await own.connect(near);
    await own.callTool(ADD);
    expect(whole(named(harness, 'tools/call add')[0])?.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'openai_agents.mcp.server.name': 'inside',
      'mcp.protocol.version': LEGACY_VERSION,
      'jsonrpc.request.id': '1',
    });
    await own.close();
  });

  it('is the same if a server object of the Agents SDK makes it outside of a run', async () => {
    const object = server.forAgents();
    await context.with(suppressTracing(context.active()), () => object.connect());
    await harness.reset();
    await object.listTools();
    expect(await object.callTool('add', { a: 1, b: 2 })).toEqual(SUM.content);
    expect(harness.spans().map((span) => whole(span)?.attributes)).toEqual([
      { 'mcp.method.name': 'tools/list', 'openai_agents.mcp.server.label': 'sums', ...common() },
      {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'add',
        'openai_agents.mcp.server.label': 'sums',
        ...common(),
      },
    ]);
    await context.with(suppressTracing(context.active()), () => object.close());
  });
});

describe('The trace in a request', () => {
  it('includes the trace state and the baggage', async () => {
    const parent = propagation.extract(ROOT_CONTEXT, {
      traceparent: PARENT,
      tracestate: 'vendor=1',
      baggage: 'tenant=acme',
    });
    const requests = await askedDuring(() => context.with(parent, () => client.callTool(ADD)));
    const [span] = named(harness, 'tools/call add');
    expect(span?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(requests[0]?.params).toEqual({
      ...ADD,
      _meta: { traceparent: traceparentOf(span), tracestate: 'vendor=1', baggage: 'tenant=acme' },
    });
  });

  it('is that of the application if it has put one there', async () => {
    const meta = { traceparent: PARENT, custom: 1 };
    const requests = await askedDuring(() => client.callTool({ ...ADD, _meta: meta }));
    expect(requests[0]?.params?._meta).toEqual({ traceparent: PARENT, custom: 1 });
    expect(named(harness, 'tools/call add')).toHaveLength(1);
  });

  it('leaves the arguments of the application unchanged', async () => {
    const params = Object.freeze({
      ...ADD,
      arguments: Object.freeze({ a: 1, b: 2 }),
      _meta: Object.freeze({ custom: 1 }),
    });
    const requests = await askedDuring(() => client.callTool(params));
    expect(params).toEqual({ ...ADD, _meta: { custom: 1 } });
    expect(requests[0]?.params?._meta).toMatchObject({ custom: 1, traceparent: expect.any(String) });
  });

  it('is absent if tracing is suppressed', async () => {
    const requests = await askedDuring(() =>
      context.with(suppressTracing(context.active()), () => client.callTool(ADD)),
    );
    expect(requests[0]?.params).toEqual(ADD);
    expect(harness.spans()).toEqual([]);
  });

  it('is the right one in each of many requests at once', async () => {
    const requests = await askedDuring(() =>
      Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          trace.getTracer('application').startActiveSpan(`work ${i}`, async (span) => {
            const sum = await client.callTool({ name: 'add', arguments: { a: i, b: 100 } });
            expect(sum.content).toEqual([{ type: 'text', text: String(i + 100) }]);
            span.end();
          }),
        ),
      ),
    );
    const spans = harness.spans();
    for (const request of requests) {
      const work = spans.find(({ name }) => name === `work ${request.params?.arguments?.a}`);
      const call = spans.find(
        ({ parentSpanContext }) => parentSpanContext?.spanId === work?.spanContext().spanId,
      );
      expect(request.params?._meta?.traceparent).toBe(traceparentOf(call));
      expect(call?.attributes['jsonrpc.request.id']).toBe(String(request.id));
    }
    expect(requests).toHaveLength(20);
  });
});

describe('A request that fails', () => {
  it.each<[what: string, expected: object, events: string, ask: () => Promise<unknown>]>([
    [
      'in the tool',
      {
        attributes: { 'error.type': 'tool_error' },
        status: { code: 'ERROR', message: 'the tool answered with an error (isError)' },
      },
      'tool_error',
      () => client.callTool({ name: 'fail' }),
    ],
    [
      'because of an error of the protocol',
      {
        attributes: { 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
        status: { code: 'ERROR', message: 'Invalid params' },
      },
      '-32602',
      () => client.callTool({ name: 'gone' }),
    ],
    [
      'because it times out',
      {
        attributes: { 'error.type': 'REQUEST_TIMEOUT' },
        status: { code: 'ERROR' },
      },
      'REQUEST_TIMEOUT',
      () => client.callTool({ name: 'wait', arguments: { ms: 300 } }, { timeout: 50 }),
    ],
    [
      'because a signal with a time limit fires',
      { attributes: { 'error.type': 'REQUEST_TIMEOUT' }, status: { code: 'ERROR' } },
      'REQUEST_TIMEOUT',
      () => client.callTool({ name: 'wait', arguments: { ms: 300 } }, { signal: AbortSignal.timeout(50) }),
    ],
    [
      'because the connection breaks',
      { attributes: { 'error.type': 'UND_ERR_SOCKET' }, status: { code: 'ERROR' } },
      'UND_ERR_SOCKET',
      () => client.callTool({ name: 'crash' }),
    ],
  ])('%s is a failed span', async (_what, expected, code, ask) => {
    await ask().catch(() => {});
    const [span] = harness.spans();
    expect(whole(span)).toMatchObject(expected);
    expect(eventLines(await eventsOfSpans(harness))).toEqual([
      'SESSION_START',
      '  MCP_CALL_START tools/call',
      `  ERROR ${code}`,
      '  MCP_CALL_END tools/call (failed)',
      'SESSION_END',
    ]);
  });

  it('is not a failure if the application aborted it', async () => {
    const controller = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: { ms: 300 } }, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('changed my mind')), 50);
    await expect(call).rejects.toThrow('changed my mind');
    expect(spanTree(harness.spans())).toEqual(['tools/call wait [CLIENT] (cancelled)']);
    expect(named(harness, 'tools/call wait')[0]?.status).toEqual({ code: 0 });
    expect(eventLines(await eventsOfSpans(harness))).toEqual([
      'SESSION_START',
      '  MCP_CALL_START tools/call',
      '  MCP_CALL_END tools/call (cancelled)',
      'SESSION_END',
    ]);
  });

  it('stays an unhandled rejection if it is not awaited', async () => {
    const unhandled: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    void client.request({ method: 'tools/call', params: { name: 'gone' } });
    await expect.poll(() => unhandled).toHaveLength(1);
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
    expect(unhandled).toEqual([expect.objectContaining({ code: -32602 })]);
  });
});

it('A request has its content in the audit events, and on spans only if configured', async () => {
  await client.callTool(ADD);
  await client.readResource({ uri: 'memo://1' });
  const spans = harness.spans();
  const of = (method: string) => ({
    server_name: 'calculator',
    // The query is left out, because it holds a key.
    server_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/),
    operation: method,
    method,
    protocol_version: LEGACY_VERSION,
  });
  const started = { type: 'START', status: 'EVENT_STATUS_STARTED', timed: false };
  const ended = { type: 'END', status: 'EVENT_STATUS_COMPLETED', timed: true };
  const [call, read] = spans.map((span) => ({ span_id: span.spanContext().spanId }));
  expect(mcpCalls(await eventsOfSpans(harness))).toEqual([
    { ...started, ...call, call: { ...of('tools/call'), request: ADD } },
    { ...ended, ...call, call: { ...of('tools/call'), response: SUM } },
    { ...started, ...read, call: { ...of('resources/read'), request: { uri: 'memo://1' } } },
    {
      ...ended,
      ...read,
      call: { ...of('resources/read'), response: { contents: [{ uri: 'memo://1', text: 'The text' }] } },
    },
  ]);
  const contentOf = () =>
    named(harness, 'tools/call add').map(({ attributes }) => [
      attributes['gen_ai.tool.call.arguments'],
      attributes['gen_ai.tool.call.result'],
    ]);
  expect(contentOf()).toEqual([[undefined, undefined]]);

  harness.instrumentation.setConfig({ captureMessageContent: true });
  await harness.reset();
  await client.callTool(ADD);
  expect(contentOf()).toEqual([[JSON.stringify(ADD.arguments), JSON.stringify(SUM)]]);
  harness.instrumentation.setConfig({});
});

it('A request is measured', async () => {
  await client.callTool(ADD);
  await client.callTool({ name: 'gone' }).catch(() => {});
  await client.listTools();
  const metrics = (await harness.metrics.collect()).filter(({ points }) => points.length > 0);
  expect(metrics.map(({ name, unit }) => [name, unit])).toEqual([['mcp.client.operation.duration', 's']]);
  const points = metrics.flatMap((metric) => metric.points);
  const { 'server.port': port } = common();
  const server = {
    'mcp.protocol.version': LEGACY_VERSION,
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'server.address': '127.0.0.1',
    'server.port': port,
  };
  const call = { 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool', ...server };
  expect(points.map(({ attributes }) => attributes)).toEqual([
    { ...call, 'gen_ai.tool.name': 'add' },
    { ...call, 'gen_ai.tool.name': 'gone', 'error.type': '-32602', 'rpc.response.status_code': '-32602' },
    { 'mcp.method.name': 'tools/list', ...server },
  ]);
  expect(points.map(({ value }) => typeof value === 'object' && value.count)).toEqual([1, 1, 1]);
  const [first] = points;
  expect(typeof first?.value === 'object' && first.value.buckets.boundaries).toEqual([
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
  ]);
});

it('A client is unhooked by disable() and hooked again by enable()', async () => {
  const places = [
    [mcp.Protocol.prototype, 'request'],
    [agents.MCPServerStdio.prototype, 'connect'],
    [agents.MCPServerStreamableHttp.prototype, 'connect'],
    [agents.MCPServerSSE.prototype, 'connect'],
  ] as const;
  const describePlaces = () => places.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name));
  await client.callTool(ADD);
  const hooked = describePlaces();
  await harness.reset();

  harness.instrumentation.disable();
  const off = describePlaces();
  for (const [index, [, name]] of places.entries()) {
    expect(off[index]?.value, name).not.toBe(hooked[index]?.value);
    expect(String(off[index]?.value), name).not.toContain('[native code]');
  }
  expect((await askedDuring(() => client.callTool(ADD)))[0]?.params).toEqual(ADD);
  expect(harness.spans()).toEqual([]);

  harness.instrumentation.enable();
  const requests = await askedDuring(() => client.callTool(ADD));
  const [span] = named(harness, 'tools/call add');
  expect(traceparents(requests)).toEqual([traceparentOf(span)]);
});

it('A request is one span if the module is passed twice', async () => {
  harness.instrumentation.manuallyInstrument({ mcp });
  harness.instrumentation.manuallyInstrument({ mcp: mcp.Client });
  await client.callTool(ADD);
  expect(spanTree(harness.spans())).toEqual(['tools/call add [CLIENT]']);
});

it('manuallyInstrument({ mcp }) refuses other modules', () => {
  expect(() => harness.instrumentation.manuallyInstrument({ mcp: {} })).toThrow(
    "manuallyInstrument({ mcp }) needs the module '@modelcontextprotocol/client' or " +
      "'@modelcontextprotocol/sdk/client/index.js', or its class Client",
  );
});
