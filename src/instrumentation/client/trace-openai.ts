import * as api from '@opentelemetry/api';
import {
  diag,
  type Meter,
  type MeterProvider,
  metrics,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { type LoggerProvider, logs } from '@opentelemetry/api-logs';
import { Guard } from '../../diagnostics/guard.js';
import { asFunction, isRecord } from '../../json/readers.js';
import { type OptionRule, rule } from '../../options/option-rules.js';
import { contentCapture } from '../../spans/content-policy.js';
import { InstrumentsCache } from '../../spans/metrics/instruments.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import { type TelemetryOptions, validateTelemetryOptions } from '../config.js';
import {
  type Method,
  MethodPatches,
  type Sharing,
  warnOfMissingMethods,
} from '../patching/method-patches.js';
import { findClientClass, HookRank, hookClient } from './client-hooks.js';

/** Options of {@link traceOpenAI}. */
export interface TraceOpenAIOptions extends TelemetryOptions {
  /** @defaultValue the global one */
  tracerProvider?: TracerProvider;
  /** @defaultValue the global one */
  meterProvider?: MeterProvider;
  /** @defaultValue the global one */
  loggerProvider?: LoggerProvider;
}

const SCOPE = [PACKAGE_NAME, PACKAGE_VERSION] as const;

/**
 * Clients that are traced one by one. The hooks stand on their class all the same, since the SDK compares its methods
 * with the class' (7.55) and refuses an instance that differs; they pass the calls of other clients on.
 */
class TracedClients {
  readonly #telemetry = new WeakMap<object, Telemetry>();
  readonly #patches = new MethodPatches();
  readonly #hookedClasses = new WeakSet<object>();
  readonly #sharing: Sharing;

  /** @param rank - see {@link Sharing}. */
  constructor(rank: number) {
    this.#sharing = { rank, accepts: (client) => isRecord(client) && this.#telemetry.has(client) };
  }

  add(client: object, clientClass: { prototype: object }, telemetry: Telemetry): void {
    this.#telemetry.set(client, telemetry);
    if (this.#hookedClasses.has(clientClass)) return;
    this.#hookedClasses.add(clientClass);
    const { guard } = telemetry;
    warnOfMissingMethods(
      guard,
      'openai',
      guard.run('Hooking openai', () => this.#hook(clientClass, telemetry)),
    );
  }

  /** @returns what was expected and is not there. */
  #hook(clientClass: { prototype: object }, telemetry: Telemetry): string[] {
    // Where it is a class' own: a derived class, such as AzureOpenAI (7.55), may have one that calls it in the end.
    for (const prototype of prototypesWith(clientClass.prototype, 'withOptions')) {
      this.#patches.apply(
        prototype,
        'withOptions',
        (withOptions) => this.#traceCopies(withOptions),
        this.#sharing,
      );
    }
    return hookClient(clientClass, this.#patches, {
      telemetryOf: (traced) => this.#telemetry.get(traced) ?? telemetry,
      sharing: this.#sharing,
    });
  }

  /** A copy of a traced client is traced like it. */
  #traceCopies(withOptions: Method): Method {
    const known = this.#telemetry;
    return function (this: unknown, ...args) {
      const copy = withOptions.apply(this, args);
      const telemetry = known.get(this as object);
      if (telemetry !== undefined && isRecord(copy) && !known.has(copy)) known.set(copy, telemetry);
      return copy;
    };
  }
}

const clientsWithOptions = new TracedClients(HookRank.clientWithOptions);
const clientsWithoutOptions = new TracedClients(HookRank.client);
let defaultTelemetry: Telemetry | undefined;

/**
 * Traces one client, where no hook sees the module `openai`: in a bundle, or where only some clients are to be traced.
 * Its copies by `withOptions()` are traced as well.
 *
 * ```ts
 * const client = traceOpenAI(new OpenAI());
 * ```
 *
 * Together with `OpenAIAgentsInstrumentation` no call is recorded twice: a client that was given options here follows
 * these, one that was not follows the instrumentation while that is enabled.
 *
 * @returns the same client.
 * @throws TypeError - where it is no client of `openai`, or an option is unknown or not accepted.
 */
export function traceOpenAI<Client extends object>(client: Client, options?: TraceOpenAIOptions): Client {
  const clientClass = isRecord(client) ? findClientClass(client.constructor) : undefined;
  if (clientClass === undefined) {
    throw new TypeError(
      `${PACKAGE_NAME}: traceOpenAI: the client is ${showValue(client)}; it must be a client of openai, e.g. new OpenAI()`,
    );
  }
  if (options !== undefined) {
    validateTelemetryOptions(
      options,
      {
        tracerProvider: provider('getTracer'),
        meterProvider: provider('getMeter'),
        loggerProvider: provider('getLogger'),
      },
      'traceOpenAI',
    );
  }
  if (options !== undefined) {
    clientsWithOptions.add(client, clientClass, clientTelemetry(options));
  } else {
    // One for all of them: an application may make a client a request.
    defaultTelemetry ??= clientTelemetry({});
    clientsWithoutOptions.add(client, clientClass, defaultTelemetry);
  }
  return client;
}

function provider(method: string): OptionRule {
  return rule(
    `an object with ${method}()`,
    (value) => isRecord(value) && asFunction(value[method]) !== undefined,
  );
}

function clientTelemetry(options: TraceOpenAIOptions): Telemetry {
  const diagLogger = diag.createComponentLogger({ namespace: PACKAGE_NAME });
  const {
    tracerProvider = trace,
    loggerProvider = globalLogs(),
    meterProvider,
    legacyMetrics = false,
  } = options;
  const instruments = new InstrumentsCache();
  const meterOf = currentMeter(() => meterProvider ?? metrics.getMeterProvider());
  return {
    tracer: tracerProvider.getTracer(...SCOPE),
    logger: loggerProvider.getLogger(...SCOPE),
    get instruments() {
      return instruments.get(meterOf(), legacyMetrics);
    },
    content: contentCapture(options, process.env, (message) => diagLogger.warn(message)),
    guard: new Guard(diagLogger),
  };
}

/** The API hands out proxies of the global tracer and logger, and none of the meter: its provider is asked for anew. */
function currentMeter(providerOf: () => MeterProvider): () => Meter {
  let provider: MeterProvider | undefined;
  let meter: Meter | undefined;
  return () => {
    const current = providerOf();
    if (meter === undefined || current !== provider) {
      provider = current;
      meter = current.getMeter(...SCOPE);
    }
    return meter;
  };
}

/** From API 1.10 on the logs API is part of it, and the package apart does not see the provider that is set there. */
function globalLogs(): Pick<LoggerProvider, 'getLogger'> {
  return (api as { logs?: typeof logs }).logs ?? logs;
}

function prototypesWith(prototype: object, method: string): object[] {
  const found: object[] = [];
  for (
    let candidate: object | null = prototype;
    candidate !== null;
    candidate = Object.getPrototypeOf(candidate)
  ) {
    if (Object.hasOwn(candidate, method)) found.push(candidate);
  }
  return found;
}
