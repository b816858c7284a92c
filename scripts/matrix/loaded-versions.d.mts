/**
 * The versions that a run is to load: numbers for tags that were requested, and the openai that comes with the Agents
 * SDK.
 */
export interface AskedVersions {
  /** `undefined` for the client's tests. */
  readonly agents?: string;
  readonly openai: string;
  /** The major version. */
  readonly node: number;
  /** The major version of the OpenTelemetry SDK. */
  readonly sdk: number;
}

/** Whole versions, as the loaded modules report them. */
export interface LoadedVersions {
  readonly agents?: string;
  readonly openai: string;
  readonly node: string;
  readonly sdk: string;
}

export function describeLoaded(loaded: LoadedVersions): string;

/** Describes the differences between the two, one sentence each. */
export function differences(asked: AskedVersions, loaded: LoadedVersions | undefined): string[];
