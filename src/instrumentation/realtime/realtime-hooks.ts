/**
 * Hooks of the SDK's `RealtimeSession`. It is seen through its own methods, and no listener is added anywhere: a
 * listener for `error` would swallow errors that end the process otherwise, any other could be the one too many of
 * which Node warns, and the application may remove them all.
 */
import { context } from '@opentelemetry/api';
import { asFunction, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import type { Method, MethodPatches } from '../method-patches.js';
import type { Telemetry } from '../telemetry.js';
import type { RealtimeConnection } from './realtime-connection.js';
import { SessionWatches } from './session-watches.js';

/** What a session emits, and what it says of its connection. */
type SessionEventReader = (
  connection: RealtimeConnection,
  args: readonly unknown[],
  session: ForeignRecord,
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
  install(realtime: ForeignRecord): string[] {
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
          read(connection, args.slice(1), this as ForeignRecord),
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
          asRecord(item?.agent) ?? asRecord((this as ForeignRecord).currentAgent) ?? {},
          item ?? {},
          {
            approved,
            always: options?.[approved ? 'alwaysApprove' : 'alwaysReject'] === true,
            message: asText(options?.message),
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
  session: ForeignRecord,
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
