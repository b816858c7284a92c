/** Hooks of the SDK's `Session`, the store of a conversation between runs. */

import { type Context, context, isSpanContextValid, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { toJsonValue } from '../../json/json.js';
import { asArray, asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { FactOf, StateUpdateSignal } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { getSessionId } from '../../spans/session-id.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { getAgentRun } from './agent-run.js';
import { type CallbackObserver, watchCallback } from './watched-callback.js';

/**
 * Returns the session's identifier if it can be read from a property. `getSessionId()` may create a conversation at
 * the provider (`OpenAIConversationsSession`), which must be left to the run.
 */
export function knownSessionId(session: UnknownRecord): string | undefined {
  try {
    // A session that compacts another one has no identifier of its own.
    return (
      asNonEmptyString(session.sessionId) ?? asNonEmptyString(asRecord(session.underlyingSession)?.sessionId)
    );
  } catch {
    // A getter that has no identifier yet throws.
    return undefined;
  }
}

/** The methods that change a session, and the name of each operation in events. */
const WRITES: ReadonlyMap<string, string> = new Map([
  ['addItems', 'add_items'],
  ['popItem', 'pop_item'],
  ['clearSession', 'clear_session'],
  ['applyHistoryMutations', 'apply_history_mutations'],
]);

/**
 * Observes the writes of a session: through its class, or on the object itself if the methods are the object's own.
 * Objects are observed during runs only: there may be any number of them, and no list is kept.
 */
export function hookSessionStore(session: UnknownRecord, patches: MethodPatches, telemetry: Telemetry): void {
  // This session writes through the client, whose calls are recorded already.
  if (session.constructor?.name === 'OpenAIConversationsSession') return;
  for (const [method, operation] of WRITES) {
    const owner = classOf(session, method);
    if (owner !== undefined) hookWrite(owner, method, operation, patches, telemetry);
    else if (Object.hasOwn(session, method)) watchCallback(session, method, ownWrite(operation));
  }
}

/** Items that were reported: an object that delegates to a session of a class makes one write, not two. */
const reportedItems = new WeakSet<object>();

function ownWrite(operation: string): CallbackObserver {
  return (_run, session, args) => {
    const active = context.active();
    const report = signalsWanted() ? reporterFor(session, active) : undefined;
    return (
      report &&
      (() => {
        if (!reportedItems.has(asArray(args[0]))) report(writeFact(session, operation, args, active));
      })
    );
  };
}

/** Hooks the SDK's own class, as an application may write to a session before its first run. */
export function hookMemorySession(agents: UnknownRecord, patches: MethodPatches, telemetry: Telemetry): void {
  const prototype: unknown = asFunction(agents.MemorySession)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return;
  for (const [method, operation] of WRITES) {
    if (Object.hasOwn(prototype, method)) hookWrite(prototype, method, operation, patches, telemetry);
  }
}

function hookWrite(
  owner: object,
  method: string,
  operation: string,
  patches: MethodPatches,
  telemetry: Telemetry,
): void {
  // A class that extends a known one and calls its method makes one write, not two.
  const isFor = (session: UnknownRecord) => classOf(session, method) === owner;
  patches.apply(owner, method, (write) => wrapWrite(write, operation, telemetry, isFor));
}

function classOf(session: UnknownRecord, method: string): object | undefined {
  let prototype: object | null = Object.getPrototypeOf(session) as object | null;
  while (prototype !== null && !Object.hasOwn(prototype, method)) {
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  const isClass = prototype !== null && asFunction(prototype.constructor) !== undefined;
  return isClass && prototype !== Object.prototype ? (prototype ?? undefined) : undefined;
}

function wrapWrite(
  write: Method,
  operation: string,
  telemetry: Telemetry,
  isFor: (session: UnknownRecord) => boolean,
): Method {
  return function (this: unknown, ...args) {
    // The write belongs to the span that is active when it begins, not when it ends.
    const active = context.active();
    const report = signalsWanted()
      ? telemetry.guard.run('Placing a write to a session', () =>
          isFor(this as UnknownRecord) ? reporterFor(this as UnknownRecord, active) : undefined,
        )
      : undefined;
    const result = write.apply(this, args);
    if (report === undefined || !(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      telemetry.guard.run('Reading a write to a session', () => {
        if (operation === 'add_items') reportedItems.add(asArray(args[0]));
        report(writeFact(this as UnknownRecord, operation, args, active));
      });
      return value;
    });
  };
}

function writeFact(
  session: UnknownRecord,
  operation: string,
  args: readonly unknown[],
  active: Context,
): FactOf<StateUpdateSignal> {
  const sessionId = knownSessionId(session);
  const items = operation === 'add_items' ? asArray(args[0]) : [];
  return {
    type: 'state.update',
    state: {
      store: 'session',
      operation,
      ...(sessionId !== undefined && { session_id: sessionId }),
      ...(operation === 'add_items' && { item_count: items.length }),
    },
    ...(items.length > 0 &&
      getRunSettings(active)?.contentAllowed !== false && {
        content: { items: items.map((item) => toJsonValue(item)) },
      }),
  };
}

type Report = (fact: FactOf<StateUpdateSignal>) => void;

/**
 * A run's own writes are reported on its spans or not at all. Writes of the application belong to the conversation
 * that the session keeps.
 */
function reporterFor(session: UnknownRecord, active: Context): Report | undefined {
  const activeSpan = trace.getSpan(active);
  const span = activeSpan?.spanContext();
  if (getAgentRun(active) !== undefined) {
    return span && ((fact) => publishSignal({ ...fact, span, time: clock.now() }));
  }
  const spanRecording = activeSpan?.isRecording() ?? false;
  const sessionId = getSessionId(active) ?? knownSessionId(session);
  return (fact) =>
    publishSignal({
      type: 'recorded',
      time: clock.now(),
      span: span !== undefined && isSpanContextValid(span) ? span : undefined,
      spanRecording,
      sessionId,
      fact,
    });
}
