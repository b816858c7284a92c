import * as clock from '../clock.js';

/** Something that a sink loads once the application has made its objects, and before the first batch. */
export interface LoadedSoon<Value> {
  /** @throws what loading it throws */
  get(): Value;
  /** Leaves it out, if it has not been loaded yet. */
  cancel(): void;
}

/**
 * Loads a package at the end of this turn of the event loop: while the application starts, and not in a turn that has work
 * of users. A sink whose events go to a thread cancels it. What it throws, `get()` throws.
 */
export function loadedSoon<Value>(load: () => Value): LoadedSoon<Value> {
  let loaded: { readonly value: Value } | undefined;
  const get = (): Value => {
    loaded ??= { value: load() };
    return loaded.value;
  };
  const immediate = clock.setImmediate(() => {
    try {
      get();
    } catch {
      // The first batch says why.
    }
  });
  immediate.unref();
  return { get, cancel: () => clock.clearImmediate(immediate) };
}
