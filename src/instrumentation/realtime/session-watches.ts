import { context } from '@opentelemetry/api';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { type Method, MethodPatches } from '../patching/method-patches.js';
import { RealtimeConnection } from './realtime-connection.js';
import { socketUrl, TRANSPORT_EVENTS } from './session-events.js';

/** A session's connection and the hooks in its transport. */
interface SessionWatch {
  readonly connection: RealtimeConnection;
  readonly transportPatches: MethodPatches;
}

/**
 * The connected sessions, each with the record of its connection.
 *
 * Invariant: sessions are referenced weakly. A connection refers neither to its session nor to the transport, so that
 * both can be garbage-collected, which then ends the connection.
 */
export class SessionWatches {
  readonly #telemetry: Telemetry;
  readonly #watches = new WeakMap<object, SessionWatch>();
  readonly #open = new Set<RealtimeConnection>();
  readonly #collected = new FinalizationRegistry<RealtimeConnection>((connection) => {
    this.#telemetry.guard.run('Ending a realtime session', () => connection.abandoned());
  });

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** The session's connection, while it is open. */
  of(session: unknown): RealtimeConnection | undefined {
    if (!isRecord(session)) return undefined;
    const connection = this.#watches.get(session)?.connection;
    return connection !== undefined && this.#open.has(connection) ? connection : undefined;
  }

  /** @param options - the argument of `connect()`. */
  begin(session: unknown, options: unknown): RealtimeConnection | undefined {
    if (!isRecord(session)) return undefined;
    // The SDK, too, considers an earlier connection closed when the session connects again (agents-realtime 0.20.0).
    this.of(session)?.closed();
    const configured = asRecord(session.options);
    const transport = asRecord(session.transport);
    const transportPatches = new MethodPatches();
    const weakPatches = new WeakRef(transportPatches);
    const connection: RealtimeConnection = new RealtimeConnection(
      this.#telemetry,
      {
        model: asNonEmptyString(configured?.model) ?? asNonEmptyString(transport?.currentModel),
        workflowName: asNonEmptyString(configured?.workflowName),
        groupId: asNonEmptyString(configured?.groupId),
        url: asNonEmptyString(asRecord(options)?.url),
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

  connected(session: unknown, connection: RealtimeConnection): void {
    connection.connected();
    if (isRecord(session)) connection.reaches(socketUrl(asRecord(session.transport)));
  }

  abandonAll(): void {
    for (const connection of [...this.#open]) connection.abandoned();
  }
}

function hookTransport(
  transport: UnknownRecord,
  session: UnknownRecord,
  connection: RealtimeConnection,
  patches: MethodPatches,
  { guard }: Telemetry,
): void {
  const read = <T>(action: () => T) => guard.run('Reading an event of a realtime transport', action);
  const outcome = patches.apply(transport, 'emit', (emit: Method) => {
    return function (this: unknown, ...args) {
      const [name, event] = args;
      const handler = TRANSPORT_EVENTS.get(name);
      const listenerContext = handler && read(() => handler(connection, event, session, transport));
      return listenerContext === undefined
        ? emit.apply(this, args)
        : context.with(listenerContext, () => emit.apply(this, args));
    };
  });
  if (outcome === 'missing') {
    guard.warnOnce('a realtime transport has no emit(): the loss of its connection is not recorded');
  }
  patches.apply(transport, 'sendFunctionCallOutput', (send: Method) => {
    return function (this: unknown, ...args) {
      const [toolCall, , requestsResponse = true] = args;
      read(() => connection.functionCalls.answered(asRecord(toolCall) ?? {}, requestsResponse === true));
      return send.apply(this, args);
    };
  });
}
