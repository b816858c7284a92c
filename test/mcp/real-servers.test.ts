/**
 * Calls and handshakes that fail, between the published MCP SDKs: servers of 1.x, clients of 1.x and 2.x and of the
 * Agents SDK, over standard input and output, streamable HTTP and SSE.
 */
import path from 'node:path';
import * as later from '@modelcontextprotocol/client';
import * as laterStdio from '@modelcontextprotocol/client/stdio';
import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import * as earlier from './earlier-sdk.mjs';
import { eventsOfSpans, whole } from './mcp-harness.js';
import { type RealServer, startSse, startStreamable } from './real-server.mjs';

const PROGRAM = path.join(import.meta.dirname, 'real-server.mjs');
const SDKS = { '1.x': earlier, '2.x': { ...later, ...laterStdio } } as const;
type Sdk = keyof typeof SDKS;
type Wire = 'stdio' | 'streamable HTTP' | 'SSE';

let harness: Harness;
const servers: Partial<Record<Wire, RealServer>> = {};
beforeAll(async () => {
  harness = await startHarness();
  for (const sdk of [earlier, later]) harness.instrumentation.manuallyInstrument({ mcp: sdk });
  servers['streamable HTTP'] = await startStreamable();
  servers.SSE = await startSse();
});
afterEach(async () => {
  await expect.poll(() => harness.openSpanCount()).toBe(0);
  const violations = streamViolations(await eventsOfSpans(harness));
  await harness.reset();
  expect(violations).toEqual([]);
});
afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  await harness.stop();
});

const url = (wire: Wire) => new URL(servers[wire]?.url ?? 'http://127.0.0.1:9/mcp');

function transportOf(sdk: Sdk, wire: Wire, address = url(wire), args: readonly string[] = [PROGRAM]) {
  const { SSEClientTransport, StdioClientTransport, StreamableHTTPClientTransport } = SDKS[sdk];
  if (wire === 'stdio') return new StdioClientTransport({ command: process.execPath, args: [...args] });
  return wire === 'SSE' ? new SSEClientTransport(address) : new StreamableHTTPClientTransport(address);
}

const clientOf = (sdk: Sdk) => new SDKS[sdk].Client({ name: 'application', version: '1' });

async function connected(sdk: Sdk, wire: Wire): Promise<later.Client> {
  const client = clientOf(sdk);
  await client.connect(transportOf(sdk, wire));
  await harness.reset();
  return client;
}

const WIRES: readonly Wire[] = ['stdio', 'streamable HTTP', 'SSE'];
const ENDS = WIRES.flatMap((wire) => (['1.x', '2.x'] as const).map((sdk) => ({ wire, sdk })));

interface FailedCall {
  readonly what: string;
  readonly tool: string;
  readonly args?: Record<string, unknown>;
  readonly type: string;
  /** `rpc.response.status_code`, if an answer of the server has it. */
  readonly statusCode?: string;
  readonly over?: readonly Wire[];
  /** The time limit of the call, in milliseconds. */
  readonly timeout?: number;
  /** The same failure over another transport. */
  readonly typeOver?: Partial<Record<Wire, string>>;
}

const OVER_HTTP: readonly Wire[] = ['streamable HTTP', 'SSE'];

// agynio/v1#1279, getsentry/sentry-javascript#20083, BuilderIO/agent-native#5547, openai-agents-python#710
const FAILED_CALLS: readonly FailedCall[] = [
  ...[401, 403, 404, 429, 500, 503].map(
    (status): FailedCall => ({
      what: `refused with status ${status}`,
      tool: 'status',
      args: { status },
      type: String(status),
      over: OVER_HTTP,
    }),
  ),
  {
    what: 'refused with a code of JSON-RPC',
    tool: 'refuses',
    args: { code: -32602 },
    type: '-32602',
    statusCode: '-32602',
  },
  {
    what: 'refused with a code of its own',
    tool: 'refuses',
    args: { code: -32042 },
    type: '-32042',
    statusCode: '-32042',
  },
  // The codes that 1.x uses for requests without an answer too.
  {
    what: 'refused for a session that is gone',
    tool: 'refuses',
    args: { code: -32001 },
    type: '-32001',
    statusCode: '-32001',
  },
  {
    what: 'refused for another reason',
    tool: 'refuses',
    args: { code: -32000 },
    type: '-32000',
    statusCode: '-32000',
  },
  { what: 'not answered in time', tool: 'waits', type: 'REQUEST_TIMEOUT', timeout: 60 },
  { what: 'cut off', tool: 'breaks', type: 'UND_ERR_SOCKET', typeOver: { stdio: 'CONNECTION_CLOSED' } },
  { what: 'answered with isError', tool: 'fails', type: 'tool_error' },
  { what: 'answered against the output schema', tool: 'misfits', type: 'output_schema_mismatch' },
  { what: 'answered without the structured content', tool: 'misses', type: 'output_schema_mismatch' },
];

