import { ownValue } from '../../json/own-data.js';
import { asFunction, asNonEmptyString, isRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { closeOf, watchClose } from './connection-loss.js';
import { RealtimeConnection } from './realtime-connection.js';
import { readClientEvent, readServerEvent } from './server-events.js';

/** Stands for the session, whose agents answer in the Agents SDK. */
const NO_SESSION = {};
const NO_AGENT = {};

/** The words of the client for errors of its own, which do not close the socket (7.55.0). */
const CLIENT_ERRORS: ReadonlySet<unknown> = new Set([
  'could not parse websocket event',
  'could not send data',
]);

/**
 * The sockets of the Realtime API that the application uses without the Agents SDK: `OpenAIRealtimeWS` and
 * `OpenAIRealtimeWebSocket` of `openai`. Their constructors cannot be hooked, so a connection is recorded from the first
 * event that is sent, received or failed.
 *
 * Invariant: each platform socket is recorded once, and sockets are referenced weakly. The record of a connection does
 * not refer to its socket, so that it can be garbage-collected, which then ends the connection.
 */
export class RealtimeSockets {
  readonly #telemetry: Telemetry;
  /** The records by the platform's socket: after a reconnection the client has another one. */
  readonly #connections = new WeakMap<object, RealtimeConnection>();
  readonly #open = new Set<RealtimeConnection>();
  readonly #collected = new FinalizationRegistry<RealtimeConnection>((connection) => {
    this.#telemetry.guard.run('Ending a realtime connection', () => connection.abandoned());
  });

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /**
   * @param prototype - of the client's class.
   * @returns the expected methods that are missing, for a warning.
   */
  install(prototype: object, patches: MethodPatches): string[] {
    const run = (action: () => void) =>
      this.#telemetry.guard.run('Reading an event of a realtime connection', action);
    const before = (read: (socket: object, args: readonly unknown[]) => void) => (method: Method) =>
      function (this: unknown, ...args: unknown[]) {
        if (isRecord(this)) run(() => read(this as object, args));
        return method.apply(this, args);
      };
    const replacements: Readonly<Record<string, (method: Method) => Method>> = {
      send: before((socket, [event]) => this.#sent(socket, event)),
      _emit: before((socket, [name, event]) => {
        if (name === 'event') this.#received(socket, event);
      }),
      _onError: before((socket, [event, message, cause]) => {
        const error = event ?? cause ?? { message };
        const connection = this.#of(socket);
        if (isRecord(event)) connection?.errorOccurred(error);
        else if (CLIENT_ERRORS.has(message)) connection?.transportFailed(error);
        else connection?.socketFailed(error);
      }),
      close: before((socket) => this.#of(socket)?.closed(NO_AGENT)),
      // It does not send by `send()` (7.55.0), and older versions do not have it.
      ...('sendResponseCreate' in prototype && {
        sendResponseCreate: before((socket, [event]) => this.#sent(socket, event)),
      }),
    };
    return Object.entries(replacements)
      .filter(([name, wrap]) => patches.apply(prototype, name, wrap) === 'missing')
      .map(([name]) => name);
  }

  /** Ends what is recorded; the connections continue unobserved. */
  abandonAll(): void {
    for (const connection of [...this.#open]) connection.abandoned();
  }

  #sent(socket: object, event: unknown): void {
    const connection = this.#of(socket);
    if (connection !== undefined) readClientEvent(connection, event);
  }

  #received(socket: object, event: unknown): void {
    const connection = this.#of(socket);
    connection?.connected();
    if (connection !== undefined) readServerEvent(connection, event, NO_SESSION);
  }

  /** The open connection of a client; `undefined` if it has ended. */
  #of(client: object): RealtimeConnection | undefined {
    const socket = ownValue(client, 'socket');
    if (!isRecord(socket)) return undefined;
    const known = this.#connections.get(socket);
    if (known !== undefined) return this.#open.has(known) ? known : undefined;
    return this.#begin(client, socket);
  }

  #begin(client: object, socket: object): RealtimeConnection {
    const url = urlOf(ownValue(client, 'url'));
    const connection: RealtimeConnection = new RealtimeConnection(
      this.#telemetry,
      {
        model: asNonEmptyString(url?.searchParams.get('model') ?? url?.searchParams.get('deployment')),
        workflowName: undefined,
        groupId: undefined,
        url: url?.href,
        hasAgents: false,
      },
      () => {
        this.#open.delete(connection);
        this.#collected.unregister(connection);
      },
    );
    this.#connections.set(socket, connection);
    this.#open.add(connection);
    this.#collected.register(socket, connection, connection);
    const { guard } = this.#telemetry;
    const listen = asFunction((socket as { addEventListener?: unknown }).addEventListener);
    watchClose(socket);
    listen?.call(socket, 'close', () =>
      guard.run('Ending a realtime connection', () => connection.socketClosed(closeOf(socket), NO_AGENT)),
    );
    return connection;
  }
}

/** The client's own URL object. */
function urlOf(value: unknown): URL | undefined {
  return value instanceof URL && Object.getPrototypeOf(value) === URL.prototype ? value : undefined;
}
