import { PACKAGE_NAME } from '../version.js';

// A registered symbol, so that a second copy of this package sees what the first has wrapped.
const ORIGINAL = Symbol.for(`${PACKAGE_NAME}.original`);

/** A method of a foreign object. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

interface Patch {
  readonly target: object;
  readonly name: string;
  readonly wrapper: Method;
  readonly restore: () => void;
}

/**
 * Methods wrapped in place, and the way back. A method is wrapped once however often its module is loaded; after
 * `restore()` a wrapper that somebody else has wrapped in turn, and that so cannot be taken out, only passes on.
 */
export class MethodPatches {
  #patches: Patch[] = [];

  /**
   * @param wrap - makes the replacement from the original; it receives and must pass on `this`.
   * @returns `missing` when there is no such method, `present` when it was wrapped before.
   */
  apply(target: object, name: string, wrap: (original: Method) => Method): 'applied' | 'present' | 'missing' {
    const own = Object.getOwnPropertyDescriptor(target, name);
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') return 'missing';
    if (ORIGINAL in original) return 'present';

    const patched = wrap(original as Method);
    let live = true;
    const wrapper: Method = function (this: unknown, ...args) {
      return live ? patched.apply(this, args) : (original as Method).apply(this, args);
    };
    Object.defineProperties(wrapper, {
      name: { value: original.name, configurable: true },
      length: { value: original.length, configurable: true },
      [ORIGINAL]: { value: original, configurable: true },
    });
    Object.defineProperty(target, name, {
      value: wrapper,
      writable: true,
      configurable: true,
      enumerable: own?.enumerable ?? false,
    });
    this.#patches.push({
      target,
      name,
      wrapper,
      restore: () => {
        live = false;
        // It wraps nothing any more, and must not pass for a wrapped method should somebody put it back.
        Reflect.deleteProperty(wrapper, ORIGINAL);
        if (Reflect.get(target, name) !== wrapper) return;
        if (own === undefined) Reflect.deleteProperty(target, name);
        else Object.defineProperty(target, name, own);
      },
    });
    return 'applied';
  }

  restore(): void {
    for (const patch of this.#patches.reverse()) patch.restore();
    this.#patches = [];
  }
}