describe.each(ENDS)('A call of $sdk over $wire', ({ wire, sdk }) => {
  it.each(FAILED_CALLS.filter(({ over }) => over?.includes(wire) ?? true))(
    'is a failure of its own kind if it is $what',
    async ({ tool, args = {}, type, typeOver, statusCode, timeout }) => {
      const client = await connected(sdk, wire);
      // The client knows the schemas of the tools from their list.
      await client.listTools();
      await harness.reset();
      const request = { name: tool, arguments: args };
      const options = timeout === undefined ? {} : { timeout };
      const call = Reflect.apply(client.callTool, client, [
        request,
        // 1.x has the schema of the answer before the options.
        ...(sdk === '1.x' ? [undefined] : []),
        options,
      ]) as Promise<unknown>;
      const failure = await call.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure === undefined).toBe(tool === 'fails');
      await client.close();
      const expected = typeOver?.[wire] ?? type;
      const [span] = harness.spans();
      expect(span?.name).toBe(`tools/call ${tool}`);
      expect(span?.attributes['error.type']).toBe(expected);
      expect(span?.attributes['rpc.response.status_code']).toBe(statusCode);
      expect(whole(span)?.status.code).toBe('ERROR');
      expect(eventLines(await eventsOfSpans(harness))).toEqual([
        'SESSION_START',
        '  MCP_CALL_START tools/call',
        `  ERROR ${expected}`,
        '  MCP_CALL_END tools/call (failed)',
        'SESSION_END',
      ]);
    },
  );

  it('is a success if its answer fits', async () => {
    const client = await connected(sdk, wire);
    const answer = await client.callTool({ name: 'echo', arguments: { text: 'hi' } });
    await client.close();
    expect(answer).toMatchObject({ content: [{ type: 'text', text: 'hi' }] });
    expect(whole(harness.spans()[0])).toMatchObject({
      name: 'tools/call echo',
      attributes: { 'openai_agents.mcp.server.name': 'files' },
      status: { code: 'UNSET' },
    });
  });

  it('is a request that was never sent if the connection has ended', async () => {
    const client = await connected(sdk, wire);
    await client.close();
    await expect(client.callTool({ name: 'echo' })).rejects.toThrow('Not connected');
    expect(harness.spans()[0]?.attributes['error.type']).toBe('NOT_CONNECTED');
  });
});

interface FailedHandshake {
  readonly what: string;
  readonly type: string | RegExp;
  /** Starts the server, and returns the transport to it. */
  transport(sdk: Sdk): Promise<{ transport: later.Transport; stop?: () => Promise<void> }>;
}

/** A port of this machine on which nothing listens any longer. */
let nobody: URL;
beforeAll(async () => {
  const { url, stop } = await startStreamable();
  await stop();
  nobody = new URL(url);
});
const served = async (sdk: Sdk, wire: Wire, server: Promise<RealServer>) => {
  const { url, stop } = await server;
  return { transport: transportOf(sdk, wire, new URL(url)), stop };
};
const process_ = async (sdk: Sdk, ...args: string[]) => ({
  transport: transportOf(sdk, 'stdio', undefined, args),
});
const wrongVersion = { wrongVersion: true };

