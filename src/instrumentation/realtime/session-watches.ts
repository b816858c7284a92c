import { context } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, sdkMemberValue, trustMembers } from '../../json/sdk-members.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { RealtimeConnection } from './realtime-connection.js';
import { socketUrl, TRANSPORT_EVENTS } from './session-events.js';

/** A transport's session, and the connection that it serves. */
interface WatchedTransport {
  readonly connection: RealtimeConnection;
  readonly session: UnknownRecord;
}

/** The classes whose getters this folder reads. */
const SDK_CLASSES = [
  'RealtimeSession',
  'OpenAIRealtimeWebSocket',
  'OpenAIRealtimeWebRTC',
  'OpenAIRealtimeSIP',
];

/**
 * The connected sessions, each with the record of its connection.
 *
 * Invariant: sessions are referenced weakly. A connection refers neither to its session nor to the transport, so that
 * both can be garbage-collected, which then ends the connection.
 */
export class SessionWatches {
  readonly #telemetry: Telemetry;
  readonly #connections = new WeakMap<object, RealtimeConnection>();
  readonly #transports = new WeakMap<object, WatchedTransport>();
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
    const connection = this.#connections.get(session);
    return connection !== undefined && this.#open.has(connection) ? connection : undefined;
  }

  /** @param options - the argument of `connect()`. */
  begin(session: unknown, options: unknown): RealtimeConnection | undefined {
    if (!isRecord(session)) return undefined;
    // The SDK, too, considers an earlier connection closed when the session connects again (agents-realtime 0.20.0).
    this.of(session)?.closed();
    const configured = ownValue(session, 'options');
    const transport = asRecord(sdkMemberValue(session, 'transport'));
    const connection: RealtimeConnection = new RealtimeConnection(
      this.#telemetry,
      {
        model:
          asNonEmptyString(ownValue(configured, 'model')) ??
          asNonEmptyString(memberValue(transport, 'currentModel')),
        workflowName: asNonEmptyString(ownValue(configured, 'workflowName')),
        groupId: asNonEmptyString(ownValue(configured, 'groupId')),
        url: asNonEmptyString(ownValue(options, 'url')),
        hasAgents: true,
      },
      () => {
        this.#open.delete(connection);
        this.#collected.unregister(connection);
      },
    );
    this.#connections.set(session, connection);
    this.#open.add(connection);
    this.#collected.register(session, connection, connection);
    if (transport !== undefined) this.#transports.set(transport, { connection, session });
    return connection;
  }

  connected(session: unknown, connection: RealtimeConnection): void {
    connection.connected();
    connection.reaches(socketUrl(sdkMemberValue(session, 'transport')));
  }

  abandonAll(): void {
    for (const connection of [...this.#open]) connection.abandoned();
  }

  /**
   * Hooks the SDK's transports in their classes. A transport that the application wrote itself stays as it is.
   *
   * @returns the expected methods that are missing, for a warning.
   */
  hookTransports(realtime: UnknownRecord, patches: MethodPatches): string[] {
    for (const name of SDK_CLASSES) trustMembers(prototypeOf(realtime[name]));
    const base = methodOwner(prototypeOf(realtime.OpenAIRealtimeWebSocket), 'sendFunctionCallOutput');
    if (base === undefined) return ['OpenAIRealtimeWebSocket.prototype.sendFunctionCallOutput'];
    const watchOf = (transport: unknown) => {
      const watch = isRecord(transport) ? this.#transports.get(transport) : undefined;
      return watch !== undefined && this.#open.has(watch.connection) ? watch : undefined;
    };
    const { guard } = this.#telemetry;
    const read = <T>(action: () => T) => guard.run('Reading an event of a realtime transport', action);
    const outcome = patches.apply(base, 'emit', (emit: Method) => {
      return function (this: unknown, ...args) {
        const [name, event] = args;
        const handler = TRANSPORT_EVENTS.get(name);
        const watch = handler && watchOf(this);
        const listenerContext =
          watch && read(() => handler?.(watch.connection, event, watch.session, this as UnknownRecord));
        return listenerContext === undefined
          ? emit.apply(this, args)
          : context.with(listenerContext, () => emit.apply(this, args));
      };
    });
    patches.apply(base, 'sendFunctionCallOutput', (send: Method) => {
      return function (this: unknown, ...args) {
        const [toolCall, , requestsResponse = true] = args;
        const calls = watchOf(this)?.connection.functionCalls;
        if (calls !== undefined) {
          read(() => calls.answered(asRecord(toolCall) ?? {}, requestsResponse === true));
        }
        return send.apply(this, args);
      };
    });
    return outcome === 'missing' ? ['OpenAIRealtimeBase.prototype.emit'] : [];
  }
}
