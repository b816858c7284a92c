/**
 * Global registrations of OpenTelemetry's API that give way to the application's own.
 *
 * The API takes one provider of each kind and refuses a second one. A preload would therefore take the place of the
 * provider that the application registers later, and silence the application's own telemetry. The API offers no way to
 * replace a registration, but keeps all of them in one object, under one symbol on `globalThis`, whichever copy of the
 * API is used. `registerGlobal()` of every version (1.0 to 1.10) does three things at once: it assigns that object to its
 * symbol again, reads the slot of the kind, and writes it if it was empty. So an accessor for the symbol sees that a
 * registration has begun, and the accessor of the slot then shows it as empty.
 *
 * If a future version works otherwise, the application's registration is refused as it is without this file.
 *
 * Each use of the API costs about 60 ns more meanwhile (Node 20 and 24, two reads of the symbol and one of a slot), so the
 * registrations become ordinary ones when the application has started.
 */
import { API_GLOBAL, apiSlots, LOGS_API_GLOBAL } from '../diagnostics/api-globals.js';

/** The kinds of registrations that a NodeSDK makes. */
export type GlobalKind = 'trace' | 'metrics' | 'logs' | 'context' | 'propagation';

const KINDS: readonly GlobalKind[] = ['trace', 'metrics', 'logs', 'context', 'propagation'];

export function isRegistered(kind: GlobalKind): boolean {
  const slots = apiSlots();
  return slots?.[kind] !== undefined || (kind === 'logs' && LOGS_API_GLOBAL in globalThis);
}

export interface ReplacementListener {
  /** Called once per kind while the application registers its own, which is not complete yet. */
  replacing(kind: GlobalKind): void;
  /** Called once per kind, in a microtask after the application has registered its own. */
  replaced(kind: GlobalKind): void;
}

/**
 * Runs an action that registers providers, and lets the application replace them afterwards.
 *
 * @param register - registers what is not there yet.
 * @returns the function that makes the registrations ordinary ones.
 */
export function registerYielding(
  register: () => void,
  { replacing, replaced }: ReplacementListener,
): () => void {
  const present = KINDS.filter(isRegistered);
  const logsBefore: unknown = Reflect.get(globalThis, LOGS_API_GLOBAL);
  register();
  const slots = apiSlots();
  const own = KINDS.filter((kind) => slots?.[kind] !== undefined && !present.includes(kind));
  const logs: unknown = Reflect.get(globalThis, LOGS_API_GLOBAL);
  const yieldLogs = () => {
    if (logs !== undefined && logs !== logsBefore) yieldLogsSlot(logs, () => replaced('logs'));
  };
  return makeReplaceable(own, (kind) => {
    replacing(kind);
    if (kind === 'trace') yieldLogs();
    void Promise.resolve().then(() => replaced(kind));
  });
}

/** @param replacing - called when the application's registration takes the place of one of ours. */
function makeReplaceable(own: readonly GlobalKind[], replacing: (kind: GlobalKind) => void): () => void {
  const slots = apiSlots();
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, API_GLOBAL);
  if (slots === undefined || descriptor === undefined) return () => {};
  // Set by a registration that has begun, which reads or writes its slot at once, before anything else does.
  let begun = false;
  const replaceable = new Set<string>(own);
  const showsEmpty = (kind: string) => {
    begun = false;
    return replaceable.has(kind);
  };
  Object.defineProperty(globalThis, API_GLOBAL, {
    configurable: true,
    enumerable: descriptor.enumerable ?? true,
    get: () => slots,
    set(value: unknown) {
      if (value === slots) begun = true;
      else Object.defineProperty(globalThis, API_GLOBAL, { ...descriptor, value });
    },
  });
  // Every kind that the API has: a registration of any of them begins and ends.
  for (const kind of [...KINDS, 'diag']) {
    let value = slots[kind];
    Object.defineProperty(slots, kind, {
      configurable: true,
      enumerable: true,
      get: () => (begun && showsEmpty(kind) ? undefined : value),
      set(given: unknown) {
        begun = false;
        value = given;
        if (replaceable.delete(kind)) replacing(kind as GlobalKind);
      },
    });
  }
  return () => {
    if (Reflect.get(globalThis, API_GLOBAL) !== slots) return;
    for (const kind of [...KINDS, 'diag']) {
      const value = slots[kind];
      Reflect.deleteProperty(slots, kind);
      if (value !== undefined) slots[kind] = value;
    }
    Object.defineProperty(globalThis, API_GLOBAL, { ...descriptor, value: slots });
  };
}

/**
 * Empties the slot of `@opentelemetry/api-logs` while the application's SDK starts, and fills it again if that has
 * registered nothing: this API ignores a second registration without a word, and a NodeSDK registers logs after traces.
 */
function yieldLogsSlot(own: unknown, replaced: () => void): void {
  if (Reflect.get(globalThis, LOGS_API_GLOBAL) !== own) return;
  Reflect.deleteProperty(globalThis, LOGS_API_GLOBAL);
  void Promise.resolve().then(() => {
    if (Reflect.get(globalThis, LOGS_API_GLOBAL) === undefined) Reflect.set(globalThis, LOGS_API_GLOBAL, own);
    else replaced();
  });
}