// microsoft/agent-framework#6349, aws-otel-python-instrumentation#880, openai-agents-js#353
const FAILED_HANDSHAKES: readonly FailedHandshake[] = [
  {
    what: 'the process exits',
    type: 'CONNECTION_CLOSED',
    transport: (sdk) => process_(sdk, '-e', 'process.exit(4)'),
  },
  {
    what: 'there is no such program',
    type: 'ENOENT',
    transport: async (sdk) => ({
      transport: new SDKS[sdk].StdioClientTransport({ command: '/nowhere/server' }),
    }),
  },
  {
    what: 'the process has another version',
    type: 'UnsupportedProtocolVersionError',
    transport: (sdk) => process_(sdk, PROGRAM, '--wrong-version'),
  },
  {
    what: 'the server is down',
    type: 'ECONNREFUSED',
    transport: async (sdk) => ({ transport: transportOf(sdk, 'streamable HTTP', nobody) }),
  },
  {
    what: 'the server over SSE is down',
    type: 'SseError',
    transport: async (sdk) => ({ transport: transportOf(sdk, 'SSE', nobody) }),
  },
  ...[401, 403, 404, 503].flatMap((handshakeStatus): FailedHandshake[] => [
    {
      what: `the server refuses with status ${handshakeStatus}`,
      type: String(handshakeStatus),
      transport: (sdk) => served(sdk, 'streamable HTTP', startStreamable({ handshakeStatus })),
    },
    {
      what: `the server over SSE refuses with status ${handshakeStatus}`,
      type: String(handshakeStatus),
      transport: (sdk) => served(sdk, 'SSE', startSse({ handshakeStatus })),
    },
  ]),
  {
    what: 'the server has another version',
    type: 'UnsupportedProtocolVersionError',
    transport: (sdk) => served(sdk, 'streamable HTTP', startStreamable(wrongVersion)),
  },
  {
    what: 'the server over SSE has another version',
    type: 'UnsupportedProtocolVersionError',
    transport: (sdk) => served(sdk, 'SSE', startSse(wrongVersion)),
  },
];

