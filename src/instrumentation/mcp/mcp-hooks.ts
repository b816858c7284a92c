/** The hooks of the MCP SDK's client. Every request goes through one public method, `request()`, in 1.x and in 2.x. */
import { types } from 'node:util';
import { context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { ownValue } from '../../json/own-data.js';
import {
  asFunction,
  asMembers,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import { mcpOperation } from '../../openai-api/mcp-server.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { observeBeside } from '../patching/promise-observer.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { isAbortedByCaller } from './mcp-failure.js';
import { McpRequest } from './mcp-request.js';
import { withTraceMeta } from './trace-meta.js';

/**
 * Wraps the client's `request()`. Idempotent. Each call covers one copy of the SDK, since the copies have different
 * classes.
 *
 * @param clientClass - the class `Client`, or one derived from it.
 * @returns the expected methods that are missing, for a warning.
 */
export function hookMcpClient(clientClass: object, patches: MethodPatches, telemetry: Telemetry): string[] {
  const prototype = methodOwner(prototypeOf(clientClass), 'request');
  if (prototype === undefined) return ['Client.prototype.request'];
  patches.apply(prototype, 'request', (request) => wrapRequest(request, telemetry));
  return [];
}

function wrapRequest(request: Method, telemetry: Telemetry): Method {
  const { guard } = telemetry;
  const versions = new ChosenVersions();
  return function (this: unknown, ...args) {
    const call = guard.run('Starting an MCP request', () => {
      const client = asRecord(this);
      const operation = mcpOperation(ownValue(args[0], 'method'));
      if (client === undefined || operation === undefined) return undefined;
      return new McpRequest(telemetry, client, operation, args[0], versions.of(client));
    });
    if (call !== undefined) return send(call, request, this, args, telemetry);
    const returned = request.apply(this, args);
    guard.run('Reading an MCP handshake', () => versions.observe(this, args, returned));
    return returned;
  };
}

function send(
  call: McpRequest,
  request: Method,
  client: unknown,
  args: readonly unknown[],
  { guard }: Telemetry,
): unknown {
  // The propagators are the application's code: if one throws, the request is sent without the trace.
  const sent = guard.run('Passing the trace on', () => withTraceMeta(args, call.context)) ?? args;
  const succeed = (result: unknown) => guard.run('Ending an MCP request', () => call.succeed(result));
  const fail = (error: unknown) =>
    guard.run('Ending an MCP request', () => (isAbortedByCaller(args) ? call.cancel() : call.fail(error)));
  const id = nextRequestId(client);
  let returned: unknown;
  try {
    returned = context.with(call.context, () => request.apply(client, [...sent]));
    if (id !== undefined && nextRequestId(client) === id + 1) call.sent(id);
  } catch (error) {
    fail(error);
    throw error;
  }
  const then = asFunction(asRecord(returned)?.then);
  if (then === undefined) {
    succeed(returned);
    return returned;
  }
  // The application gets the chained promise: a handler on the side would make an unhandled rejection a handled one.
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

/** The versions of the protocol that servers chose in the handshake. 1.x forgets them, 2.x keeps them itself. */
class ChosenVersions {
  readonly #versions = new WeakMap<object, string>();

  of(client: object): string | undefined {
    return this.#versions.get(client);
  }

  /** The client's own `connect()` makes the handshake and awaits it, so an observer on the side hides no failure. */
  observe(client: unknown, [request]: readonly unknown[], returned: unknown): void {
    if (!isRecord(client) || ownValue(request, 'method') !== 'initialize') return;
    if ('getNegotiatedProtocolVersion' in client || !types.isPromise(returned)) return;
    observeBeside(returned, {
      resolved: (result) => {
        const version = asNonEmptyString(ownValue(result, 'protocolVersion'));
        if (version !== undefined) this.#versions.set(client, version);
      },
      rejected: () => {},
    });
  }
}

/** The Agents SDK's classes for MCP servers. Their `connect()` makes a client of the MCP SDK. */
const SERVER_CLASSES = ['MCPServerStdio', 'MCPServerStreamableHttp', 'MCPServerSSE'] as const;

/**
 * Finds the MCP clients that the Agents SDK makes. It loads the MCP SDK itself and late, and a module hook may not see
 * that: in a bundle, and in CommonJS for 1.x, whose package has no main module (require-in-the-middle 8 skips such
 * packages).
 *
 * @param agents - the module `@openai/agents` or `@openai/agents-core`.
 * @param found - called with the class of each client that is connected, before the application goes on.
 */
export function hookAgentsServers(
  agents: UnknownRecord,
  patches: MethodPatches,
  guard: Guard,
  found: (clientClass: object) => void,
): void {
  for (const name of SERVER_CLASSES) {
    const prototype = prototypeOf(agents[name]);
    if (prototype === undefined) continue;
    // An agent's servers have their names in getters.
    trustMembers(prototype);
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
  const client = ownValue(ownValue(server, 'underlying'), 'session');
  return findMcpClientClass(memberValue(client, 'constructor'));
}

/**
 * Finds the class `Client` of an MCP SDK in the exports of `@modelcontextprotocol/client` (2.x) or
 * `@modelcontextprotocol/sdk/client/index.js` (1.x). The value may also be that class or one derived from it.
 */
export function findMcpClientClass(value: unknown): object | undefined {
  const members = asMembers(value);
  const candidates = [value, members?.Client, asMembers(members?.default)?.Client];
  return candidates.find(isClientClass);
}

/** `callTool()` distinguishes the class from others that have `request()`. */
function isClientClass(value: unknown): value is object {
  if (typeof value !== 'function') return false;
  const prototype = asMembers(value.prototype);
  return typeof prototype?.request === 'function' && typeof prototype.callTool === 'function';
}

/**
 * Returns the id of the client's next request. The client counts in a member that is private in its types, and takes
 * the number within `request()` (1.32 and 2.4).
 */
function nextRequestId(client: unknown): number | undefined {
  return asNumber(ownValue(client, '_requestMessageId'));
}
