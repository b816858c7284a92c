export function versionNumber(name: string, wanted: string): string;
export function agentsFolder(version: string): string;
export function openaiIn(folder: string): string;
export function openaiPackage(version: string): string;
/** Returns the binary of the newest Node of a major version, and installs it if need be. */
export function nodeBinary(major: number): string;
/** The major version of the Node that runs this. */
export const runningNode: number;
export function otelSdkFolder(major: number): string | undefined;
