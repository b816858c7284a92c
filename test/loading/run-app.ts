import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { type Scenario, startModelServer } from '../../examples/model-server/server.js';
import type { ChaukasEvent } from '../../src/index.js';
import { type OtlpSpan, startOtlpReceiver } from './otlp-receiver.js';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Far longer than any of these takes on a busy machine: only a process that is kept alive reaches it. */
const TIMEOUT_MS = 120_000;
// The process is killed before its test times out, so that the test shows its output.
vi.setConfig({ testTimeout: 2 * TIMEOUT_MS });

/** A scenario with one tool call and an answer. */
const WEATHER: Scenario = {
  id: 'weather',
  description: 'Asks a tool for the weather, and repeats it.',
  steps: [
    { when: { hasToolResultFor: ['get_weather'] }, reply: { text: 'It is {{toolResult:get_weather}}.' } },
    { reply: { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] } },
  ],
};

export interface AppRun {
  /** `null` if a signal ended the process, and also if it did not end and was killed. */
  readonly exitCode: number | null;
  /** The signal that ended the process: `SIGKILL` if it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Paths of the requests that the model server received. */
  readonly modelRequests: readonly string[];
  /** Spans that arrived over OTLP. */
  readonly spans: readonly OtlpSpan[];
  /** The events in the file of the process. */
  readonly events: readonly ChaukasEvent[];
}

/**
 * Runs a program of `fixtures/` in a process of its own, as `node …nodeArguments` in that directory, with a model
 * server, a receiver of its traces and a file for its events.
 *
 * The program imports the package by its name, which is the built package.
 */
export async function runApp(...nodeArguments: string[]): Promise<AppRun> {
  return runProgram({ nodeArguments });
}

interface Program {
  readonly nodeArguments: readonly string[];
  /** The value `EVENTS_FILE` stands for the path of the events' file. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sent when the program prints `ready`. */
  readonly signal?: NodeJS.Signals | undefined;
}

/** As {@link runApp}, with variables and a signal. */
export async function runProgram({ nodeArguments, env, signal: sent }: Program): Promise<AppRun> {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is missing: run "npm run build" first`);
  const folder = mkdtempSync(path.join(tmpdir(), 'loading-'));
  const eventsFile = path.join(folder, 'events.jsonl');
  const [models, receiver] = await Promise.all([
    startModelServer({ scenarios: [WEATHER] }),
    startOtlpReceiver(),
  ]);
  try {
    const child = spawn(
      process.execPath,
      // Node 26 prints a deprecation warning for every `module.register()`, which the application itself calls.
      ['--disable-warning=DEP0205', ...nodeArguments],
      {
        cwd: FIXTURES,
        env: {
          PATH: process.env.PATH,
          OPENAI_BASE_URL: models.url,
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.origin,
          // Makes the SDK print warnings, so that the test would see warnings of this package.
          OTEL_LOG_LEVEL: 'WARN',
          // A receiver in this process may be slow, and an export that fails is printed.
          OTEL_EXPORTER_OTLP_TIMEOUT: String(TIMEOUT_MS),
          EVENTS_FILE: eventsFile,
          ...Object.fromEntries(
            Object.entries(env ?? {}).map(([name, value]) => [
              name,
              value === 'EVENTS_FILE' ? eventsFile : value,
            ]),
          ),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
    );
    if (sent !== undefined) {
      child.stdout.on('data', (chunk) => String(chunk).includes('ready') && child.kill(sent));
    }
    const [stdout, stderr, [exitCode, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    return {
      exitCode,
      signal,
      stdout,
      stderr: [stderr, ...receiver.refused].join(''),
      modelRequests: models.requests.map((request) => request.path),
      spans: receiver.spans,
      events: readEvents(eventsFile),
    };
  } finally {
    receiver.close();
    await models.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The events without the system sessions of the process. */
export function eventsOfCalls(events: readonly ChaukasEvent[]): ChaukasEvent[] {
  const own = events.filter(({ metadata }) => metadata?.scope === 'process').map((event) => event.session_id);
  return events.filter((event) => !own.includes(event.session_id));
}

/** The system messages of the process. */
export function systemMessages(events: readonly ChaukasEvent[]): unknown[] {
  return events.filter(({ type }) => type === 'EVENT_TYPE_SYSTEM').map(({ metadata }) => metadata?.message);
}

function readEvents(file: string): ChaukasEvent[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ChaukasEvent);
}
