/** Hooks of the SDK's `Session`, the store of a conversation between runs. */

import { types } from 'node:util';
import { type Context, context, createContextKey, isSpanContextValid, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { isOwnData, ownItems, ownJson } from '../../json/own-data.js';
import { asFunction, asNonEmptyString, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import { className } from '../../semconv/failure.js';
import type { FactOf, StateUpdateSignal } from '../../signals/signal.js';
import {
  contentSignalsWanted,
  publishFact,
  publishSignal,
  signalsWanted,
} from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { getSessionId } from '../../spans/session-id.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { observeBeside } from '../patching/promise-observer.js';
import { prototypeOf } from '../patching/prototypes.js';
import { getAgentRun } from './agent-run.js';

/** Lets the identifier of a conversation at the provider be read, which its class has in a getter. */
export function trustSessionClasses(agents: UnknownRecord): void {
  trustMembers(prototypeOf(agents.OpenAIConversationsSession));
}

/** Identifiers that sessions of the application returned when a run asked them. */
const returnedIds = new WeakMap<object, string>();

/**
 * Returns the session's identifier if it is data, or if a run has asked for it. `getSessionId()` may create a
 * conversation at the provider (`OpenAIConversationsSession`), which must be left to the run.
 */
export function knownSessionId(session: UnknownRecord): string | undefined {
  return (
    asNonEmptyString(memberValue(session, 'sessionId')) ??
    // A session that compacts another one has no identifier of its own.
    asNonEmptyString(memberValue(memberValue(session, 'underlyingSession'), 'sessionId')) ??
    returnedIds.get(session)
  );
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
  // The SDK gets the session itself if there is nothing to find out: its own code compares sessions.
  if (!signalsWanted() && !isNameless(session)) return options;
  // This session writes through the client, whose calls are recorded already.
  if (className(session) === 'OpenAIConversationsSession') return options;
  // A stand-in for a Proxy would run its traps more often than the SDK does.
  if (types.isProxy(session)) return options;
  if (!isNameless(session) && ![...WRITES.keys()].some((method) => !isHooked(session, method)))
    return options;
  const own =
    isRecord(options) && !types.isProxy(options)
      ? Object.getOwnPropertyDescriptor(options, 'session')
      : undefined;
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
      if (key === 'getItems') return (...args: unknown[]) => askSessionId(target, call(...args), telemetry);
      if (key === 'getSessionId') return (...args: unknown[]) => noteSessionId(target, call(...args));
      return operation === undefined
        ? call
        : (...args: unknown[]) => observeWrite(() => call(...args), target, operation, args, telemetry);
    },
  });
  standIns.set(session, standIn);
  return standIn;
}

/**
 * Whether only the session's own `getSessionId()` knows its identifier, and no run has asked for it. A session that has
 * it in a getter has another place for it, and is left alone.
 */
function isNameless(session: UnknownRecord): boolean {
  if (knownSessionId(session) !== undefined) return false;
  const hasGetter = ['sessionId', 'underlyingSession'].some((name) => isComputed(session, name));
  return !hasGetter && typeof memberValue(session, 'getSessionId') === 'function';
}

function isComputed(session: UnknownRecord, name: string): boolean {
  const owner = ownerOf(session, name);
  return owner !== undefined && !isOwnData(owner, name);
}

/**
 * Asks a session of the application for its identifier, once, after a run has read it: the SDK reads the items of each
 * session and the identifier of almost none (0.20.0). A session that makes its identifier late has made it by then.
 */
function askSessionId(session: UnknownRecord, read: unknown, { guard }: Telemetry): unknown {
  if (!types.isPromise(read) || !isNameless(session)) return read;
  const ask = () =>
    guard.run("Asking for a session's identifier", () => {
      const getSessionId = asFunction(memberValue(session, 'getSessionId'));
      if (isNameless(session) && getSessionId !== undefined) {
        noteSessionId(session, Reflect.apply(getSessionId, session, []));
      }
    });
  observeBeside(read, { resolved: ask, rejected: () => {} });
  return read;
}

/** The SDK awaits the identifier, so an observer on the side does not hide a failure that nobody handles. */
function noteSessionId(session: object, asked: unknown): unknown {
  if (types.isPromise(asked)) {
    observeBeside(asked, {
      resolved: (id) => {
        if (typeof id === 'string' && id !== '') returnedIds.set(session, id);
      },
      rejected: () => {},
    });
  }
  return asked;
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
      if (!reportedItems.has(itemsOf(args))) report(writeFact(session, operation, args, active));
    });
  if (!types.isPromise(result)) written();
  else observeBeside(result, { resolved: written, rejected: () => {} });
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
  // A Proxy counts as the owner of all methods, since a look at it runs code of the application.
  while (owner !== null && !types.isProxy(owner) && !Object.hasOwn(owner, method))
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
    const written = () =>
      telemetry.guard.run('Reading a write to a session', () => {
        if (operation === 'add_items') reportedItems.add(itemsOf(args));
        report(writeFact(this as UnknownRecord, operation, args, active));
      });
    // A run awaits its writes. A write of the application may be left alone, and must then stay unhandled if it fails.
    if (getAgentRun(active) !== undefined) {
      observeBeside(result, { resolved: written, rejected: () => {} });
      return result;
    }
    return result.then((value: unknown) => {
      written();
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
  const items = operation === 'add_items' ? ownItems(args[0]) : [];
  const contentAllowed = getRunSettings(active)?.contentAllowed !== false;
  let content: JsonObject | undefined;
  return {
    type: 'state.update',
    state: {
      store: 'session',
      operation,
      ...(sessionId !== undefined && { session_id: sessionId }),
      ...(operation === 'add_items' && { item_count: items.length }),
    },
    // Read when a listener records it.
    get content() {
      if (items.length === 0 || !contentAllowed) return undefined;
      content ??= { items: items.map((item): JsonValue => ownJson(item) ?? null) };
      return content;
    },
  };
}

/** The list of a write, by which two reports of it are known to be the same. */
function itemsOf([items]: readonly unknown[]): object {
  return typeof items === 'object' && items !== null ? items : {};
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
    return span && ((fact) => publishFact(fact, span, contentSignalsWanted()));
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
