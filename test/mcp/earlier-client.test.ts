/**
 * The particulars of a client of the MCP SDK 1.x, in a class of the same shape: `request(request, schema, options)` in a
 * base class, and a version that the client forgets after the handshake. 1.32 itself is not installed here.
 */
import { diag } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Guard } from '../../src/diagnostics/guard.js';
import { hookMcpClient } from '../../src/instrumentation/mcp/mcp-hooks.js';
import { MethodPatches } from '../../src/instrumentation/patching/method-patches.js';
import type { Telemetry } from '../../src/spans/telemetry.js';
import { type InMemoryTracing, registerTracerProvider } from '../harness/tracer-provider.js';

interface Message {
  readonly method: string;
  readonly params?: unknown;
  readonly id?: number;
}

function makeClasses() {
  class Transport {
    readonly sent: Message[] = [];
    readonly pid = 1;
    readonly stderr = null;
    async send(message: Message): Promise<void> {
      this.sent.push(message);
    }
  }
  class Protocol {
    _transport: Transport | { send(message: Message): Promise<void> } = new Transport();
    _requestMessageId = 0;
    request(request: Message, _schema: unknown, _options?: unknown): Promise<unknown> {
      if (request.method === 'prompts/get') throw new TypeError('no prompts');
      return new Promise((resolve) => {
        const id = this._requestMessageId++;
        void this._transport.send({ ...request, id });
        const result = request.method === 'initialize' ? { protocolVersion: '2025-03-26' } : { content: [] };
        resolve(result);
      });
    }
  }
  class Client extends Protocol {
    async connect(_transport: unknown): Promise<void> {
      await this.request({ method: 'initialize' }, {});
    }
    callTool(params: unknown, schema: unknown = {}): Promise<unknown> {
      return this.request({ method: 'tools/call', params }, schema);
    }
  }
  return { Transport, Protocol, Client };
}

let tracing: InMemoryTracing;
let patches: MethodPatches;
let telemetry: Telemetry;
beforeEach(async () => {
  tracing = await registerTracerProvider([]);
  patches = new MethodPatches();
  telemetry = {
    tracer: tracing.provider.getTracer('test'),
    logger: undefined as never,
    instruments: undefined,
    content: { onSpan: false, onEvent: false, lengthLimit: 1000 },
    otherCalls: false,
    guard: new Guard(diag),
  };
});
afterEach(async () => {
  expect(telemetry.guard.faults).toBe(0);
  patches.restore();
  await tracing.provider.shutdown();
});

const attributes = () => tracing.exporter.getFinishedSpans().map((span) => span.attributes);

it('A client has the version of the protocol from its handshake', async () => {
  const { Client } = makeClasses();
  hookMcpClient(Client, patches, telemetry);
  const client = new Client();
  await client.request({ method: 'initialize' }, {});
  await client.callTool({ name: 'add' });
  expect(attributes()).toEqual([
    {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'mcp.protocol.version': '2025-03-26',
      'network.transport': 'pipe',
      'jsonrpc.request.id': '1',
    },
  ]);
});

it('A client is hooked and restored in the class that has the method, and its transport stays as it is', async () => {
  const { Transport, Protocol, Client } = makeClasses();
  const { request } = Protocol.prototype;
  const { send } = Transport.prototype;
  expect(hookMcpClient(Client, patches, telemetry)).toEqual([]);
  expect(hookMcpClient(Client, patches, telemetry)).toEqual([]);
  await new Client().callTool({ name: 'add' });
  expect(tracing.exporter.getFinishedSpans()).toHaveLength(1);
  expect(Protocol.prototype.request).not.toBe(request);
  expect(Transport.prototype.send).toBe(send);
  expect(Object.hasOwn(Client.prototype, 'request')).toBe(false);
  patches.restore();
  expect(Protocol.prototype.request).toBe(request);
});

it('A request through a transport of the application has its id', async () => {
  const { Client } = makeClasses();
  hookMcpClient(Client, patches, telemetry);
  const client = new Client();
  const send = async () => {};
  client._transport = { send };
  await client.callTool({ name: 'add' });
  expect(client._transport.send).toBe(send);
  expect(attributes()[0]).toHaveProperty('jsonrpc.request.id', '0');
});

it('A request that throws at once throws the same error and ends its span', () => {
  const { Client } = makeClasses();
  hookMcpClient(Client, patches, telemetry);
  expect(() => new Client().request({ method: 'prompts/get' }, {})).toThrow(new TypeError('no prompts'));
  expect(attributes()).toEqual([
    { 'mcp.method.name': 'prompts/get', 'network.transport': 'pipe', 'error.type': 'TypeError' },
  ]);
});

it('A class without request() is reported', () => {
  expect(hookMcpClient(class {}, patches, telemetry)).toEqual(['Client.prototype.request']);
});
