/**
 * Returns an object whose members may be `undefined` as one without them: for the content of events, which becomes JSON.
 * An object that always has the same members is made, read and written several times as fast as one that has only those
 * with a value.
 */
export function sparse<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return members as T;
}

/**
 * Returns a copy without the members that are `undefined`. The original with deleted members would be slow to read from
 * then on.
 */
export function withoutAbsent<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const present: Partial<T> = {};
  for (const name in members) {
    const member = members[name];
    if (member !== undefined) present[name] = member;
  }
  return present as T;
}
