/**
 * Hooks of the SDK's `RealtimeSession`. They wrap its methods and add no listeners: a listener for `error` would
 * swallow errors that otherwise end the process, any other could be one too many for Node's listener warning, and the
 * application may remove all listeners.
 */
import { context } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asFunction, asMembers, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { answerRecordedByCaller } from '../agents/approvals.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { SESSION_EVENTS } from './session-events.js';
import { SessionWatches } from './session-watches.js';

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
   * @returns the expected methods that are missing, for a warning.
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
    const missing = Object.entries(replacements)
      .filter(([name, wrap]) => this.#patches.apply(prototype, name, wrap) === 'missing')
      .map(([name]) => `RealtimeSession.prototype.${name}`);
    return [...missing, ...this.#watches.hookTransports(realtime, this.#patches)];
  }

  /** Ends what is recorded; the connected sessions continue unobserved. */
  uninstall(): void {
    this.#watches.abandonAll();
  }

  #wrapConnect(connect: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const connection = guard.run('Watching a realtime session', () => watches.begin(this, args[0]));
      if (connection === undefined) return connect.apply(this, args);
      return observed(
        () => context.with(connection.context, () => connect.apply(this, args)),
        () => guard.run('Watching a realtime session', () => watches.connected(this, connection)),
        (error) => guard.run('Ending a realtime session', () => connection.connectFailed(error)),
      );
    };
  }

  #wrapClose(close: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      // Before the call, because the transport also reports the closing and cannot know who closed it.
      guard.run('Ending a realtime session', () => watches.closed(this));
      return close.apply(this, args);
    };
  }

  #wrapEmit(emit: Method): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const handler = SESSION_EVENTS.get(args[0]);
      const connection = handler === undefined ? undefined : watches.of(this);
      if (handler !== undefined && connection !== undefined) {
        guard.run('Reading an event of a realtime session', () =>
          handler(connection, args.slice(1), this as UnknownRecord),
        );
      }
      return emit.apply(this, args);
    };
  }

  /** `approve(item, options)` and `reject(item, options)`, which continue the call. */
  #wrapAnswer(answer: Method, approved: boolean): Method {
    const { guard } = this.#telemetry;
    const watches = this.#watches;
    return function (this: unknown, ...args) {
      const calls = watches.of(this)?.functionCalls;
      const call = guard.run('Reading an approval', () => {
        const [item, options] = args;
        return calls?.approvalAnswered(asRecord(item) ?? {}, {
          approved,
          always: ownValue(options, approved ? 'alwaysApprove' : 'alwaysReject') === true,
          message: asNonEmptyString(ownValue(options, 'message')),
        });
      });
      if (calls === undefined) return answer.apply(this, args);
      const answerOnce = () => answerRecordedByCaller(() => answer.apply(this, args));
      if (call === undefined) return answerOnce();
      return observed(
        () => context.with(call.context, answerOnce),
        () => {},
        // The SDK reports the failure of an approved call only here.
        (error) => guard.run('Reading an approval', () => calls.failed(call.id, error)),
      );
    };
  }
}

/** Observes the outcome of an asynchronous method. The promise settles as before, and an unhandled rejection stays one. */
function observed(run: () => unknown, succeeded: () => void, failed: (error: unknown) => void): unknown {
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

/** Finds the members of `@openai/agents/realtime` or `@openai/agents-realtime` in the object that was loaded. */
export function findRealtimeModule(value: unknown): UnknownRecord | undefined {
  const candidates = [asMembers(value), asMembers(asMembers(value)?.default)];
  return candidates.find((members) => typeof members?.RealtimeSession === 'function');
}
