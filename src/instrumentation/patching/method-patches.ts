import type { Guard } from '../../diagnostics/guard.js';
import { PACKAGE_NAME } from '../../version.js';

// One table for the process, found by a registered symbol: a second copy of this package sees what the first wrapped.
const REGISTRY = Symbol.for(`${PACKAGE_NAME}.wrapped methods`);

/** A method of a foreign object. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Where several may replace one method, each for some of the objects that have it. */
export interface Sharing {
  /** Whether this replacement is for this object; without it, for all. */
  readonly accepts?: (receiver: unknown) => boolean;
  /** Of those that accept an object the lowest rank is called, and of equal ones the first that came. */
  readonly rank: number;
}

/** One replacement of a method. */
interface Layer {
  readonly owner: object;
  readonly replacement: Method;
  /** Absent where nobody else may replace the method. */
  readonly sharing: Sharing | undefined;
}

/** What is known of a wrapper; other copies of this package read it, so it may grow but not change. */
interface Wrapped {
  readonly original: Method;
  /** In the order in which they are asked. */
  readonly layers: Layer[];
  /** Takes the wrapper out; for whoever takes out the last layer. */
  unwrap(): void;
}

/**
 * Methods wrapped in place, and the way back. A method is wrapped once however often its module is loaded, and a
 * call runs one replacement at most; after `restore()` a wrapper that somebody else has wrapped in turn, and that so
 * cannot be taken out, only passes on.
 */
export class MethodPatches {
  #restores: (() => void)[] = [];

  /**
   * @param wrap - makes the replacement from the original; it receives and must pass on `this`.
   * @param sharing - given where other instances may replace the method, too.
   * @returns `missing` when there is no such method, `present` when it was wrapped before and is not to be shared.
   */
  apply(
    target: object,
    name: string,
    wrap: (original: Method) => Method,
    sharing?: Sharing,
  ): 'applied' | 'present' | 'missing' {
    const method: unknown = Reflect.get(target, name);
    if (typeof method !== 'function') return 'missing';
    const present = wrappedMethods().get(method);
    const shared = sharing !== undefined && present?.layers.every(isShared(this));
    if (present !== undefined && !shared) return 'present';

    const wrapped = present ?? wrapMethod(target, name, method as Method);
    const layer = { owner: this, replacement: wrap(wrapped.original), sharing };
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

/** By their wrappers, which bear no mark that the application could come across. */
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
  // A proxy, because it is what the method is in all that can be asked: name, kind, whether `new` takes it.
  const wrapper = new Proxy(original, {
    apply(_target, receiver: unknown, args: unknown[]) {
      for (const { sharing, replacement } of layers) {
        if (sharing?.accepts === undefined || sharing.accepts(receiver))
          return replacement.apply(receiver, args);
      }
      return original.apply(receiver, args);
    },
  });
  const wrapped: Wrapped = {
    original,
    layers,
    unwrap() {
      // It wraps nothing any more, and must not pass for a wrapped method should somebody put it back.
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

/** @param missing - what a version of a package lacks of what is hooked in it; absent where hooking it failed. */
export function warnOfMissingMethods(
  guard: Guard,
  packageName: string,
  missing: readonly string[] | undefined,
): void {
  if (missing === undefined || missing.length === 0) return;
  guard.warnOnce(
    `this version of ${packageName} has no ${missing.join(', ')}: what goes through it is not traced. ` +
      `Please report it to the maintainers of ${PACKAGE_NAME}.`,
  );
}
