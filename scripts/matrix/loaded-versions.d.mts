/** What a run shall load: numbers where a tag was asked for, and the openai that comes with the Agents SDK. */
export interface AskedVersions {
  /** Where the tests are the client's: nothing. */
  readonly agents?: string;
  readonly openai: string;
  /** The major version. */
  readonly node: number;
  /** The major version of the OpenTelemetry SDK. */
  readonly sdk: number;
}

/** Whole versions, as the loaded modules themselves tell them. */
export interface LoadedVersions {
  readonly agents?: string;
  readonly openai: string;
  readonly node: string;
  readonly sdk: string;
}

export function describeLoaded(loaded: LoadedVersions): string;

/** Where the two differ, in words. */
export function differences(asked: AskedVersions, loaded: LoadedVersions | undefined): string[];
