/**
 * The handshake of an MCP client, from `connect()` to the server's introduction. It is one span, also if it takes several
 * requests, or fails before the first one.
 */
import { types } from 'node:util';
import { context, createContextKey } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import { METHOD_DISCOVER, METHOD_INITIALIZE, readServerLabel } from '../../openai-api/mcp-server.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { chained, observeBeside } from '../patching/promise-observer.js';
import { prototypeOf } from '../patching/prototypes.js';
import { type McpConnection, readMcpConnection, readPlannedConnection } from './mcp-connection.js';
import { isAbortedByCaller } from './mcp-failure.js';
import { McpRequest } from './mcp-request.js';
import { getMcpCallSlot } from './mcp-span-slot.js';

/** The handshake that a client is making. */
interface OpenHandshake {
  readonly client: object;
  /** Whether the client sent `initialize`, and not only what takes its place in newer versions. */
  initializes: boolean;
}

const HANDSHAKE_KEY = createContextKey(`${PACKAGE_NAME} MCP handshake`);

/** The server object of the Agents SDK whose client is being made. */
interface ServerInMaking {
  readonly label: string | undefined;
  /** Whether a hook of the client has recorded the handshake. */
  recorded: boolean;
}

const SERVER_KEY = createContextKey(`${PACKAGE_NAME} MCP server in the making`);

/** The application's names for the servers of clients. */
const labels = new WeakMap<object, string>();

/** Returns the application's name for the server that a client is connected to. */
export function labelOf(client: object): string | undefined {
  return labels.get(client);
}

/** The facts that the handshakes of clients left behind. */
export class Handshakes {
  /** The versions of the protocol that servers chose. 1.x forgets them, 2.x keeps them itself. */
  readonly #versions = new WeakMap<object, string>();

  versionOf(client: object): string | undefined {
    return this.#versions.get(client);
  }

  /** The client's own `connect()` makes the request and awaits it, so an observer on the side hides no failure. */
  observe(client: unknown, [request]: readonly unknown[], returned: unknown): void {
    if (!isRecord(client) || ownValue(request, 'method') !== METHOD_INITIALIZE) return;
    const open = context.active().getValue(HANDSHAKE_KEY) as OpenHandshake | undefined;
    if (open?.client === client) open.initializes = true;
    if ('getNegotiatedProtocolVersion' in client || !types.isPromise(returned)) return;
    observeBeside(returned, {
      resolved: (result) => {
        const version = asNonEmptyString(ownValue(result, 'protocolVersion'));
        if (version !== undefined) this.#versions.set(client, version);
      },
      rejected: () => {},
    });
  }

  /** Wraps the client's `connect(transport, options)`. */
  wrapConnect(connect: Method, telemetry: Telemetry): Method {
    const { guard } = telemetry;
    const handshakes = this;
    return function (this: unknown, ...args) {
      const handshake = guard.run('Starting an MCP handshake', () =>
        handshakes.#begin(telemetry, asRecord(this), args),
      );
      if (handshake === undefined) return connect.apply(this, args);
      return chained(() => context.with(handshake.context, () => connect.apply(this, args)), {
        resolved: () => guard.run('Ending an MCP handshake', () => handshake.succeed()),
        rejected: (error) =>
          guard.run('Ending an MCP handshake', () =>
            isAbortedByCaller(args) ? handshake.request.cancel() : handshake.request.fail(error),
          ),
      });
    };
  }

  #begin(telemetry: Telemetry, client: UnknownRecord | undefined, [transport, options]: readonly unknown[]) {
    const active = context.active();
    const around = active.getValue(HANDSHAKE_KEY) as OpenHandshake | undefined;
    // A derived class calls the method of its base.
    if (client === undefined || around?.client === client || !makesHandshake(transport, options))
      return undefined;
    const server = active.getValue(SERVER_KEY) as ServerInMaking | undefined;
    if (server !== undefined) server.recorded = true;
    const label = server?.label ?? getMcpCallSlot(active)?.serverName;
    if (label !== undefined) labels.set(client, label);
    const connection = readMcpConnection(client, undefined, transport);
    const request = new McpRequest(telemetry, {
      operation: { method: METHOD_INITIALIZE },
      // The name of the server is left from an earlier connection.
      connection: { ...connection, serverName: undefined },
      label,
    });
    const open: OpenHandshake = { client, initializes: false };
    return {
      request,
      context: request.context.setValue(HANDSHAKE_KEY, open),
      succeed: () => {
        request.connected(readMcpConnection(client, this.versionOf(client)), methodOf(client, open), label);
        request.succeed(undefined);
      },
    };
  }
}

