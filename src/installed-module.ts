/**
 * Packages that an application installs beside this one, and that are loaded when they are needed. They are found at run
 * time: a bundler that followed an import of them would fail where they are not installed.
 */
// Not by its name: webpack warns of each call of a `createRequire` that was imported, whose argument it cannot know.
import module from 'node:module';
import path from 'node:path';
import { PACKAGE_NAME } from './version.js';

/** Finds a package beside this one, beside the program that was started, or in the working folder. */
export function findInstalled(name: string): string | undefined {
  const main = process.argv[1];
  const roots = [
    import.meta.url,
    ...(main === undefined ? [] : [path.resolve(main)]),
    path.join(process.cwd(), 'package.json'),
  ];
  for (const root of roots) {
    const file = resolvedFrom(module.createRequire(root), name);
    if (file !== undefined) return file;
  }
  return undefined;
}

export function resolvedFrom(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/**
 * Returns the path of a package.
 *
 * @param user - the part of this package that needs it, as a message names it.
 * @throws Error - if it is not installed, naming the command that installs it.
 */
export function requireFile(name: string, user: string): string {
  const file = findInstalled(name);
  if (file !== undefined) return file;
  throw new Error(
    `${PACKAGE_NAME}: ${user} needs ${name}, which is not installed; run "npm install ${name}"`,
  );
}

/** Loads a package. `require()` also loads ES modules in every version of Node that this package supports. */
export function loadInstalled(name: string, user: string): unknown {
  const file = requireFile(name, user);
  return module.createRequire(file)(file);
}