describe.each(['1.x', '2.x'] as const)('A handshake of %s', (sdk) => {
  it.each(FAILED_HANDSHAKES)(
    'is a failed span under the active one if $what',
    async ({ type, transport: start }) => {
      const { transport, stop } = await start(sdk);
      const client = clientOf(sdk);
      await trace.getTracer('application').startActiveSpan('start up', async (span) => {
        await expect(client.connect(transport)).rejects.toThrow();
        span.end();
      });
      await client.close();
      await stop?.();
      expect(spanTree(harness.allSpans()).filter((line) => !/(GET|POST|DELETE) \[/.test(line))).toEqual([
        'start up [INTERNAL]',
        `  initialize [CLIENT] ✗ ${type}`,
      ]);
      expect(eventLines(await eventsOfSpans(harness))).toEqual([
        'SESSION_START',
        '  MCP_CALL_START initialize',
        `  ERROR ${type}`,
        '  MCP_CALL_END initialize (failed)',
        'SESSION_END',
      ]);
    },
  );

  it.each(WIRES)('over %s is a span with the name of the server, and its end', async (wire) => {
    const client = clientOf(sdk);
    await client.connect(transportOf(sdk, wire));
    await client.close();
    const [span] = harness.spans();
    expect(whole(span)).toMatchObject({
      name: 'initialize',
      kind: 'CLIENT',
      attributes: {
        'mcp.method.name': 'initialize',
        'mcp.protocol.version': expect.stringMatching(/^20/),
        'openai_agents.mcp.server.name': 'files',
        'network.transport': wire === 'stdio' ? 'pipe' : 'tcp',
      },
      status: { code: 'UNSET' },
    });
    expect(eventLines(await eventsOfSpans(harness))).toEqual([
      'SESSION_START',
      '  MCP_CALL_START initialize',
      '  MCP_CALL_END initialize',
      'SESSION_END',
    ]);
  });

  it('that goes on with a session is not one', async () => {
    const first = clientOf(sdk);
    const transport = transportOf(sdk, 'streamable HTTP') as later.StreamableHTTPClientTransport;
    await first.connect(transport);
    const { sessionId } = transport;
    await harness.reset();
    const second = clientOf(sdk);
    const { StreamableHTTPClientTransport } = SDKS[sdk];
    await second.connect(
      new StreamableHTTPClientTransport(url('streamable HTTP'), sessionId === undefined ? {} : { sessionId }),
    );
    expect(harness.spans()).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  it('that the caller gives up is cancelled', async () => {
    const { url, stop } = await startStreamable();
    const controller = new AbortController();
    const client = clientOf(sdk);
    const connecting = client.connect(transportOf(sdk, 'streamable HTTP', new URL(url)), {
      signal: controller.signal,
    });
    controller.abort(new Error('changed my mind'));
    await expect(connecting).rejects.toThrow();
    expect(spanTree(harness.spans())).toEqual(['initialize [CLIENT] (cancelled)']);
    await client.close();
    await stop();
  });
});

describe("A server object of an agent's", () => {
  const makers = {
    stdio: () =>
      new agents.MCPServerStdio({ name: 'desk files', command: process.execPath, args: [PROGRAM] }),
    'streamable HTTP': () =>
      new agents.MCPServerStreamableHttp({ name: 'desk files', url: url('streamable HTTP').href }),
    SSE: () => new agents.MCPServerSSE({ name: 'desk files', url: url('SSE').href }),
  };

  it.each(WIRES)('over %s has one name and one label in all spans', async (wire) => {
    const server = makers[wire]();
    await server.connect();
    await server.listTools();
    await server.callTool('echo', {});
    await agents.withTrace('listing', () => agents.getAllMcpTools([server]));
    await server.close();
    const spans = harness.spans().filter(({ attributes }) => 'openai_agents.mcp.server.label' in attributes);
    expect(spans.map(({ name }) => name)).toEqual([
      'initialize',
      'tools/list',
      'tools/call echo',
      'tools/list',
    ]);
    for (const { attributes } of spans) {
      expect(attributes['openai_agents.mcp.server.name']).toBe('files');
      expect(attributes['openai_agents.mcp.server.label']).toBe('desk files');
    }
    const calls = (await eventsOfSpans(harness)).filter(
      ({ mcp_call }) => mcp_call?.operation === 'tools/call',
    );
    expect(calls.map(({ mcp_call, metadata }) => [mcp_call?.server_name, metadata])).toEqual([
      ['files', { server_label: 'desk files' }],
      ['files', { server_label: 'desk files' }],
    ]);
  });

  it.each([
    [
      'stdio',
      () =>
        new agents.MCPServerStdio({
          name: 'files',
          command: process.execPath,
          args: ['-e', 'process.exit(4)'],
        }),
    ],
    ['streamable HTTP', () => new agents.MCPServerStreamableHttp({ name: 'files', url: nobody.href })],
    ['SSE', () => new agents.MCPServerSSE({ name: 'files', url: nobody.href })],
  ] as const)('that cannot connect over %s is one failed span', async (_wire, make) => {
    const server = make();
    await expect(server.connect()).rejects.toThrow();
    const [span, ...more] = harness.spans();
    expect(more).toEqual([]);
    expect(whole(span)).toMatchObject({
      name: 'initialize',
      attributes: { 'openai_agents.mcp.server.label': 'files' },
      status: { code: 'ERROR' },
    });
  });
});

// openai-agents-js#1111, microsoft/agent-framework#6349
it.each([
  ['https://bob:hunter22@files.example/doc?access_token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'],
  ['postgres://app:hunter22@db.example/orders/42'],
  ['file:///home/bob/notes.txt'],
])('The address of a resource stands on its span without credentials: %s', async (uri) => {
  const client = await connected('2.x', 'streamable HTTP');
  await client.readResource({ uri });
  await client.close();
  const shown = harness.spans()[0]?.attributes['mcp.resource.uri'];
  expect(shown).toBe(
    uri.startsWith('file')
      ? uri
      : uri.replace(/\/\/[^@]*@/, '//[REDACTED]@').replace(/(access_token=).*/, '$1[REDACTED]'),
  );
  expect(JSON.stringify(await eventsOfSpans(harness))).not.toContain('hunter22');
});
