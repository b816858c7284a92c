/**
 * The same members without those that are `undefined`: an unset field is left out of an event. A copy, since an object
 * from which members were deleted is slow to read ever after.
 */
export function withoutAbsent<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const present: Partial<T> = {};
  for (const name in members) {
    const member = members[name];
    if (member !== undefined) present[name] = member;
  }
  return present as T;
}
