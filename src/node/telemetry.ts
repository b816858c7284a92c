/**
 * Tracing, metrics, logs and the event stream, set up in one call.
 *
 * ```
 * startTelemetry() ──► NodeSDK of the application's installation
 *                        ├─ OpenAIAgentsInstrumentation
 *                        ├─ exporters of OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER
 *                        └─ ChaukasSpanProcessor, if an option or a variable is about events
 * ```
 */
import { isMainThread, parentPort } from 'node:worker_threads';
import { diag, metrics, trace } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import * as clock from '../clock.js';
import { globalLoggerProvider } from '../diagnostics/global-logger.js';
import { Guard } from '../diagnostics/guard.js';
import { ChaukasSpanProcessor, type ChaukasSpanProcessorStats } from '../events/chaukas-span-processor.js';
import { OpenAIAgentsInstrumentation } from '../instrumentation/openai-agents-instrumentation.js';
import { AlwaysRecordSampler } from '../sampling/always-record-sampler.js';
import { PACKAGE_NAME } from '../version.js';
import { exportAtExit } from './export-at-exit.js';
import { joinProvider } from './join-provider.js';
import { registerLoaderHook } from './loader-hook.js';
import { loadOpenTelemetrySdk, type OpenTelemetrySdk, type SdkSpanProcessor } from './opentelemetry-sdk.js';
import { atOrderlyEnd } from './orderly-end.js';
import { makeTracersReplaceable } from './replaceable-tracers.js';
import { readStartConfig, type StartConfig, type StartTelemetryOptions } from './start-options.js';
import { maxQueueSize, samplerFromEnv, traceExport } from './trace-export.js';
import { type SpanExportStats, UnexportedSpans } from './unexported-spans.js';
import { type GlobalKind, isRegistered, registerYielding } from './yielding-globals.js';

/** Numbers since the start. */
export interface TelemetryStats {
  /** Spans of the exporters that `OTEL_TRACES_EXPORTER` names, in sum. */
  readonly spans: SpanExportStats;
  /** Absent if there is no event stream. */
  readonly events?: ChaukasSpanProcessorStats;
}

/** The telemetry of the process. */
export interface StartedTelemetry {
  /** Resolves when all spans, metrics, log records and events so far are delivered or given up. Never rejects. */
  forceFlush(): Promise<void>;
  /** Ends the open sessions, delivers everything and stops. Never rejects. Happens by itself when the process ends. */
  shutdown(): Promise<void>;
  stats(): TelemetryStats;
}

/** The time in which an application registers its own providers. Giving way costs a little for each use of the API. */
const START_MILLIS = 30_000;

const STARTED = Symbol.for(`${PACKAGE_NAME}.started telemetry`);

/**
 * Switches everything on: traces, metrics and logs as the `OTEL_*` variables say, and the event stream. Call it before the
 * application imports `openai` and `@openai/agents`, in a file that is loaded with `node --import`.
 *
 * ```js
 * // telemetry.mjs
 * import { startTelemetry } from 'opentelemetry-instrumentation-openai-agents/node';
 * import { FileSink } from 'opentelemetry-instrumentation-openai-agents';
 *
 * startTelemetry({ serviceName: 'support-desk', sinks: [new FileSink({ path: 'audit/events.jsonl' })] });
 * ```
 *
 * Needs `@opentelemetry/sdk-node` 0.200 or newer. Providers that the application registers before, or within 30 seconds, take
 * the place of those made here. Spans and events that are left at the end of the process are delivered, within
 * `exitTimeoutMillis`. A second call returns what the first has started.
 *
 * @throws TypeError - naming every option and variable that is unknown, missing or not accepted.
 * @throws Error - if the SDK is missing or too old, naming the command that installs it.
 */
export function startTelemetry(options: StartTelemetryOptions = {}): StartedTelemetry {
  return startOnce(options, (error) => {
    throw error;
  });
}

/**
 * @param onProblem - called with each problem of the environment. It may throw, or return to start without what is wrong.
 */
