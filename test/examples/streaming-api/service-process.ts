/** The streaming API as a user starts it: in a process of its own, with the model server that it starts itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startProcess } from './harness.js';

export interface StartedService {
  readonly url: string;
  /** The folder of its database and its events. */
  readonly folder: string;
  /** Every line that the service has logged. */
  logLines(): Record<string, unknown>[];
  /** Ends it as a process manager does, and returns its exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

/**
 * @param env - variables of the service. `PORT` and `OUTPUT_DIR` let it take the place of an earlier one.
 */
export async function startService(env: Record<string, string> = {}): Promise<StartedService> {
  const folder = env.OUTPUT_DIR ?? temporaryFolder();
  const service = await startProcess(undefined, { OUTPUT_DIR: folder, ...env });
  return {
    url: service.url,
    folder,
    logLines: () =>
      service
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: service.stop,
    kill: service.kill,
  };
}

const folders: string[] = [];

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'streaming-api-'));
  folders.push(folder);
  return folder;
}

/** Removes the folders of all services that were started without `OUTPUT_DIR`. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
