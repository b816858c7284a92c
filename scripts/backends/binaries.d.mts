export type BackendName = 'otelcol' | 'jaeger';

export interface Recipe {
  readonly name: BackendName;
  /** Names a binary that the user already has, which is then used as it is. */
  readonly envVar: string;
  readonly version: string;
  /** The file that decides what is built; it is copied into the build folder. */
  readonly manifest: string;
  /** How long it takes on two cores with empty Go caches. */
  readonly coldTime: string;
  /** Run in the build folder. */
  readonly command: readonly string[];
  /** Where the command leaves the binary, from the build folder. */
  readonly output: string;
  readonly env: Readonly<Record<string, string>>;
}

export const recipes: Readonly<Record<BackendName, Recipe>>;

/** The ignored folder that holds everything built or written here; safe to delete. */
export const cacheFolder: string;

/** The binary that the tests run: the user's own where the environment names one, else the one in the cache. */
export function binaryPath(name: BackendName): string;

/** The binary that the recipe's variable names, or nothing where it is not set. */
export function userBinary(recipe: Recipe): string | undefined;

/** Where the recipe's built binary stands, or will. */
export function builtBinary(recipe: Recipe): string;
