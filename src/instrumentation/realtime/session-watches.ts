import { type Context, context } from '@opentelemetry/api';
import { asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import { type Method, MethodPatches } from '../method-patches.js';
import type { Telemetry } from '../telemetry.js';
import { RealtimeConnection } from './realtime-connection.js';

/** A session's connection and the hooks in its transport. */
interface SessionWatch {
  readonly connection: RealtimeConnection;
  readonly transportPatches: MethodPatches;
}

/**
 * The sessions that are connected, each with what is recorded of its connection.
 *
 * A session is held by nobody here. What is held of each, and ends when the session is collected, knows neither the
 * session nor its transport.
 */
export class SessionWatches {
  readonly #telemetry: Telemetry;
  readonly #watches = new WeakMap<object, SessionWatch>();
  readonly #open = new Set<RealtimeConnection>();
  readonly #collected = new FinalizationRegistry<RealtimeConnection>((connection) => {
    this.#telemetry.guard.run('Ending a realtime session', () => connection.forgotten());
  });

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** What is recorded of a session's connection, while it has one. */
  of(session: unknown): RealtimeConnection | undefined {
    if (!isRecord(session)) return undefined;
    const connection = this.#watches.get(session)?.connection;
    return connection !== undefined && this.#open.has(connection) ? connection : undefined;
  }

  /**
   * The session connects.
   *
   * @param options - those of `connect()`.
   */
  begin(session: unknown, options: unknown): RealtimeConnection | undefined {
    if (!isRecord(session)) return undefined;
    // The SDK, too, takes an earlier connection for over when the session connects anew (agents-realtime 0.20.0).
    this.of(session)?.closed();
    const configured = asRecord(session.options);
    const transport = asRecord(session.transport);
    const transportPatches = new MethodPatches();
    const weakPatches = new WeakRef(transportPatches);
    const connection: RealtimeConnection = new RealtimeConnection(
      this.#telemetry,
      {
        model: asText(configured?.model) ?? asText(transport?.currentModel),
        workflowName: asText(configured?.workflowName),
        groupId: asText(configured?.groupId),
        url: asText(asRecord(options)?.url),
      },
      () => {
        weakPatches.deref()?.restore();
        this.#open.delete(connection);
        this.#collected.unregister(connection);
      },
    );
    this.#watches.set(session, { connection, transportPatches });
    this.#open.add(connection);
    this.#collected.register(session, connection, connection);
    if (transport !== undefined)
      hookTransport(transport, session, connection, transportPatches, this.#telemetry);
    return connection;
  }

  /** The session is connected. */
  connected(session: unknown, connection: RealtimeConnection): void {
    connection.connected();
    if (isRecord(session)) connection.reaches(socketUrl(asRecord(session.transport)));
  }

  endAll(): void {
    for (const connection of [...this.#open]) connection.forgotten();
  }
}

/** The session tells nothing of the end of its connection, and of a call only that its tool starts. */
function hookTransport(
  transport: ForeignRecord,
  session: ForeignRecord,
  connection: RealtimeConnection,
  patches: MethodPatches,
  { guard }: Telemetry,
): void {
  const read = <T>(action: () => T) => guard.run('Reading an event of a realtime transport', action);
  const outcome = patches.apply(transport, 'emit', (emit: Method) => {
    return function (this: unknown, ...args) {
      const around: Context | undefined = read(() => {
        const [name, event] = args;
        switch (name) {
          case 'function_call':
            return connection.callAsked(asRecord(event) ?? {}, asRecord(session.currentAgent) ?? {});
          case 'disconnected':
            connection.lost();
            return undefined;
          case 'connection_change':
            if (event === 'disconnected') connection.lost();
            else connection.reaches(socketUrl(transport));
            return undefined;
          case 'error':
            connection.transportFailed(event);
            return undefined;
          default:
            return undefined;
        }
      });
      return around === undefined
        ? emit.apply(this, args)
        : context.with(around, () => emit.apply(this, args));
    };
  });
  if (outcome === 'missing') {
    guard.warnOnce('a realtime transport has no emit(): that its connection is lost goes unseen');
  }
  patches.apply(transport, 'sendFunctionCallOutput', (send: Method) => {
    return function (this: unknown, ...args) {
      const [toolCall, , startResponse = true] = args;
      read(() => connection.callAnswered(asRecord(toolCall) ?? {}, startResponse === true));
      return send.apply(this, args);
    };
  });
}

/** Where the transport's socket goes; only some transports show it. */
function socketUrl(transport: ForeignRecord | undefined): string | undefined {
  return asText(asRecord(asRecord(transport?.connectionState)?.websocket)?.url);
}
