import type { Guard } from '../diagnostics/guard.js';
import { PACKAGE_NAME } from '../version.js';

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
