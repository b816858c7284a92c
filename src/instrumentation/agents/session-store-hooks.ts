/** The SDK's `Session`: where a conversation is kept between runs. */
import { context, trace } from '@opentelemetry/api';
import { toJsonValue } from '../../foreign/json.js';
import { asArray, asFunction, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import type { Method, MethodPatches } from '../method-patches.js';
import { getRunContext } from '../run-context.js';
import type { Telemetry } from '../telemetry.js';

/**
 * The session's identifier, where it can be had without asking: `getSessionId()` may create a conversation at the
 * provider (`OpenAIConversationsSession`), which is the run's to do.
 */
export function knownSessionId(session: ForeignRecord): string | undefined {
  try {
    // One that keeps another one short has no identifier of its own.
    return asText(session.sessionId) ?? asText(asRecord(session.underlyingSession)?.sessionId);
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
 * Sees the writes of a session's class. Only of a class: what an object has for itself would be wrapped, and kept,
 * once for each object.
 */
export function hookSessionStore(session: ForeignRecord, patches: MethodPatches, telemetry: Telemetry): void {
  // It writes through the client, whose calls tell the same.
  if (session.constructor?.name === 'OpenAIConversationsSession') return;
  for (const [method, operation] of WRITES) {
    const owner = classOf(session, method);
    if (owner !== undefined) patches.apply(owner, method, (write) => wrapWrite(write, operation, telemetry));
  }
}

function classOf(session: ForeignRecord, method: string): object | undefined {
  let prototype: object | null = Object.getPrototypeOf(session) as object | null;
  while (prototype !== null && !Object.hasOwn(prototype, method)) {
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  const isClass = prototype !== null && asFunction(prototype.constructor) !== undefined;
  return isClass && prototype !== Object.prototype ? (prototype ?? undefined) : undefined;
}

function wrapWrite(write: Method, operation: string, telemetry: Telemetry): Method {
  return function (this: unknown, ...args) {
    // Who it belongs to is what is active when it is asked for, not when it is done.
    const active = context.active();
    const span = signalsWanted() ? trace.getSpan(active)?.spanContext() : undefined;
    const result = write.apply(this, args);
    if (span === undefined || !(result instanceof Promise)) return result;
    return result.then((value: unknown) => {
      telemetry.guard.run('Reading a write to a session', () => {
        const sessionId = knownSessionId(this as ForeignRecord);
        const items = operation === 'add_items' ? asArray(args[0]) : [];
        publishSignal({
          type: 'state.update',
          span,
          time: Date.now(),
          state: {
            store: 'session',
            operation,
            ...(sessionId !== undefined && { session_id: sessionId }),
            ...(operation === 'add_items' && { item_count: items.length }),
          },
          ...(items.length > 0 &&
            getRunContext(active)?.contentAllowed !== false && {
              content: { items: items.map((item) => toJsonValue(item)) },
            }),
        });
      });
      return value;
    });
  };
}
