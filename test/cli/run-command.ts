import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, vi } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.js';

/** A session with each of the 19 types, and the session of its process. All hashes are valid. */
export const EVERY_TYPE = fileURLToPath(new URL('./every-type.jsonl', import.meta.url));

/** A URL, because a process resolves packages from the folder that it is started in. */
export const TSX = import.meta.resolve('tsx');

export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Far longer than any process takes on a busy machine. */
const TIMEOUT_MS = 120_000;
// The process is killed before its test times out, so that the test shows its output.
vi.setConfig({ testTimeout: 2 * TIMEOUT_MS });

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stdin?: string | Buffer | readonly Buffer[];
  readonly env?: Record<string, string>;
  /** Whether standard output, standard error and standard input are a terminal; its width, if it says one. */
  readonly terminal?: boolean | number;
  readonly cwd?: string;
}

/** Runs a command in this process, which is faster than starting the bin. */
export async function runCommand(
  args: readonly string[],
  { stdin = '', env = {}, terminal, cwd = process.cwd() }: CommandOptions = {},
): Promise<CommandResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const chunks = typeof stdin === 'string' || Buffer.isBuffer(stdin) ? [Buffer.from(stdin)] : stdin;
  const input = Readable.from(chunks);
  if (terminal) for (const stream of [stdout, stderr, input]) Object.assign(stream, { isTTY: true });
  if (typeof terminal === 'number') Object.assign(stdout, { columns: terminal });
  const printed = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCommandLine(args, { stdin: input, stdout, stderr, env, cwd });
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { exitCode, stdout: out, stderr: err };
}

/** The bin as it is built. Threads cannot load TypeScript. */
const BUILT_MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Starts the bin as a process. */
export function startBin(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; isBuilt?: boolean } = {},
) {
  const program = options.isBuilt ? [BUILT_MAIN] : ['--import', TSX, MAIN];
  return spawn(process.execPath, [...program, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
}

/** The server of `agent-events view`, whose address the command prints in its first line. */
export async function printedView(child: ReturnType<typeof startBin>) {
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes('\n')) break;
  }
  const { origin, searchParams } = new URL(printed.trim());
  return { origin, headers: { authorization: `Bearer ${searchParams.get('token')}` } };
}

export async function runBin(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; stdin?: string | Buffer; isBuilt?: boolean } = {},
): Promise<CommandResult> {
  const child = startBin(args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin);
  const [stdout, stderr, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve)),
  ]);
  return { exitCode, stdout, stderr };
}

/** A folder for the files of one test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'agent-events-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A line of a file with the members that a test needs. */
export function eventLine(members: Record<string, unknown>): string {
  return `${JSON.stringify({
    event_id: '01931f2a-7c00-7000-8000-000000000001',
    type: 'EVENT_TYPE_SYSTEM',
    timestamp: '2026-03-14T09:26:53.000Z',
    session_id: 's1',
    trace_id: '22222222222222222222222222222222',
    span_id: '2200000000000001',
    ...members,
  })}\n`;
}
