/**
 * Hooks of the SDK's `RealtimeSession`. It is seen through its own methods, and no listener is added anywhere: a
 * listener for `error` would swallow errors that end the process otherwise, any other could be the one too many of
 * which Node warns, and the application may remove them all.
 */
import { type Context, context } from '@opentelemetry/api';
import {
  asFunction,
  asMembers,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { type Method, MethodPatches } from '../patching/method-patches.js';
import { RealtimeConnection } from './realtime-connection.js';

/** What a session emits, and what it says of its connection. */
type SessionEventReader = (
  connection: RealtimeConnection,
  args: readonly unknown[],
  session: UnknownRecord,
) => void;

/** The first argument of most is the run's context, which is not read. */
const SESSION_EVENTS: ReadonlyMap<unknown, SessionEventReader> = new Map<unknown, SessionEventReader>([
  ['transport_event', serverEvent],
  [
    'agent_tool_start',
    (connection, [, agent, tool, details]) => connection.toolStarted(asRecord(agent) ?? {}, tool, details),
  ],
  ['agent_tool_end', (connection, [, , , result, details]) => connection.toolEnded(result, details)],
  [
    'agent_handoff',
    (connection, [, from, to]) => connection.handedOff(asRecord(from) ?? {}, asRecord(to) ?? {}),
  ],
  ['guardrail_tripped', (connection, [, , error]) => connection.guardrailTripped(error)],
  [
    'tool_approval_requested',
    (connection, [, agent, request]) => connection.approvalRequested(asRecord(agent) ?? {}, request),
  ],
  ['audio_interrupted', (connection) => connection.interrupted()],
  ['error', (connection, [error]) => connection.failed(error)],
]);

export class RealtimeHooks {
  readonly #telemetry: Telemetry;
  readonly #patches: MethodPatches;
  readonly #watches: SessionWatches;

  constructor(telemetry: Telemetry, patches: MethodPatches) {
    this.#telemetry = telemetry;
    this.#patches = patches;
    this.#watches = new SessionWatches(telemetry);
  }

  /**
   * @param realtime - the module `@openai/agents-realtime`, or one that re-exports it.
   * @returns what was expected and is not there, for a warning.
   */
  install(realtime: UnknownRecord): string[] {
    const prototype: unknown = asFunction(realtime.RealtimeSession)?.prototype;
    if (typeof prototype !== 'object' || prototype === null) return ['RealtimeSession'];
    const replacements: Readonly<Record<string, (method: Method) => Method>> = {
      connect: (connect) => this.#wrapConnect(connect),
      close: (close) => this.#wrapClose(close),
      emit: (emit) => this.#wrapEmit(emit),
      approve: (approve) => this.#wrapAnswer(approve, true),
      reject: (reject) => this.#wrapAnswer(reject, false),
    };
    return Object.entries(replacements)
      .filter(([name, wrap]) => this.#patches.apply(prototype, name, wrap) === 'missing')
      .map(([name]) => `RealtimeSession.prototype.${name}`);
  }

  /** Sessions that are connected go on, unseen from here. */
  uninstall(): void {
    this.#watches.endAll();
  }

  #wrapConnect(connect: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const connection = guard.run('Watching a realtime session', () => watches.begin(this, args[0]));
      if (connection === undefined) return connect.apply(this, args);
      const failed = (error: unknown) =>
        guard.run('Ending a realtime session', () => connection.connectFailed(error));
      return watched(
        () => context.with(connection.context, () => connect.apply(this, args)),
        () => guard.run('Watching a realtime session', () => watches.connected(this, connection)),
        failed,
      );
    };
  }

  #wrapClose(close: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      // Before it is done: the transport tells of it, too, and cannot know who closed it.
      guard.run('Ending a realtime session', () => watches.of(this)?.closed());
      return close.apply(this, args);
    };
  }

  #wrapEmit(emit: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const read = SESSION_EVENTS.get(args[0]);
      const connection = read === undefined ? undefined : watches.of(this);
      if (read !== undefined && connection !== undefined) {
        guard.run('Reading an event of a realtime session', () =>
          read(connection, args.slice(1), this as UnknownRecord),
        );
      }
      return emit.apply(this, args);
    };
  }

  /** `approve(item, options)` and `reject(item, options)`, which go on with the call. */
  #wrapAnswer(answer: Method, approved: boolean): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const connection = watches.of(this);
      const call = guard.run('Reading an approval', () => {
        const [item, options] = args.map(asRecord);
        return connection?.approvalGiven(
          asRecord(item?.agent) ?? asRecord((this as UnknownRecord).currentAgent) ?? {},
          item ?? {},
          {
            approved,
            always: options?.[approved ? 'alwaysApprove' : 'alwaysReject'] === true,
            message: asNonEmptyString(options?.message),
          },
        );
      });
      if (connection === undefined || call === undefined) return answer.apply(this, args);
      return watched(
        () => context.with(call.context, () => answer.apply(this, args)),
        () => {},
        (error) => guard.run('Reading an approval', () => connection.callFailed(call.id, error)),
      );
    };
  }
}

/** What an asynchronous method gives, watched: it settles as it would have, and an error that nobody catches stays one. */
function watched(run: () => unknown, succeeded: () => void, failed: (error: unknown) => void): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    failed(error);
    throw error;
  }
  if (!(result instanceof Promise)) return result;
  return result.then(
    (value: unknown) => {
      succeeded();
      return value;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  );
}

function serverEvent(
  connection: RealtimeConnection,
  [event]: readonly unknown[],
  session: UnknownRecord,
): void {
  const { type, item } = asRecord(event) ?? {};
  if (type === 'conversation.item.done') {
    // Only this one says that the call is done and what came of it; the session asks for a response by default.
    const responds = asRecord(session.options)?.automaticallyTriggerResponseForMcpToolCalls !== false;
    connection.mcpCallCompleted(item, responds);
  } else {
    connection.serverEvent(event, asRecord(session.currentAgent) ?? {});
  }
}

/** The module `@openai/agents/realtime` or `@openai/agents-realtime` in whatever the module system made of it. */
export function findRealtimeModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.RealtimeSession === 'function');
}

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
class SessionWatches {
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
  transport: UnknownRecord,
  session: UnknownRecord,
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
function socketUrl(transport: UnknownRecord | undefined): string | undefined {
  return asNonEmptyString(asRecord(asRecord(transport?.connectionState)?.websocket)?.url);
}