export function startOnce(
  options: StartTelemetryOptions,
  onProblem: (error: Error) => void,
): StartedTelemetry {
  const started = Reflect.get(globalThis, STARTED) as StartedTelemetry | undefined;
  if (started !== undefined) {
    diag.warn(
      `${PACKAGE_NAME}: the telemetry is started already, so the options of this call have no effect`,
    );
    return started;
  }
  const telemetry =
    isDisabled() || inLoaderThread
      ? DISABLED
      : new NodeTelemetry(readStartConfig(options, process.env, onProblem));
  Reflect.defineProperty(globalThis, STARTED, { value: telemetry });
  return telemetry;
}

/** Node runs preloads also in the thread of its loader hooks, where no application is (20.20). */
const inLoaderThread = !isMainThread && parentPort === null;

function isDisabled(): boolean {
  return process.env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';
}

const DISABLED: StartedTelemetry = {
  forceFlush: async () => {},
  shutdown: async () => {},
  stats: () => ({ spans: { exported: 0, failed: 0, waiting: 0 } }),
};

interface Flushable {
  forceFlush?(): Promise<void>;
  shutdown?(): Promise<void>;
}

class NodeTelemetry implements StartedTelemetry {
  readonly #guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));
  readonly #instrumentation: OpenAIAgentsInstrumentation;
  readonly #events: ChaukasSpanProcessor | undefined;
  /** The processors that go to whichever tracer provider is used. */
  readonly #added: readonly SdkSpanProcessor[];
  /** The exports that only this package's own tracer provider has. */
  #exports: readonly SdkSpanProcessor[] = [];
  /** The SDK that a configuration file has set up, with parts that are known to nothing else. */
  #sdk: { shutdown(): Promise<void> } | undefined;
  /** The providers of metrics and log records that this package has registered. */
  #own: Partial<Record<GlobalKind, Flushable>> = {};
  #replaceTracers: () => void = () => {};
  readonly #forget: () => void;
  readonly #makeOrdinary: () => void;
  readonly #started: NodeJS.Timeout;
  #stopped: Promise<void> | undefined;

