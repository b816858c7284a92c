export const root: string;
export const manifest: { readonly name: string; readonly version: string };
export function packageBin(packageName: string, command?: string): string;
export function packageFolder(packageName: string): string;
export function readManifest(folder: string): Record<string, unknown> | undefined;
