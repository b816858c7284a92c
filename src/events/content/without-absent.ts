/** The same object without the members that are `undefined`: an unset field is left out of an event. */
export function withoutAbsent<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  for (const name of Object.keys(members) as (keyof T)[])
    if (members[name] === undefined) delete members[name];
  return members as T;
}
