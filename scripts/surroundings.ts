/** Programs of other projects, run beside a model server, with a receiver of their traces and a file for their events. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Scenario, startModelServer } from '../examples/model-server/server.js';
import { startOtlpReceiver } from '../test/loading/otlp-receiver.js';
import { otlpSpanTree } from '../test/loading/otlp-span-tree.js';

/** A scenario with one tool call and an answer. */
const WEATHER: Scenario = {
  id: 'weather',
  description: 'Asks a tool for the weather, and repeats it.',
  steps: [
    { when: { hasToolResultFor: ['get_weather'] }, reply: { text: 'It is {{toolResult:get_weather}}.' } },
    { reply: { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } },
  ],
};

/** The spans of a run of an agent `weather_agent` with the model `weather`, which answers `WEATHER_ANSWER`. */
export const WEATHER_RUN: readonly string[] = [
  'invoke_workflow weather_agent [INTERNAL]',
  '  invoke_agent weather_agent [INTERNAL]',
  '    chat weather [CLIENT]',
  '    execute_tool get_weather [INTERNAL]',
  '    chat weather [CLIENT]',
];
export const WEATHER_QUESTION = 'How is the weather in Paris?';
export const WEATHER_ANSWER = 'It is sunny in Paris.';

/** The servers and the file, and the variables by which a program finds them. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  /** The trees of the traces that have arrived, a line for each span. */
  spans(): string[];
  /** The types of the events in the file, without those of the process. */
  eventTypes(): string[];
}

export async function withSurroundings<T>(action: (surroundings: Surroundings) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'projects-'));
  const eventsFile = path.join(folder, 'events.jsonl');
  const [models, receiver] = await Promise.all([
    startModelServer({ scenarios: [WEATHER] }),
    startOtlpReceiver(),
  ]);
  try {
    return await action({
      env: {
        PATH: process.env.PATH ?? '',
        OPENAI_API_KEY: 'sk-local',
        OPENAI_BASE_URL: models.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
        // The receiver reads no protobuf.
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        EVENTS_FILE: eventsFile,
      },
      spans() {
        if (receiver.refused.length > 0) throw new Error(receiver.refused.join('\n'));
        return otlpSpanTree(receiver.spans);
      },
      eventTypes: () => readEventTypes(eventsFile),
    });
  } finally {
    receiver.close();
    await models.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readEventTypes(file: string): string[] {
  if (!existsSync(file)) return [];
  const events = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; metadata?: { scope?: string }; session_id: string });
  const ofProcess = new Set(
    events.filter(({ metadata }) => metadata?.scope === 'process').map((event) => event.session_id),
  );
  return events
    .filter((event) => !ofProcess.has(event.session_id))
    .map(({ type }) => type.replace('EVENT_TYPE_', ''));
}

/** How a command is run. Its first word is the path of a program. */
export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Far longer than it takes on a busy machine. The program is killed then. */
  readonly timeoutMs: number;
}

function start(
  [program = '', ...args]: readonly string[],
  { cwd, env, timeoutMs }: RunOptions,
): ChildProcess {
  return spawn(program, args, {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
}

/** The end of a command, and all that it has printed. */
export interface Outcome {
  /** The exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever that is. */
export async function runCompletely(command: readonly string[], options: RunOptions): Promise<Outcome> {
  const child = start(command, options);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the output is not piped');
  const [output, errors, end] = await Promise.all([
    text(stdout),
    text(stderr),
    new Promise<Outcome['end']>((resolve, reject) =>
      child.once('error', reject).once('close', (code, signal) => resolve(signal ?? code)),
    ),
  ]);
  return { end, stdout: output, stderr: errors };
}

/**
 * Runs a command that must succeed.
 *
 * @returns its standard output.
 * @throws Error - with all its output, if it fails or takes too long.
 */
export async function runToEnd(command: readonly string[], options: RunOptions): Promise<string> {
  const { end, stdout, stderr } = await runCompletely(command, options);
  if (end !== 0) throw new Error(`${command.join(' ')} failed (${end})\n${stdout}\n${stderr}`);
  return stdout;
}

/** A program that serves until it is ended by a signal. */
export interface Server {
  readonly process: ChildProcess;
  /** The part of its output that said that it is ready. */
  readonly ready: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Waits for its end. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a command, and waits until it prints what it prints when it is ready.
 *
 * @throws Error - with all its output, if it ends before that.
 */
export function startServer(command: readonly string[], ready: RegExp, options: RunOptions): Promise<Server> {
  const child = start(command, options);
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      const found = ready.exec(output);
      if (found === null) return;
      resolve({
        process: child,
        ready: found[1] ?? found[0],
        output: () => output,
        kill(signal) {
          child.kill(signal);
          return ended;
        },
      });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`${command.join(' ')} ended\n${output}`)));
  });
}
