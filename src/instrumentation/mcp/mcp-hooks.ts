/** Hooks of the MCP SDK's client: every request goes through one public method, `request()`, in 1.x and in 2.x. */
import { context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import {
  asFunction,
  asMembers,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { mcpOperation } from '../../openai-api/mcp-server.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { methodOwner } from '../patching/prototypes.js';
import { isGivenUp } from './mcp-failure.js';
import { McpRequest } from './mcp-request.js';
import { withTraceMeta } from './trace-meta.js';

/**
 * Wraps the client's `request()`. Idempotent, and for one copy of the SDK at a time: their classes are different
 * objects.
 *
 * @param clientClass - the class `Client`, or one derived from it.
 * @returns what was expected and is not there, for a warning.
 */
export function hookMcpClient(clientClass: object, patches: MethodPatches, telemetry: Telemetry): string[] {
  const prototype = methodOwner(asRecord((clientClass as { prototype?: unknown }).prototype), 'request');
  if (prototype === undefined) return ['Client.prototype.request'];
  patches.apply(prototype, 'request', (request) => wrapRequest(request, patches, telemetry));
  return [];
}

function wrapRequest(request: Method, patches: MethodPatches, telemetry: Telemetry): Method {
  const { guard } = telemetry;
  const versions = new ChosenVersions();
  return function (this: unknown, ...args) {
    const call = guard.run('Starting an MCP request', () => {
      const client = asRecord(this);
      const asked = asRecord(args[0]);
      const operation = mcpOperation(asked?.method);
      if (client === undefined || asked === undefined || operation === undefined) return undefined;
      hookTransport(client.transport, patches, guard);
      return new McpRequest(telemetry, client, operation, asked, versions.of(client));
    });
    if (call !== undefined) return send(call, request, this, args, telemetry);
    const returned = request.apply(this, args);
    return guard.run('Reading an MCP handshake', () => versions.watch(this, args, returned)) ?? returned;
  };
}

function send(
  call: McpRequest,
  request: Method,
  client: unknown,
  args: readonly unknown[],
  { guard }: Telemetry,
): unknown {
  const sent = guard.run('Passing the trace on', () => withTraceMeta(args, call.context)) ?? args;
  const succeed = (result: unknown) => guard.run('Ending an MCP request', () => call.succeed(result));
  const fail = (error: unknown) =>
    guard.run('Ending an MCP request', () => (isGivenUp(args) ? call.cancel() : call.fail(error)));
  let returned: unknown;
  try {
    returned = watchMessages(
      (message) => call.sent(message),
      () => context.with(call.context, () => request.apply(client, [...sent])),
    );
  } catch (error) {
    fail(error);
    throw error;
  }
  const then = asFunction(asRecord(returned)?.then);
  if (then === undefined) {
    succeed(returned);
    return returned;
  }
  // The application gets the promise behind ours: one that is watched on the side would count as handled.
  return then.call(
    returned,
    (result: unknown) => {
      succeed(result);
      return result;
    },
    (error: unknown) => {
      fail(error);
      throw error;
    },
  );
}

/** The versions of the protocol that servers chose in the handshake: 1.x forgets them, 2.x tells them itself. */
class ChosenVersions {
  readonly #versions = new WeakMap<object, string>();

  of(client: object): string | undefined {
    return this.#versions.get(client);
  }

  /** @returns what the application gets of the request. */
  watch(client: unknown, [request]: readonly unknown[], returned: unknown): unknown {
    if (!isRecord(client) || asRecord(request)?.method !== 'initialize') return returned;
    if (asFunction(client.getNegotiatedProtocolVersion) !== undefined) return returned;
    return asFunction(asRecord(returned)?.then)?.call(returned, (result: unknown) => {
      const version = asNonEmptyString(asRecord(result)?.protocolVersion);
      if (version !== undefined) this.#versions.set(client, version);
      return result;
    });
  }
}

/**
 * The Agents SDK's objects for MCP servers, which make a client of the MCP SDK when they connect. It loads that SDK
 * itself and late, where no hook may see it: in a bundle, and in CommonJS for 1.x, whose package has no main module
 * (require-in-the-middle 8 passes such packages over).
 */

const SERVER_CLASSES = ['MCPServerStdio', 'MCPServerStreamableHttp', 'MCPServerSSE'] as const;

/**
 * @param agents - the module `@openai/agents` or `@openai/agents-core`.
 * @param found - told the class of each client that is connected, before the application goes on.
 */
export function hookAgentsServers(
  agents: UnknownRecord,
  patches: MethodPatches,
  guard: Guard,
  found: (clientClass: object) => void,
): void {
  for (const name of SERVER_CLASSES) {
    const prototype: unknown = asFunction(agents[name])?.prototype;
    if (typeof prototype !== 'object' || prototype === null) continue;
    patches.apply(
      prototype,
      'connect',
      (connect) =>
        function (this: unknown, ...args) {
          const connected = connect.apply(this, args);
          const then = asFunction(asRecord(connected)?.then);
          if (then === undefined) return connected;
          return then.call(connected, (value: unknown) => {
            guard.run('Finding an MCP client', () => {
              const clientClass = connectedClientClass(this);
              if (clientClass !== undefined) found(clientClass);
            });
            return value;
          });
        },
    );
  }
}

/** Private in the SDK's types, the same in 0.3.9 to 0.20.0. */
function connectedClientClass(server: unknown): object | undefined {
  const client = asRecord(asRecord(asRecord(server)?.underlying)?.session);
  return findMcpClientClass(client?.constructor);
}

/**
 * The class `Client` of an MCP SDK in whatever the module system made of it, or the class itself, or one derived from
 * it: of `@modelcontextprotocol/client` (2.x) or `@modelcontextprotocol/sdk/client/index.js` (1.x).
 */
export function findMcpClientClass(value: unknown): object | undefined {
  const members = asMembers(value);
  const candidates = [value, members?.Client, asMembers(members?.default)?.Client];
  return candidates.find(isClientClass);
}

/** What a request goes through, and what tells the class from others that make requests. */
function isClientClass(value: unknown): value is object {
  if (typeof value !== 'function') return false;
  const prototype = asMembers(value.prototype);
  return typeof prototype?.request === 'function' && typeof prototype.callTool === 'function';
}

/**
 * The id of a request is the client's secret until its transport gets the message, which is within the client's
 * `request()` (1.32 and 2.4).
 */

/** Who wants to know what is sent just now. One for all copies of the SDK: a client may use another copy's transport. */
let watching: ((message: unknown) => void) | undefined;

/** @param watch - told of each message that is sent while the action runs, but not after it has returned. */
function watchMessages<T>(watch: (message: unknown) => void, action: () => T): T {
  const before = watching;
  watching = watch;
  try {
    return action();
  } finally {
    watching = before;
  }
}

/** Only where `send()` is a class' method: an object whose own it is would be kept alive by the way back. */
function hookTransport(transport: unknown, patches: MethodPatches, guard: Guard): void {
  if (!isRecord(transport) || Object.hasOwn(transport, 'send')) return;
  const prototype = methodOwner(asRecord(Object.getPrototypeOf(transport)), 'send');
  if (prototype === undefined) return;
  patches.apply(
    prototype,
    'send',
    (send) =>
      function (this: unknown, ...args) {
        const watch = watching;
        if (watch !== undefined) guard.run('Reading an MCP message', () => watch(args[0]));
        return send.apply(this, args);
      },
  );
}
