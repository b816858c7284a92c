/** Finds the prototypes of foreign classes on which a method has to be wrapped. */

/** The prototype of a class; `undefined` if the value is not a class. */
export function prototypeOf(value: unknown): object | undefined {
  const prototype: unknown = typeof value === 'function' ? value.prototype : undefined;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

/** The prototypes in a chain that have the method as their own, from the most derived class to its base. */
export function prototypesWith(prototype: object | undefined, method: string): object[] {
  const found: object[] = [];
  for (
    let candidate = prototype ?? null;
    candidate !== null && candidate !== Object.prototype;
    candidate = Object.getPrototypeOf(candidate) as object | null
  ) {
    if (Object.hasOwn(candidate, method)) found.push(candidate);
  }
  return found;
}

/** The base class's prototype that has the method: an override in a derived class calls it in the end. */
export function methodOwner(prototype: object | undefined, method: string): object | undefined {
  return prototypesWith(prototype, method).at(-1);
}
