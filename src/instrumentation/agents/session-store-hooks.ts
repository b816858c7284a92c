/** The SDK's `Session`: where a conversation is kept between runs. */
import { type Context, context, isSpanContextValid, trace } from '@opentelemetry/api';
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
 * The session's identifier, where it can be had without asking: `getSessionId()` may create a conversation at the
 * provider (`OpenAIConversationsSession`), which is the run's to do.
 */
export function knownSessionId(session: UnknownRecord): string | undefined {
  try {
    // One that keeps another one short has no identifier of its own.
    return (
      asNonEmptyString(session.sessionId) ?? asNonEmptyString(asRecord(session.underlyingSession)?.sessionId)
    );
  } catch {
    // A getter that has no identifier yet says so by throwing.
    return undefined;
  }
}

/** Methods that change what is kept, and what each does to it. */
const WRITES: ReadonlyMap<string, string> = new Map([
  ['addItems', 'add_items'],
  ['popItem', 'pop_item'],
  ['clearSession', 'clear_session'],
  ['applyHistoryMutations', 'apply_history_mutations'],
]);

/**
 * Sees the writes of a session: by its class, or in itself where its methods are its own. The latter only during a run,
 * as there may be any number of such objects, of which nobody keeps a list.
 */
export function hookSessionStore(session: UnknownRecord, patches: MethodPatches, telemetry: Telemetry): void {
  // It writes through the client, whose calls tell the same.
  if (session.constructor?.name === 'OpenAIConversationsSession') return;
  for (const [method, operation] of WRITES) {
    const owner = classOf(session, method);
    if (owner !== undefined) hookWrite(owner, method, operation, patches, telemetry);
    else if (Object.hasOwn(session, method)) watchCallback(session, method, ownWrite(operation));
  }
}

/** Items that have been told of: an object that only hands on to a session of a class makes one write, not two. */
const toldItems = new WeakSet<object>();

function ownWrite(operation: string): CallbackObserver {
  return (_run, session, args) => {
    const active = context.active();
    const tell = signalsWanted() ? placeOf(session, active) : undefined;
    return (
      tell &&
      (() => {
        if (!toldItems.has(asArray(args[0]))) tell(writeFact(session, operation, args, active));
      })
    );
  };
}

/** The SDK's own class, which an application may write to before any run has shown it. */
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
  // A class that extends a known one and calls it makes one write, not two.
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
    // Who it belongs to is what is active when it is asked for, not when it is done.
    const active = context.active();
    const tell = signalsWanted()
      ? telemetry.guard.run('Placing a write to a session', () =>
          isFor(this as UnknownRecord) ? placeOf(this as UnknownRecord, active) : undefined,
        )
      : undefined;
    const result = write.apply(this, args);
    if (tell === undefined || !(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      telemetry.guard.run('Reading a write to a session', () => {
        if (operation === 'add_items') toldItems.add(asArray(args[0]));
        tell(writeFact(this as UnknownRecord, operation, args, active));
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

/** A run's own writes stand at its spans or nowhere; the application's belong to the conversation that is kept. */
function placeOf(session: UnknownRecord, active: Context): Report | undefined {
  const activeSpan = trace.getSpan(active);
  const span = activeSpan?.spanContext();
  if (getAgentRun(active) !== undefined) {
    return span && ((fact) => publishSignal({ ...fact, span, time: Date.now() }));
  }
  const spanRecording = activeSpan?.isRecording() ?? false;
  const sessionId = getSessionId(active) ?? knownSessionId(session);
  return (fact) =>
    publishSignal({
      type: 'recorded',
      time: Date.now(),
      span: span !== undefined && isSpanContextValid(span) ? span : undefined,
      spanRecording,
      sessionId,
      fact,
    });
}
