/** The topmost prototype that has the method itself: what a derived class overrides calls it in the end. */
export function methodOwner(prototype: object | undefined, method: string): object | undefined {
  let found: object | undefined;
  for (
    let candidate = prototype ?? null;
    candidate !== null && candidate !== Object.prototype;
    candidate = Object.getPrototypeOf(candidate)
  ) {
    if (Object.hasOwn(candidate, method)) found = candidate;
  }
  return found;
}
