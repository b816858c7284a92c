/** Hooks of the SDK's `Session`, the store of a conversation between runs. */

import { type Context, context, createContextKey, isSpanContextValid, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { toJsonValue } from '../../json/json.js';
import {
  asArray,
  asFunction,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import type { FactOf, StateUpdateSignal } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { getSessionId } from '../../spans/session-id.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { getAgentRun } from './agent-run.js';

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

/** The prototypes of the SDK's own classes whose methods report their writes themselves. */
const hookedClasses = new WeakSet<object>();

/** The stand-ins that the SDK gets, by the application's session. One session has one, because the SDK compares sessions. */
const standIns = new WeakMap<object, UnknownRecord>();

/**
 * Observes what a run writes to a session of the application. The session and its class stay as they are: the SDK gets
 * options that lead to a stand-in, whose methods call those of the session.
 *
 * @param options - the options of the run.
 * @returns the options for the SDK; the same ones if there is nothing to observe, or if they cannot be replaced.
 */
export function observeWrites(options: unknown, session: UnknownRecord, telemetry: Telemetry): unknown {
  // Without a listener the SDK gets the session itself: its own code compares sessions.
  if (!signalsWanted()) return options;
  // This session writes through the client, whose calls are recorded already.
  if (session.constructor?.name === 'OpenAIConversationsSession') return options;
  if (![...WRITES.keys()].some((method) => !isHooked(session, method))) return options;
  const own = isRecord(options) ? Object.getOwnPropertyDescriptor(options, 'session') : undefined;
  // A proxy has to return the very value of a property that cannot change.
  if (own === undefined || (!own.configurable && !own.writable)) return options;
  const standIn = standInFor(session, telemetry);
  return new Proxy(options as object, {
    get: (target, key) => (key === 'session' ? standIn : (Reflect.get(target, key, target) as unknown)),
  });
}

/** Whether this method of the session reports its writes itself, or is absent. */
function isHooked(session: UnknownRecord, method: string): boolean {
  const owner = ownerOf(session, method);
  return owner === undefined || hookedClasses.has(owner);
}

function standInFor(session: UnknownRecord, telemetry: Telemetry): UnknownRecord {
  const present = standIns.get(session);
  if (present !== undefined) return present;
  const standIn = new Proxy(session, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const own = Object.getOwnPropertyDescriptor(target, key);
      if (own !== undefined && !own.configurable && !own.writable) return value;
      const operation = isHooked(target, String(key)) ? undefined : WRITES.get(String(key));
      // The session's own code gets the session, and never the stand-in.
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return operation === undefined
        ? call
        : (...args: unknown[]) => observeWrite(() => call(...args), target, operation, args, telemetry);
    },
  });
  standIns.set(session, standIn);
  return standIn;
}

/** The SDK awaits the write, so an observer on the side does not hide a failure that nobody handles. */
function observeWrite(
  write: () => unknown,
  session: UnknownRecord,
  operation: string,
  args: readonly unknown[],
  { guard }: Telemetry,
): unknown {
  const active = context.active();
  const report = signalsWanted()
    ? guard.run('Placing a write to a session', () => reporterFor(session, active))
    : undefined;
  if (report === undefined) return write();
  const result = context.with(active.setValue(OBSERVED_SESSION_KEY, session), write);
  const written = () =>
    guard.run('Reading a write to a session', () => {
      if (!reportedItems.has(asArray(args[0]))) report(writeFact(session, operation, args, active));
    });
  if (result instanceof Promise) result.then(written, () => {});
  else written();
  return result;
}

/** The session whose method is running on behalf of the SDK. */
const OBSERVED_SESSION_KEY = createContextKey(`${PACKAGE_NAME} observed session`);

/** Items that were reported: an object that delegates to a session of a class makes one write, not two. */
const reportedItems = new WeakSet<object>();

/** Hooks the SDK's own class, as an application may write to a session before its first run. */
export function hookMemorySession(agents: UnknownRecord, patches: MethodPatches, telemetry: Telemetry): void {
  const prototype: unknown = asFunction(agents.MemorySession)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return;
  hookedClasses.add(prototype);
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
  patches.apply(owner, method, (write) => wrapWrite(write, operation, telemetry));
}

/** Returns the object in a session's prototype chain, the session included, that has the method. */
function ownerOf(session: UnknownRecord, method: string): object | undefined {
  let owner: object | null = session;
  while (owner !== null && !Object.hasOwn(owner, method))
    owner = Object.getPrototypeOf(owner) as object | null;
  return owner ?? undefined;
}

function wrapWrite(write: Method, operation: string, telemetry: Telemetry): Method {
  return function (this: unknown, ...args) {
    // The write belongs to the span that is active when it begins, not when it ends.
    const active = context.active();
    const report = signalsWanted()
      ? telemetry.guard.run('Placing a write to a session', () =>
          // A derived class that calls the method of its base makes one write, not two.
          active.getValue(OBSERVED_SESSION_KEY) === this
            ? undefined
            : reporterFor(this as UnknownRecord, active),
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
