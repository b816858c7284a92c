/** Hooks of the MCP SDK's client: every request goes through one public method, `request()`, in 1.x and in 2.x. */
import { context } from '@opentelemetry/api';
import { asFunction, asRecord, asText, isRecord } from '../../foreign/read.js';
import type { Method, MethodPatches } from '../method-patches.js';
import type { Telemetry } from '../telemetry.js';
import { McpCall } from './mcp-call.js';
import { isGivenUp } from './mcp-failure.js';
import { mcpOperation } from './mcp-operations.js';
import { methodOwner } from './method-owner.js';
import { hookTransport, watchMessages } from './sent-messages.js';
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
      return new McpCall(telemetry, client, operation, asked, versions.of(client));
    });
    if (call !== undefined) return send(call, request, this, args, telemetry);
    const returned = request.apply(this, args);
    return guard.run('Reading an MCP handshake', () => versions.watch(this, args, returned)) ?? returned;
  };
}

function send(
  call: McpCall,
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
      const version = asText(asRecord(result)?.protocolVersion);
      if (version !== undefined) this.#versions.set(client, version);
      return result;
    });
  }
}
