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