/** Whether the client introduces itself; it does not if it goes on with a session, or knows the server already. */
function makesHandshake(transport: unknown, options: unknown): boolean {
  const session = memberValue(transport, 'sessionId') ?? memberValue(transport, '_sessionId');
  const prior = ownValue(options, 'prior');
  return (
    session === undefined && (prior === undefined || prior === null || ownValue(prior, 'kind') === 'legacy')
  );
}

/** In 2.x a client may first ask for the versions that the server has, and that may be all (2.4). */
function methodOf(client: object, { initializes }: OpenHandshake): string {
  const discovered = !initializes && memberValue(client, '_discoverResult') !== undefined;
  return discovered ? METHOD_DISCOVER : METHOD_INITIALIZE;
}

/** The Agents SDK's classes for MCP servers. Their `connect()` makes a client of the MCP SDK. */
const SERVER_CLASSES = ['MCPServerStdio', 'MCPServerStreamableHttp', 'MCPServerSSE'] as const;

/**
 * Finds the MCP clients that the Agents SDK makes. It loads the MCP SDK itself and late, and a module hook may not see
 * that: in a bundle, and in CommonJS for 1.x, whose package has no main module (require-in-the-middle 8 skips such
 * packages). A handshake that no hook of the client has seen is recorded here.
 *
 * @param agents - the module `@openai/agents` or `@openai/agents-core`.
 * @param found - called with each client that is connected, before the application goes on.
 */
export function hookAgentsServers(
  agents: UnknownRecord,
  patches: MethodPatches,
  telemetry: Telemetry,
  found: (client: object) => void,
): void {
  for (const name of SERVER_CLASSES) {
    const prototype = prototypeOf(agents[name]);
    if (prototype === undefined) continue;
    // An agent's servers have their names in getters.
    trustMembers(prototype);
    patches.apply(prototype, 'connect', (connect) => wrapServerConnect(connect, telemetry, found));
  }
}

function wrapServerConnect(connect: Method, telemetry: Telemetry, found: (client: object) => void): Method {
  const { guard } = telemetry;
  return function (this: unknown, ...args) {
    const begun = { startTime: clock.now(), startedTicks: clock.ticks() };
    const active = context.active();
    const server = guard.run('Starting an MCP handshake', (): ServerInMaking => {
      return { label: readServerLabel(memberValue(this, 'name')), recorded: false };
    });
    const record = (connection: McpConnection, end: (request: McpRequest) => void) => {
      if (server === undefined || server.recorded) return;
      context.with(active, () => {
        const { label } = server;
        const operation = { method: METHOD_INITIALIZE };
        end(new McpRequest(telemetry, { operation, connection, label, ...begun }));
      });
    };
    return chained(() => context.with(active.setValue(SERVER_KEY, server), () => connect.apply(this, args)), {
      resolved: () => {
        guard.run('Finding an MCP client', () => {
          const client = asRecord(ownValue(ownValue(this, 'underlying'), 'session'));
          if (client === undefined) return;
          found(client);
          if (server?.label !== undefined) labels.set(client, server.label);
          record(readMcpConnection(client, undefined), (request) => request.succeed(undefined));
        });
      },
      rejected: (error) => {
        guard.run('Reading a failed MCP handshake', () => {
          const planned = readPlannedConnection(ownValue(ownValue(this, 'underlying'), 'params'));
          record(planned, (request) => request.fail(error));
        });
      },
    });
  };
}
