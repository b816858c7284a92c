import {
  diag,
  type Meter,
  type MeterProvider,
  metrics,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { globalLogger } from '../../diagnostics/global-logger.js';
import { Guard } from '../../diagnostics/guard.js';
import { asFunction, asMembers, isRecord, type UnknownRecord } from '../../json/readers.js';
import { type OptionRule, rule } from '../../options/option-rules.js';
import { clientTraced } from '../../signals/running-instrumentations.js';
import { InstrumentsCache } from '../../spans/metrics/instruments.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../../version.js';
import { type TelemetryOptions, telemetryContent, validateTelemetryOptions } from '../config.js';
import {
  type Method,
  MethodPatches,
  type Sharing,
  warnOfMissingMethods,
} from '../patching/method-patches.js';
import { prototypesWith } from '../patching/prototypes.js';
import { type ClientClass, findClientClass, hookClient } from './client-hooks.js';
import { HookRank } from './hook-rank.js';

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
 * Clients that are traced one by one. Their class is hooked and not the instance: the SDK compares the methods of an
 * instance with those of its class and refuses an instance that differs (7.55). Calls of other clients pass through.
 */
class TracedClients {
  readonly #telemetry = new WeakMap<object, Telemetry>();
  readonly #patches = new MethodPatches();
  readonly #hookedClasses = new WeakSet<object>();
  readonly #sharing: Sharing;

  /** @param rank - see {@link Sharing.rank}. */
  constructor(rank: number) {
    this.#sharing = { rank, accepts: (client) => isRecord(client) && this.#telemetry.has(client) };
  }

  add(clients: readonly object[], clientClass: ClientClass, telemetry: Telemetry): void {
    for (const client of clients) this.#telemetry.set(client, telemetry);
    if (this.#hookedClasses.has(clientClass)) return;
    this.#hookedClasses.add(clientClass);
    const { guard } = telemetry;
    warnOfMissingMethods(
      guard,
      'openai',
      guard.run('Hooking openai', () => this.#hook(clientClass, telemetry)),
    );
  }

  /** Returns the expected methods that are missing. */
  #hook(clientClass: { prototype: object }, telemetry: Telemetry): string[] {
    // A derived class, such as AzureOpenAI (7.55), may have a method of its own that calls the base class's.
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

  /** Traces the copies of a traced client like the client itself. */
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
 * Traces one client of `openai`. Use it in a bundle, in which no hook sees the module, or to trace only some clients.
 * Copies that `withOptions()` makes of the client are traced as well.
 *
 * ```ts
 * const client = traceOpenAI(new OpenAI());
 * ```
 *
 * Together with `OpenAIAgentsInstrumentation`, no call is recorded twice. A client with options here follows these
 * options. A client without options follows the instrumentation while that is enabled.
 *
 * A client that another tool has wrapped in a Proxy is traced by the client within, so that calls of that client are
 * recorded as well.
 *
 * @returns the same client.
 * @throws TypeError - if the value is not a client of `openai`, if it is a Proxy that hides its client, or if an option
 *   is unknown or not accepted.
 */
export function traceOpenAI<Client extends object>(client: Client, options?: TraceOpenAIOptions): Client {
  const clientClass = isRecord(client) ? classOf(client) : undefined;
  if (clientClass === undefined) {
    throw new TypeError(
      `${PACKAGE_NAME}: traceOpenAI: the client is ${showValue(client)}; it must be a client of openai, e.g. new OpenAI()`,
    );
  }
  const behind = clientBehind(client, clientClass);
  if (behind === undefined) {
    throw new TypeError(
      `${PACKAGE_NAME}: traceOpenAI: the client is a Proxy that hides the client within; ` +
        'pass that client, e.g. wrap(traceOpenAI(new OpenAI())), or use OpenAIAgentsInstrumentation',
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
  clientTraced();
  if (options !== undefined) {
    clientsWithOptions.add([client, behind], clientClass, clientTelemetry(options));
  } else {
    // All clients share one telemetry, since an application may make a client for each request.
    defaultTelemetry ??= clientTelemetry({});
    clientsWithoutOptions.add([client, behind], clientClass, defaultTelemetry);
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
  const guard = new Guard(diag.createComponentLogger({ namespace: PACKAGE_NAME }));
  const {
    tracerProvider = trace,
    loggerProvider,
    meterProvider,
    legacyMetrics = false,
    otherCalls = true,
  } = options;
  const given = loggerProvider?.getLogger(...SCOPE);
  const instruments = new InstrumentsCache();
  const meterOf = currentMeter(() => meterProvider ?? metrics.getMeterProvider());
  return {
    tracer: tracerProvider.getTracer(...SCOPE),
    get logger() {
      return given ?? globalLogger();
    },
    get instruments() {
      return instruments.get(meterOf(), legacyMetrics);
    },
    content: telemetryContent(options, guard),
    otherCalls,
    guard,
  };
}

/**
 * The API returns a proxy of the global tracer, which follows a later provider. It has no such proxy for the meter, so
 * the meter is fetched again when the provider changes.
 */
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

/** The class of a client, read past a Proxy, which may wrap `constructor` as it wraps methods. */
function classOf(client: object): ClientClass | undefined {
  try {
    const prototype: unknown = Reflect.getPrototypeOf(client);
    return findClientClass(asMembers(prototype)?.constructor);
  } catch {
    return undefined;
  }
}

/**
 * Returns the client itself or the one behind its Proxy; `undefined` if the Proxy hides it or throws.
 *
 * Other tools return a Proxy of a client. That of Langfuse reads every member from the client within and wraps it,
 * others forward with the Proxy as receiver. The methods that are hooked see the client within.
 */
function clientBehind(client: object, { prototype }: ClientClass): object | undefined {
  try {
    if (isClient(client)) return client;
    return [...clientsOfResources(client), receiverOf(client, prototype)].find(isClient);
  } catch {
    return undefined;
  }
}

/** Each resource of a client refers to that client (5.0.1 to 7.55.0), which a Proxy of the client is not. */
function isClient(candidate: unknown): candidate is object {
  return isRecord(candidate) && clientsOfResources(candidate).includes(candidate);
}

function clientsOfResources(client: object): unknown[] {
  const { chat, responses, embeddings } = client as UnknownRecord;
  return [asMembers(chat)?.completions, responses, embeddings].map(
    (resource) => asMembers(resource)?._client,
  );
}

/** Returns the object on which a Proxy reads its members: a getter of the class sees it. */
function receiverOf(client: object, prototype: object): unknown {
  const probe = Symbol('client');
  let receiver: unknown;
  const placed = Reflect.defineProperty(prototype, probe, {
    configurable: true,
    get(this: unknown) {
      receiver = this;
      return undefined;
    },
  });
  if (!placed) return undefined;
  try {
    Reflect.get(client, probe);
  } finally {
    Reflect.deleteProperty(prototype, probe);
  }
  return receiver;
}
