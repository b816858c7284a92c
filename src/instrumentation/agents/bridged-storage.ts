import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { asFunction, isRecord } from '../../json/readers.js';
import { asSdkStore } from './sdk-span.js';
import type { SpanBridge } from './span-bridge.js';

/** The SDK keeps its storage under this global symbol, so that all its copies share it (agents-core 0.3.8 to 0.20.0). */
const STORAGE_SYMBOL = Symbol.for('openai.agents.core.asyncLocalStorage');

interface ContextStorage {
  getStore(): unknown;
  run<T>(store: unknown, callback: () => T): T;
  enterWith(store: unknown): void;
}

/**
 * Makes OpenTelemetry's context follow the SDK's: code that runs in a store of the SDK runs in a context that knows
 * the store.
 *
 * The present storage is wrapped and never replaced, as runs that are under way keep their stores in it.
 */
export class BridgedStorage implements ContextStorage {
  readonly #inner: ContextStorage;
  readonly #spans: SpanBridge;
  readonly #guard: Guard;

  private constructor(inner: ContextStorage, spans: SpanBridge, guard: Guard) {
    this.#inner = inner;
    this.#spans = spans;
    this.#guard = guard;
  }

  /** Wraps the SDK's storage; returns the present wrapper if there is one already. */
  static install(spans: SpanBridge, guard: Guard): BridgedStorage {
    const present: unknown = Reflect.get(globalThis, STORAGE_SYMBOL);
    if (present instanceof BridgedStorage) return present;
    const inner = isContextStorage(present) ? present : new AsyncLocalStorage<unknown>();
    const storage = new BridgedStorage(inner, spans, guard);
    place(storage);
    return storage;
  }

  uninstall(): void {
    if (Reflect.get(globalThis, STORAGE_SYMBOL) === this) place(this.#inner);
  }

  getStore(): unknown {
    return this.#inner.getStore();
  }

  enterWith(store: unknown): void {
    this.#inner.enterWith(store);
  }

  run<T>(store: unknown, callback: () => T): T {
    const entered = this.#guard.run('Entering a run', () => {
      const sdkStore = asSdkStore(store);
      return sdkStore && this.#spans.enter(sdkStore, this.#inner.getStore());
    });
    if (entered === undefined) return this.#inner.run(store, callback);
    const { context: bridged, workflow } = entered;
    const result = context.with(bridged, () => this.#inner.run(store, callback));
    this.#guard.run('Watching a run', () => {
      if (workflow !== undefined) workflow.watch(result);
      else this.#spans.watchResult(bridged, result);
    });
    return result;
  }
}

function isContextStorage(value: unknown): value is ContextStorage {
  return (
    isRecord(value) &&
    [value.getStore, value.run, value.enterWith].every((method) => asFunction(method) !== undefined)
  );
}

function place(storage: ContextStorage): void {
  Object.defineProperty(globalThis, STORAGE_SYMBOL, { value: storage, writable: true, configurable: true });
}
