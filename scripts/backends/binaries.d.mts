export type BackendName = 'otelcol' | 'jaeger';

export interface Recipe {
  readonly name: BackendName;
  /** The environment variable that names a binary the user already has, which is then used as it is. */
  readonly envVar: string;
  readonly version: string;
  /** The file that decides what is built; it is copied into the build folder. */
  readonly manifest: string;
  /** How long the build takes on two cores with empty Go caches. */
  readonly coldTime: string;
  /** The command, run in the build folder. */
  readonly command: readonly string[];
  /** Path of the binary that the command makes, relative to the build folder. */
  readonly output: string;
  readonly env: Readonly<Record<string, string>>;
}

export const recipes: Readonly<Record<BackendName, Recipe>>;

/** The ignored folder that holds everything built or written here; safe to delete. */
export const cacheFolder: string;

/** Returns the binary that the tests run: the user's own if the environment names one, else the one in the cache. */
export function binaryPath(name: BackendName): string;

/** Returns the binary that the recipe's variable names; `undefined` if the variable is not set. */
export function userBinary(recipe: Recipe): string | undefined;

/** Returns the path of the binary that the recipe builds, whether it exists or not. */
export function builtBinary(recipe: Recipe): string;
