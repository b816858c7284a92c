/** The platform as `npm run example:assistant-platform` starts it: a process of its own with its telemetry. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = './examples/assistant-platform';

const VARIABLES = {
  PORT: '0',
  WORKERS: '1',
  LOG_LEVEL: 'info',
  SHUTDOWN_SECONDS: '2',
  MONITORING_SECONDS: '1',
  API_KEYS: 'ana:key-of-ana:analyst,sam:key-of-sam:shopper',
};

export interface PlatformAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export type PlatformProcess = Awaited<ReturnType<typeof startPlatformProcess>>;

export async function startPlatformProcess(variables: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'platform-'));
  const logFile = path.join(folder, 'log.jsonl');
  const { OPENAI_API_KEY: _key, OPENAI_BASE_URL: _url, ...inherited } = process.env;
  const child = fork(`${FOLDER}/main.ts`, [], {
    cwd: ROOT,
    execArgv: ['--import', 'tsx', '--import', `${FOLDER}/telemetry.ts`],
    env: { ...inherited, ...VARIABLES, OUTPUT_DIR: folder, LOG_FILE: logFile, ...variables },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const url = await readyUrl(child);

  const ask = async (
    method: string,
    target: string,
    body?: object,
    key = 'key-of-ana',
  ): Promise<PlatformAnswer> => {
    const response = await fetch(url + target, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  };

  return {
    url,
    get: (target: string) => ask('GET', target),
    post: (target: string, body: object, key?: string) => ask('POST', target, body, key),
    chat: (message: string, more: object = {}) => ask('POST', '/chat', { message, ...more }),
    /** Lines of the log so far. */
    logLines: () => linesOf(logFile),
    /** Lines of the events; call `stop` before, for all of them. */
    eventLines: async () =>
      (await readFile(path.join(folder, 'events-0.jsonl'), 'utf8')).split('\n').slice(0, -1),
    /** Ends the process as an operator does. @returns its exit code. */
    async stop(): Promise<number | null> {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'url' in message) resolve(String(message.url));
    });
    child.once('exit', (code) => reject(new Error(`The platform ended with code ${code}: ${errors}`)));
  });
}

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
