/** The packages that an application resolves: it, what it depends on, what that depends on, and so on. */
import { readFileSync, realpathSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';

/** One copy of a package. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The real folder: two links to one folder are one copy. */
  readonly folder: string;
  /** Names of the packages between the application and this one; empty if the application itself resolves it. */
  readonly via: readonly string[];
}

/** An application and its packages. */
export interface Application {
  /** The folder of the nearest `package.json`, or the given folder if there is none. */
  readonly folder: string;
  readonly manifest: UnknownRecord | undefined;
  readonly packages: readonly InstalledPackage[];
  /** Whether there were more packages than are read. */
  readonly truncated: boolean;
  /** Whether Yarn's Plug'n'Play holds the packages, and this process cannot see them. */
  readonly hidden: boolean;
}

/** Far more than large applications have. */
const MAX_PACKAGES = 10_000;

/**
 * Finds the packages from `package.json` to `package.json`, as Node would resolve them, so that it does not matter how
 * npm, pnpm, yarn or bun lay out `node_modules`.
 *
 * @param folder - the folder of the application or of its program.
 * @param alsoWanted - names that are looked up in the application even if its `package.json` does not list them.
 */
export function readApplication(folder: string, alsoWanted: readonly string[]): Application {
  const root = nearestManifest(folder);
  const home = root?.folder ?? folder;
  const found = new Map<string, InstalledPackage>();
  const open = [{ folder, manifest: root?.manifest ?? {}, via: [] as readonly string[], isRoot: true }];
  const lookUp = packageFinder();
  let truncated = false;
  for (let next = open.shift(); next !== undefined && !truncated; next = open.shift()) {
    const { manifest, via, isRoot } = next;
    const from = next.folder;
    for (const name of dependencyNames(manifest, isRoot ? alsoWanted : undefined)) {
      const dependency = lookUp(name, from);
      if (dependency === undefined || found.has(dependency.folder)) continue;
      if (found.size >= MAX_PACKAGES) {
        truncated = true;
        break;
      }
      const version = asNonEmptyString(dependency.manifest.version) ?? '';
      found.set(dependency.folder, { name, version, folder: dependency.folder, via });
      open.push({ ...dependency, via: [...via, name], isRoot: false });
    }
  }
  return {
    folder: home,
    manifest: root?.manifest,
    packages: [...found.values()],
    truncated,
    hidden: pnpApi(folder) === undefined && nearest(folder, '.pnp.cjs') !== undefined,
  };
}

function dependencyNames(manifest: UnknownRecord, alsoWanted: readonly string[] | undefined): string[] {
  const fields = ['dependencies', 'optionalDependencies', 'peerDependencies'];
  // Only the application's own development dependencies are installed.
  if (alsoWanted !== undefined) fields.push('devDependencies');
  const listed = fields.flatMap((field) => Object.keys(asRecord(manifest[field]) ?? {}));
  return [...new Set([...listed, ...(alsoWanted ?? [])])];
}

interface PackageFolder {
  readonly folder: string;
  readonly manifest: UnknownRecord;
}

/** Looks packages up as Node does, and remembers what it has read. */
function packageFinder(): (name: string, from: string) => PackageFolder | undefined {
  const byPath = new Map<string, PackageFolder | undefined>();
  const read = (folder: string): PackageFolder | undefined => {
    if (!byPath.has(folder)) byPath.set(folder, readPackage(folder));
    return byPath.get(folder);
  };
  return (name, from) => {
    const api = pnpApi(from);
    if (api !== undefined) {
      const folder = pnpFolder(api, name, from);
      return folder === undefined ? undefined : read(folder);
    }
    for (const directory of ancestors(from)) {
      if (path.basename(directory) === 'node_modules') continue;
      const found = read(path.join(directory, 'node_modules', name));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The part of Yarn's `pnpapi` that is used. https://yarnpkg.com/advanced/pnpapi */
interface PnpApi {
  resolveToUnqualified(request: string, issuer: string, options: object): string | null;
}

/** Plug'n'Play adds `findPnpApi` to `node:module` in each process that yarn starts. */
function pnpApi(folder: string): PnpApi | undefined {
  const { findPnpApi } = module as { findPnpApi?: (lookupSource: string) => PnpApi | null };
  return findPnpApi?.(`${folder}/`) ?? undefined;
}

function pnpFolder(api: PnpApi, name: string, from: string): string | undefined {
  try {
    return api.resolveToUnqualified(name, `${from}/`, { considerBuiltins: false }) ?? undefined;
  } catch {
    return undefined;
  }
}

function readPackage(folder: string): PackageFolder | undefined {
  try {
    const manifest = asRecord(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')));
    return manifest && { folder: realpathSync(folder), manifest };
  } catch {
    return undefined;
  }
}

/** The nearest `package.json` of an application; one that only sets the module type is not it. */
export function nearestManifest(from: string): PackageFolder | undefined {
  const all = [...ancestors(path.resolve(from))].map(readPackage).filter((found) => found !== undefined);
  const isApplication = ({ manifest }: PackageFolder) =>
    manifest.name !== undefined ||
    manifest.dependencies !== undefined ||
    manifest.devDependencies !== undefined;
  return all.find(isApplication) ?? all[0];
}

/** The path of a file in this folder or the nearest one above it. */
export function nearest(from: string, file: string): string | undefined {
  for (const directory of ancestors(path.resolve(from))) {
    try {
      return realpathSync(path.join(directory, file));
    } catch {
      // It may be further up.
    }
  }
  return undefined;
}

function* ancestors(folder: string): Generator<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    yield at;
    if (path.dirname(at) === at) return;
  }
}
