import { context } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, sdkMemberValue, trustMembers } from '../../json/sdk-members.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { RealtimeConnection } from './realtime-connection.js';
import { currentAgent, readClientEvent } from './server-events.js';
import { socketOf, socketUrl, TRANSPORT_EVENTS } from './session-events.js';

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
  /** Attempts to connect a session that is connected. */
  readonly #attempts = new WeakMap<object, RealtimeConnection>();
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
    this.#open.add(connection);
    this.#collected.register(session, connection, connection);
    // An attempt that is refused changes nothing for the connection that the session has (agents-realtime 0.20.0).
    if (this.of(session) === undefined) this.#use(session, connection);
    else this.#attempts.set(session, connection);
    return connection;
  }

  connected(session: unknown, connection: RealtimeConnection): void {
    if (isRecord(session)) this.#replace(session, connection);
    connection.connected();
    connection.reaches(socketUrl(socketOf(sdkMemberValue(session, 'transport'))));
  }

  /** The application closes the session, and gives up an attempt to connect it again. */
  closed(session: unknown): void {
    if (!isRecord(session)) return;
    const agent = currentAgent(session);
    this.#attempts.get(session)?.closed(agent);
    this.of(session)?.closed(agent);
  }

  #use(session: UnknownRecord, connection: RealtimeConnection): void {
    this.#connections.set(session, connection);
    const transport = asRecord(sdkMemberValue(session, 'transport'));
    if (transport !== undefined) this.#transports.set(transport, { connection, session });
  }

  /** The session has another connection, which ends the one before. */
  #replace(session: UnknownRecord, connection: RealtimeConnection | undefined): void {
    if (connection === undefined || this.#attempts.get(session) !== connection) return;
    this.#attempts.delete(session);
    if (!this.#open.has(connection)) return;
    this.of(session)?.closed(currentAgent(session));
    this.#use(session, connection);
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
    // A transport that refuses to connect does not begin to.
    const reconnects = (transport: unknown) => {
      const session = isRecord(transport) ? this.#transports.get(transport)?.session : undefined;
      if (session !== undefined) this.#replace(session, this.#attempts.get(session));
    };
    const { guard } = this.#telemetry;
    const read = <T>(action: () => T) => guard.run('Reading an event of a realtime transport', action);
    const outcome = patches.apply(base, 'emit', (emit: Method) => {
      return function (this: unknown, ...args) {
        const [name, event] = args;
        const handler = TRANSPORT_EVENTS.get(name);
        if (name === 'connection_change' && event !== 'disconnected') read(() => reconnects(this));
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
    this.#hookRequests(prototypeOf(realtime.OpenAIRealtimeWebSocket), patches, watchOf);
    return outcome === 'missing' ? ['OpenAIRealtimeBase.prototype.emit'] : [];
  }

  /** Hooks the methods with which the session, the application and the transport itself ask the provider for something. */
  #hookRequests(
    prototype: object | undefined,
    patches: MethodPatches,
    watchOf: (transport: unknown) => WatchedTransport | undefined,
  ): void {
    const { guard } = this.#telemetry;
    // In some versions one of these methods calls the other.
    let sending: unknown;
    const observed = (eventOf: (args: readonly unknown[]) => unknown) => (method: Method) =>
      function (this: unknown, ...args: unknown[]) {
        const watch = sending === this ? undefined : watchOf(this);
        if (watch === undefined) return method.apply(this, args);
        const takeBack = guard.run('Reading an event of the client', () =>
          readClientEvent(watch.connection, eventOf(args)),
        );
        sending = this;
        try {
          return method.apply(this, args);
        } catch (error) {
          takeBack?.();
          throw error;
        } finally {
          sending = undefined;
        }
      };
    const request = ([response]: readonly unknown[]) => ({ type: 'response.create', response });
    for (const owner of new Set([prototype, methodOwner(prototype, 'sendFunctionCallOutput')])) {
      if (owner === undefined) continue;
      if (Object.hasOwn(owner, 'sendEvent'))
        patches.apply(
          owner,
          'sendEvent',
          observed(([event]) => event),
        );
      if (Object.hasOwn(owner, 'requestResponse')) patches.apply(owner, 'requestResponse', observed(request));
    }
  }
}
