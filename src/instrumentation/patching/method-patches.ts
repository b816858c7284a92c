import { types } from 'node:util';
import type { Guard } from '../../diagnostics/guard.js';
import { PACKAGE_NAME } from '../../version.js';

// One table for the process, found by a registered symbol: a second copy of this package sees the first one's wrappers.
const REGISTRY = Symbol.for(`${PACKAGE_NAME}.wrapped methods`);

/** A method of a foreign object. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * A replacement that takes its arguments as a list. A wrapper has them as one, so a {@link Method} costs a second list
 * for each call.
 */
export type ListMethod = (receiver: unknown, args: readonly unknown[]) => unknown;

/** Lets several replacements share one method, each for some of the objects that have it. */
export interface Sharing {
  /** Whether this replacement is for this object. If absent, it is for all objects. */
  readonly accepts?: (receiver: unknown) => boolean;
  /** Among the replacements that accept an object, the one with the lowest rank runs; ties go to the first applied. */
  readonly rank: number;
}

/** One replacement of a method. */
interface Layer {
  readonly owner: object;
  readonly replacement: Method;
  /** The same as `replacement`; absent if that was made as a method, and in records of older copies of this package. */
  readonly list?: ListMethod | undefined;
  /** `undefined` if no other instance may replace the method. */
  readonly sharing: Sharing | undefined;
}

/** The record of a wrapper. Other copies of this package read it, so members may be added but not changed. */
interface Wrapped {
  readonly original: Method;
  /** Ordered by rank; the first one that accepts the object runs. */
  readonly layers: Layer[];
  /** Takes the wrapper out. Called by the owner that removes the last layer. */
  unwrap(): void;
}

/**
 * Wraps methods in place and restores them.
 *
 * A method is wrapped once, however often its module is loaded, and a call runs at most one replacement. A wrapper that
 * other code has wrapped in turn cannot be taken out; after `restore()` it only calls the original. Beneath a wrapper
 * that hides its original it may be wrapped once more, so a replacement must notice that it runs within itself.
 */
export class MethodPatches {
  #restores: (() => void)[] = [];

  /**
   * @param wrap - makes the replacement from the original. The replacement gets `this` and must pass it on.
   * @param sharing - present if other instances may replace the method as well.
   * @returns `missing` if there is no such method, `present` if it was wrapped before and is not shared.
   */
  apply(
    target: object,
    name: string,
    wrap: (original: Method) => Method,
    sharing?: Sharing,
  ): 'applied' | 'present' | 'missing' {
    return this.#add(target, name, (original) => ({ replacement: wrap(original) }), sharing);
  }

  /** Like {@link apply}, for methods on the path of every call of the client. */
  applyList(
    target: object,
    name: string,
    wrap: (original: Method) => ListMethod,
    sharing?: Sharing,
  ): 'applied' | 'present' | 'missing' {
    const replacements = (original: Method) => {
      const list = wrap(original);
      return {
        list,
        replacement(this: unknown, ...args: unknown[]) {
          return list(this, args);
        },
      };
    };
    return this.#add(target, name, replacements, sharing);
  }

  #add(
    target: object,
    name: string,
    wrap: (original: Method) => Pick<Layer, 'replacement' | 'list'>,
    sharing: Sharing | undefined,
  ): 'applied' | 'present' | 'missing' {
    const method: unknown = Reflect.get(target, name);
    if (typeof method !== 'function') return 'missing';
    const present = wrappedBeneath(method);
    const shared = sharing !== undefined && present?.layers.every(isShared(this));
    if (present !== undefined && !shared) return 'present';

    const wrapped = present ?? wrapMethod(target, name, method as Method);
    const layer: Layer = { owner: this, ...wrap(wrapped.original), sharing };
    wrapped.layers.push(layer);
    wrapped.layers.sort((a, b) => rank(a) - rank(b));
    this.#restores.push(() => {
      wrapped.layers.splice(wrapped.layers.indexOf(layer), 1);
      if (wrapped.layers.length === 0) wrapped.unwrap();
    });
    return 'applied';
  }

  restore(): void {
    for (const restore of this.#restores.reverse()) restore();
    this.#restores = [];
  }
}

/** The number of wrappers of other instrumentations that are looked through. */
const MAX_WRAPPERS = 50;

/**
 * Returns the record of our wrapper, also if other instrumentations have wrapped it since: those that use the helper of
 * `@opentelemetry/instrumentation` keep the method beneath as `__original`. A wrapper beneath is as good as one on top,
 * and it sees the client's own result, which OpenLLMetry replaces (0.27.0: a generator instead of the stream).
 */
function wrappedBeneath(method: object): Wrapped | undefined {
  let candidate: unknown = method;
  for (let depth = 0; depth < MAX_WRAPPERS && typeof candidate === 'function'; depth += 1) {
    const wrapped = wrappedMethods().get(candidate);
    if (wrapped !== undefined) return wrapped;
    // No trap of a Proxy and no getter runs here.
    if (types.isProxy(candidate)) return undefined;
    candidate = Object.getOwnPropertyDescriptor(candidate, '__original')?.value;
  }
  return undefined;
}

/** The wrapped methods, keyed by their wrappers, which have no mark that the application could find. */
function wrappedMethods(): WeakMap<object, Wrapped> {
  const holder = globalThis as { [REGISTRY]?: WeakMap<object, Wrapped> };
  if (holder[REGISTRY] === undefined) {
    Object.defineProperty(holder, REGISTRY, { value: new WeakMap<object, Wrapped>() });
  }
  return holder[REGISTRY] as WeakMap<object, Wrapped>;
}

function isShared(newcomer: object): (layer: Layer) => boolean {
  return ({ owner, sharing }) => owner !== newcomer && sharing !== undefined;
}

function rank({ sharing }: Layer): number {
  return sharing?.rank ?? 0;
}

function wrapMethod(target: object, name: string, original: Method): Wrapped {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const layers: Layer[] = [];
  // A proxy equals the method in everything that code can ask: name, length, kind, whether `new` accepts it.
  const wrapper = new Proxy(original, {
    apply(_target, receiver: unknown, args: unknown[]) {
      for (const { sharing, replacement, list } of layers) {
        if (sharing?.accepts !== undefined && !sharing.accepts(receiver)) continue;
        return list === undefined ? replacement.apply(receiver, args) : list(receiver, args);
      }
      return original.apply(receiver, args);
    },
  });
  const wrapped: Wrapped = {
    original,
    layers,
    unwrap() {
      // The application may put the wrapper back, and it must not count as a wrapped method then.
      wrappedMethods().delete(wrapper);
      if (Reflect.get(target, name) !== wrapper) return;
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
    },
  };
  wrappedMethods().set(wrapper, wrapped);
  Object.defineProperty(target, name, {
    value: wrapper,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  });
  return wrapped;
}

/** @param missing - expected methods that this version of the package lacks; `undefined` if hooking it failed. */
export function warnOfMissingMethods(
  guard: Guard,
  packageName: string,
  missing: readonly string[] | undefined,
): void {
  if (missing === undefined || missing.length === 0) return;
  guard.warnOnce(
    `this version of ${packageName} has no ${missing.join(', ')}: calls through it are not traced. ` +
      `Please report it to the maintainers of ${PACKAGE_NAME}.`,
  );
}
