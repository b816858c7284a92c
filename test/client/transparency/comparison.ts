/** Runs a scenario without and with the instrumentation (by module and by client) and keeps the observations. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { context, DiagLogLevel, diag } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { startModelServer } from '../../../examples/model-server/server.js';
import {
  ChaukasSpanProcessor,
  MemorySink,
  OpenAIAgentsInstrumentation,
  traceOpenAI,
} from '../../../src/index.js';
import { makeLoggerProvider } from '../../harness/logger-provider.js';
import { makeMeterProvider } from '../../harness/meter-provider.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';
import { type AnsweringServer, startAnswering } from './answers.js';
import { mask } from './masks.js';
import { type Observation, observe } from './observation.js';
import { ProcessReports } from './process-reports.js';
import type { Scenario, SeenRequest, Tools } from './scenario.js';

export interface Compared {
  readonly uninstrumented: Run;
  /** The run with hooks in the module, which cover all its clients. */
  readonly instrumented: Run;
  /** The run with each client traced by `traceOpenAI()`; absent before that run and if it did not end. */
  readonly traced?: Run;
}

export interface Run {
  readonly observation: Observation;
  readonly requests: number;
  /** Names of the spans of the instrumentation. */
  readonly spans: readonly string[];
  readonly openSpans: number;
  /** Faults of the instrumentation, which the application did not see. */
  readonly faults: readonly string[];
}

export interface Comparison {
  /** The version that the client sends to servers. */
  sdkVersion(): string;
  compare(scenario: Scenario): Promise<Compared>;
  /** The classes keep hooks from the first call on, so every run to compare with must come before. */
  trace(scenario: Scenario): Promise<Run>;
  stop(): Promise<void>;
}

/** A scenario that takes longer never ends. */
const LIMIT_MS = 30_000;
/** Spans may end a little after the application has its result; those of dropped results end at garbage collection. */
const SPAN_END_MS = 20_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Called once per process, because spans find their parents through one global context manager. */
export async function startComparison(): Promise<Comparison> {
  const server = await startModelServer();
  let spans: ReadableSpan[] = [];
  const keepSpans = {
    // This is the span itself, which shows later whether it has ended.
    onStart: (span: object) => {
      spans.push(span as ReadableSpan);
    },
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  // Everything is on: content on spans and in log records, metrics, events.
  const events = new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
  const { provider } = await registerTracerProvider([keepSpans, events]);
  // Node 20 marks each promise from the first context on. This one makes it mark those of the first scenario too.
  context.with(context.active(), () => {});
  const faults: string[] = [];
  diag.setLogger(collecting(faults), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });

  const telemetry = { captureMessageContent: 'SPAN_AND_EVENT', legacyMetrics: true } as const;
  const providers = {
    tracerProvider: provider,
    meterProvider: makeMeterProvider().provider,
    loggerProvider: makeLoggerProvider().provider,
  };
  const instrumentation = new OpenAIAgentsInstrumentation(telemetry);
  instrumentation.setTracerProvider(providers.tracerProvider);
  instrumentation.setMeterProvider(providers.meterProvider);
  instrumentation.setLoggerProvider(providers.loggerProvider);
  instrumentation.disable();
  instrumentation.manuallyInstrument({ openai });

  const runOnce = async (scenario: Scenario, made: Tools['made'] = (client) => client): Promise<Run> => {
    const firstRequest = server.requests.length;
    const answered: SeenRequest[] = [];
    const answering: AnsweringServer[] = [];
    const reports = new ProcessReports();
    spans = [];
    const openSpans = () => spans.filter(({ ended }) => !ended).length;
    const newClient: Tools['newClient'] = (options) =>
      made(
        new openai.OpenAI({
          baseURL: server.url,
          apiKey: 'sk-local',
          maxRetries: 0,
          logLevel: 'off',
          ...options,
        }),
      );
    const requests = () => [...server.requests.slice(firstRequest), ...answered];
    const tools: Tools = {
      openai,
      client: newClient(),
      newClient,
      made,
      requests,
      unhandled: () => reports.unhandledRejection,
      async serve(...answers) {
        const started = await startAnswering(answers, (request) => answered.push(request));
        answering.push(started);
        return started.url;
      },
    };

    reports.start();
    try {
      const saw = observe(await inTime(scenario.run(tools), scenario.name));
      await Promise.all(answering.map((started) => started.close()));
      await untilSpansEnd(openSpans, scenario.dropsResult ?? false);
      const arrived = requests().map(({ method, path, headers, body }) =>
        observe({ method, path, headers, body }),
      );
      const observation = mask({
        saw,
        requests: scenario.parallel ? sorted(arrived.map(mask)) : arrived,
        unhandled: observe(reports.unhandledRejection),
        handledLate: reports.rejectionHandled,
        warnings: observe(reports.warning),
      });
      return {
        observation,
        requests: arrived.length,
        spans: spans.filter(isOurs).map(({ name }) => name),
        openSpans: openSpans(),
        faults: faults.splice(0),
      };
    } finally {
      reports.stop();
    }
  };

  return {
    sdkVersion: () => server.requests.at(-1)?.headers['x-stainless-package-version'] ?? 'unknown',
    async compare(scenario) {
      const uninstrumented = await runOnce(scenario);
      instrumentation.enable();
      try {
        return { uninstrumented, instrumented: await runOnce(scenario) };
      } finally {
        instrumentation.disable();
      }
    },
    trace: (scenario) => runOnce(scenario, (client) => traceOpenAI(client, { ...telemetry, ...providers })),
    async stop() {
      await provider.shutdown();
      await server.close();
      diag.disable();
    },
  };
}

function sorted(observations: readonly Observation[]): Observation[] {
  const byText = (observation: Observation) => JSON.stringify(observation);
  return [...observations].sort((a, b) => byText(a).localeCompare(byText(b)));
}

async function inTime<T>(run: Promise<T>, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: not at its end after ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function untilSpansEnd(openSpans: () => number, collect: boolean): Promise<void> {
  // Node reports an unhandled rejection one tick later.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  const started = performance.now();
  while (openSpans() > 0 && performance.now() - started < SPAN_END_MS) {
    if (collect) collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isOurs({ instrumentationScope }: ReadableSpan): boolean {
  return instrumentationScope.name === 'opentelemetry-instrumentation-openai-agents';
}

function collecting(faults: string[]) {
  const ignore = () => {};
  return {
    error: (...args: unknown[]) => faults.push(args.map(String).join(' ')),
    warn: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
}
