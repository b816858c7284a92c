/** The hooks of the MCP SDK's client. Every request goes through one public method, `request()`, in 1.x and in 2.x. */
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
  patches.apply(prototype, 'request', (request) => wrapRequest(request, patches, telemetry));
  return [];
}

function wrapRequest(request: Method, patches: MethodPatches, telemetry: Telemetry): Method {
  const { guard } = telemetry;
  const versions = new ChosenVersions();
  return function (this: unknown, ...args) {
    const call = guard.run('Starting an MCP request', () => {
      const client = asRecord(this);
      const message = asRecord(args[0]);
      const operation = mcpOperation(message?.method);
      if (client === undefined || message === undefined || operation === undefined) return undefined;
      hookTransport(client.transport, patches, guard);
      return new McpRequest(telemetry, client, operation, message, versions.of(client));
    });
    if (call !== undefined) return send(call, request, this, args, telemetry);
    const returned = request.apply(this, args);
    return guard.run('Reading an MCP handshake', () => versions.observe(this, args, returned)) ?? returned;
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
  let returned: unknown;
  try {
    returned = observeMessages(
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

  /** Returns the result that the application gets. */
  observe(client: unknown, [request]: readonly unknown[], returned: unknown): unknown {
    if (!isRecord(client) || asRecord(request)?.method !== 'initialize') return returned;
    if (asFunction(client.getNegotiatedProtocolVersion) !== undefined) return returned;
    return asFunction(asRecord(returned)?.then)?.call(returned, (result: unknown) => {
      const version = asNonEmptyString(asRecord(result)?.protocolVersion);
      if (version !== undefined) this.#versions.set(client, version);
      return result;
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
 * Observes the messages that are sent at the moment. One observer serves all copies of the SDK, since a client may use
 * another copy's transport.
 *
 * The id of a request is known only inside the client until its transport gets the message, which happens within the
 * client's `request()` (1.32 and 2.4).
 */
let messageObserver: ((message: unknown) => void) | undefined;

/** @param observer - called with each message that is sent while the action runs, and not after it has returned. */
function observeMessages<T>(observer: (message: unknown) => void, action: () => T): T {
  const before = messageObserver;
  messageObserver = observer;
  try {
    return action();
  } finally {
    messageObserver = before;
  }
}

/** Wraps `send()` if a class has it. An object with a `send()` of its own would be kept alive by the patch. */
function hookTransport(transport: unknown, patches: MethodPatches, guard: Guard): void {
  if (!isRecord(transport) || Object.hasOwn(transport, 'send')) return;
  const prototype = methodOwner(asRecord(Object.getPrototypeOf(transport)), 'send');
  if (prototype === undefined) return;
  patches.apply(
    prototype,
    'send',
    (send) =>
      function (this: unknown, ...args) {
        const observer = messageObserver;
        if (observer !== undefined) guard.run('Reading an MCP message', () => observer(args[0]));
        return send.apply(this, args);
      },
  );
}
