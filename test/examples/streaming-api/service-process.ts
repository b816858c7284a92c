/** The streaming API as `npm run example:streaming-api` starts it, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT } from '../../run-fixture.js';

const NODE_ARGS = ['--import', 'tsx', '--import', './examples/streaming-api/telemetry.ts'];

export interface ServiceProcess {
  readonly url: string;
  /** The folder of its database, its events and its log. */
  readonly folder: string;
  /** Every line that the service logged, as JSON. */
  readonly logLines: readonly Record<string, unknown>[];
  /** Ends it as a process manager does, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * @param env - variables of the service. `PORT` and `OUTPUT_DIR` let it take the place of an earlier one.
 */
export async function startService(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const folder = env.OUTPUT_DIR ?? temporaryFolder();
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...inherited } = process.env;
  const child = spawn(process.execPath, [...NODE_ARGS, 'examples/streaming-api/main.ts'], {
    cwd: PROJECT,
    env: { ...inherited, PORT: '0', OUTPUT_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logLines: Record<string, unknown>[] = [];
  const url = await addressOf(child, logLines);
  return {
    url,
    folder,
    logLines,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
}

/** Resolves with the address that the service prints. The reason of a service that ends is the output of its errors. */
function addressOf(child: ChildProcess, logLines: Record<string, unknown>[]): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The service was started without pipes.');
  return new Promise((resolve, reject) => {
    let errors = '';
    stderr.on('data', (chunk) => {
      errors += chunk;
    });
    createInterface({ input: stdout }).on('line', (line) => {
      const address = /^streaming-api: (http\S+)$/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
      else if (line.startsWith('{')) logLines.push(JSON.parse(line));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}:\n${errors}`)));
  });
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