  constructor(config: StartConfig) {
    // Steps that can fail come before the first lasting effect.
    const joins = isRegistered('trace');
    const sdk = joins ? undefined : loadOpenTelemetrySdk();
    this.#instrumentation = new OpenAIAgentsInstrumentation(config.instrumentation);
    this.#events = config.events && new ChaukasSpanProcessor(config.events);
    this.#added = [...config.spanProcessors, ...(this.#events ? [this.#events] : [])];
    registerLoaderHook(config.instrumentations.length > 0);
    const instrumentations = [this.#instrumentation, ...config.instrumentations];
    if (sdk === undefined) {
      this.#makeOrdinary = () => {};
      this.#joinApplication('was registered before');
    } else {
      this.#makeOrdinary = registerYielding(() => this.#startSdk(sdk, config, instrumentations), {
        replacing: (kind) => kind === 'trace' && this.#replaceTracers(),
        replaced: (kind) => this.#guard.run('Standing back', () => this.#replaced(kind)),
      });
    }
    this.#started = clock.setTimeout(this.#makeOrdinary, START_MILLIS).unref();
    this.#forget = atOrderlyEnd({
      shutdown: () => this.shutdown(),
      atExit: () => this.#guard.run('Exporting the last spans', () => this.#atExit(config.exitTimeoutMillis)),
      timeoutMillis: config.exitTimeoutMillis,
    });
  }

  async forceFlush(): Promise<void> {
    await this.#settleAll([...this.#exports, ...this.#added, ...signalProviders()], 'forceFlush');
  }

  shutdown(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  stats(): TelemetryStats {
    const all = this.#exports.flatMap((each) => (each instanceof UnexportedSpans ? [each.stats()] : []));
    const sum = (name: keyof SpanExportStats) => all.reduce((total, stats) => total + stats[name], 0);
    return {
      spans: { exported: sum('exported'), failed: sum('failed'), waiting: sum('waiting') },
      ...(this.#events && { events: this.#events.stats() }),
    };
  }

  #startSdk(sdk: OpenTelemetrySdk, config: StartConfig, instrumentations: Instrumentation[]): void {
    const env = process.env;
    if (env.OTEL_CONFIG_FILE?.trim() && this.#startFromFile(sdk, instrumentations)) return;
    this.#exports = traceExport(
      sdk,
      env,
      (exporter, make) => new UnexportedSpans(exporter, make, maxQueueSize(env)),
    );
    const sampler = samplerFromEnv(sdk, env);
    const nodeSdk = new sdk.node.NodeSDK({
      ...(config.serviceName !== undefined && { serviceName: config.serviceName }),
      instrumentations,
      spanProcessors: [...this.#exports, ...this.#added],
      // The export is sampled, the event stream is not.
      sampler: this.#events === undefined ? sampler : new AlwaysRecordSampler(sampler),
    });
    const hasMetrics = isRegistered('metrics');
    const hasLogs = isRegistered('logs');
    nodeSdk.start();
    if (isRegistered('trace')) this.#replaceTracers = makeTracersReplaceable(trace.getTracerProvider());
    this.#own = {
      ...(!hasMetrics && { metrics: metrics.getMeterProvider() as Flushable }),
      ...(!hasLogs && { logs: globalLoggerProvider() as Flushable }),
    };
  }

  /** The declarative configuration says everything but the instrumentations, so the event stream joins its provider. */
  #startFromFile(sdk: OpenTelemetrySdk, instrumentations: Instrumentation[]): boolean {
    const start = sdk.node.startNodeSdk ?? sdk.node.startNodeSDK;
    if (start === undefined) {
      diag.warn(
        `${PACKAGE_NAME}: OTEL_CONFIG_FILE is not read by @opentelemetry/sdk-node ${sdk.version}; install a newer one`,
      );
      return false;
    }
    this.#sdk = start({ instrumentations });
    this.#joinProvider('of OTEL_CONFIG_FILE');
    return true;
  }

  #replaced(kind: GlobalKind): void {
    if (kind === 'trace') {
      const exports = this.#exports;
      this.#exports = [];
      void this.#settleAll(exports, 'shutdown');
      this.#joinApplication('replaced that of this package');
      return;
    }
    void this.#settleAll([this.#own[kind]], 'shutdown');
    delete this.#own[kind];
    if (kind === 'metrics') this.#instrumentation.setMeterProvider(metrics.getMeterProvider());
  }

  #joinApplication(how: string): void {
    diag.info(
      `${PACKAGE_NAME}: the application's own tracer provider ${how}; spans go there, and OTEL_TRACES_EXPORTER has no effect`,
    );
    this.#instrumentation.setTracerProvider(trace.getTracerProvider());
    this.#joinProvider('of the application');
  }

  #joinProvider(whose: string): void {
    if (this.#added.length === 0 || joinProvider(trace.getTracerProvider(), this.#added)) return;
    diag.warn(
      `${PACKAGE_NAME}: the event stream and the span processors of startTelemetry() get no spans, because the tracer ` +
        `provider ${whose} takes no further span processor; add them to it in code, the event stream as ` +
        '"new ChaukasSpanProcessor(configFromEnv())"',
    );
  }

  async #stop(): Promise<void> {
    const { metrics: meters, logs } = this.#own;
    await this.#settleAll([this.#sdk, ...this.#exports, ...this.#added, meters, logs], 'shutdown');
    this.#forget();
    clock.clearTimeout(this.#started);
    this.#makeOrdinary();
  }

  #atExit(timeoutMillis: number): void {
    for (const spans of this.#exports) {
      if (spans instanceof UnexportedSpans) exportAtExit(spans.exporter, spans.take(), timeoutMillis);
    }
  }

  async #settleAll(parts: readonly (Flushable | undefined)[], action: keyof Flushable): Promise<void> {
    await Promise.all(
      parts.map(async (part) => {
        try {
          await part?.[action]?.();
        } catch (error) {
          this.#guard.errorOnce(`${action} of the telemetry failed`, error);
        }
      }),
    );
  }
}

function signalProviders(): Flushable[] {
  return [metrics.getMeterProvider(), globalLoggerProvider()] as Flushable[];
}
