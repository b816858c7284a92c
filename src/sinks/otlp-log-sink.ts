import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ChaukasEvent } from '../chaukas/event.js';
import { withoutTracing } from '../diagnostics/suppressed-tracing.js';
import { loadInstalled, requireFile } from '../installed-module.js';
import { asFunction, asRecord } from '../json/readers.js';
import { BOOLEAN, type OptionRules, optionsProblems, rule } from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import { withinTime } from './attempt-time.js';
import { auditLogRecord, type LogResource } from './audit-log-record.js';
import { DeliveryError, type DeliveryOutcome } from './delivery-error.js';
import { ATTEMPT_DEFAULTS, DELIVERY_RULE, type DeliveryOptions } from './delivery-options.js';
import { type EventSink, ownSinkInThread, type SendOptions, type SinkInThread } from './event-sink.js';
import { failureCode, statusOutcome } from './http/answer.js';
import { lineOf } from './json-lines.js';
import { type LoadedSoon, loadedSoon } from './loaded-soon.js';

const EXPORTER = '@opentelemetry/exporter-logs-otlp-proto';

/** The `LogRecordExporter` of OpenTelemetry's SDK, by its shape. */
export interface LogExporter {
  export(records: object[], done: (result: LogExportResult) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** How an export ended. */
export interface LogExportResult {
  /** 0 is success. */
  readonly code: number;
  readonly error?: Error;
}

/** Options of {@link OtlpLogSink}. */
export interface OtlpLogSinkOptions {
  /**
   * The exporter, such as `new OTLPLogExporter({ url })`.
   *
   * @defaultValue that of `@opentelemetry/exporter-logs-otlp-proto`, configured by `OTEL_EXPORTER_OTLP_*`
   */
  exporter?: LogExporter;
  /**
   * Whether the body of a record is the event's line, the text that `content_hash` was computed from. Otherwise it is a
   * map with the members of the event, in which a backend can search.
   *
   * @defaultValue `false`
   */
  rawLine?: boolean;
  /**
   * The resource of the records, such as that of the tracer provider.
   *
   * @defaultValue `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`
   */
  resource?: LogResource;
  /**
   * Batches and retries.
   *
   * @defaultValue 512 events, 1 MiB and 1 second a batch, 30 seconds an attempt, split if too large
   */
  delivery?: DeliveryOptions;
}

const RULES: OptionRules<OtlpLogSinkOptions> = {
  exporter: rule('an exporter of log records, e.g. new OTLPLogExporter()', isExporter),
  rawLine: BOOLEAN,
  resource: rule(
    'an object with "attributes"',
    (value) => asRecord(asRecord(value)?.attributes) !== undefined,
  ),
  delivery: DELIVERY_RULE,
};

const DEFAULT_DELIVERY: DeliveryOptions = {
  maxBatchSize: 512,
  maxBatchBytes: 1_048_576,
  flushIntervalMillis: 1_000,
  ...ATTEMPT_DEFAULTS,
};

/**
 * A sink that sends each event as a log record of OpenTelemetry, for any Collector or backend that takes OTLP. The record
 * has the name of the event (`ai.chaukas.tool.call.end`), its time, severity, trace and span, attributes such as
 * `session.id` and `gen_ai.agent.name`, and the event as its body.
 *
 * The exporter sends again itself for about ten seconds (SDK 0.223); after that, the queue in front of this sink does.
 *
 * ```ts
 * new ChaukasSpanProcessor({ sinks: [new OtlpLogSink()] });
 * ```
 *
 * @throws TypeError - from the constructor, if an option is unknown or not accepted.
 * @throws Error - from the constructor, if no exporter is given and the default one is not installed.
 */
export class OtlpLogSink implements EventSink {
  readonly name = 'otlp logs';
  readonly delivery: DeliveryOptions;
  readonly #options: OtlpLogSinkOptions;
  readonly #rawLine: boolean;
  readonly #resource: LogResource;
  readonly #exporters: LoadedSoon<LogExporter>;
  /** The exporter: the application's, or from the first batch on the default one. */
  #exporter: LogExporter | undefined;

  constructor(options: OtlpLogSinkOptions = {}) {
    const problems = optionsProblems(RULES, options, 'an object, or left out');
    if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: OtlpLogSink: ${problems.join('; ')}`);
    this.#options = options;
    const { exporter, rawLine = false, resource = environmentResource(process.env), delivery } = options;
    if (exporter === undefined) {
      requireFile(EXPORTER, 'OtlpLogSink');
      this.#exporters = loadedSoon(loadExporter);
    } else {
      this.#exporters = { get: () => exporter, cancel: () => {} };
    }
    this.#exporter = exporter;
    this.#rawLine = rawLine;
    this.#resource = resource;
    this.delivery = { ...DEFAULT_DELIVERY, ...delivery };
  }

  get inThread(): SinkInThread | undefined {
    const made = ownSinkInThread(this, OtlpLogSink, 'OtlpLogSink', this.#options);
    return made && { ...made, handOver: () => this.#exporters.cancel() };
  }

  async send(
    events: readonly ChaukasEvent[],
    lines: readonly string[] = [],
    { signal }: Partial<SendOptions> = {},
  ): Promise<void> {
    if (events.length === 0) return;
    await withinTime(signal, this.delivery.timeoutMillis ?? ATTEMPT_DEFAULTS.timeoutMillis, async () => {
      await this.#resource.waitForAsyncAttributes?.();
      const records = events.map((event, index) =>
        auditLogRecord(event, this.#rawLine ? (lines[index] ?? lineOf(event)) : undefined, this.#resource),
      );
      const { code, error } = await this.#export(records);
      if (code !== 0)
        throw exportError(
          error,
          events.length > (this.delivery.minBatchSize ?? ATTEMPT_DEFAULTS.minBatchSize),
        );
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter?.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    this.#exporters.cancel();
    await this.#exporter?.shutdown();
  }

  #export(records: object[]): Promise<LogExportResult> {
    this.#exporter ??= this.#exporters.get();
    const exporter = this.#exporter;
    return new Promise((resolve) => {
      withoutTracing(ROOT_CONTEXT, () => exporter.export(records, resolve));
    });
  }
}

function loadExporter(): LogExporter {
  const Exporter = asFunction(asRecord(loadInstalled(EXPORTER, 'OtlpLogSink'))?.OTLPLogExporter);
  const exporter: unknown = Exporter && Reflect.construct(Exporter, []);
  if (!isExporter(exporter)) {
    throw new Error(
      `${PACKAGE_NAME}: OtlpLogSink: the installed ${EXPORTER} has no OTLPLogExporter; update it`,
    );
  }
  return exporter;
}

function isExporter(value: unknown): value is LogExporter {
  const { export: exports, shutdown } = asRecord(value) ?? {};
  return typeof exports === 'function' && typeof shutdown === 'function';
}

/** Codes of gRPC with which OTLP asks to send again. */
const PASSING_GRPC_CODES = new Set([1, 4, 8, 10, 11, 14, 15]);
const LEAST_HTTP_STATUS = 100;

/**
 * Returns the error of an export. Its message has the code only: the exporter's quotes the answer, and with it perhaps a
 * header.
 */
function exportError(error: unknown, divisible: boolean): DeliveryError {
  const code = asRecord(error)?.code;
  if (typeof code !== 'number') {
    return new DeliveryError(`the export failed (${failureCode(error)})`, { outcome: 'retry' });
  }
  const outcome = codeOutcome(code);
  return new DeliveryError(`the receiver answered ${code < LEAST_HTTP_STATUS ? 'gRPC status ' : ''}${code}`, {
    outcome: outcome === 'too-large' && !divisible ? 'refused' : outcome,
  });
}

function codeOutcome(code: number): DeliveryOutcome {
  if (code >= LEAST_HTTP_STATUS) return statusOutcome(code);
  return PASSING_GRPC_CODES.has(code) ? 'retry' : 'refused';
}

/** The resource that the variables of OpenTelemetry describe. */
function environmentResource(env: Readonly<NodeJS.ProcessEnv>): LogResource {
  const attributes: Record<string, string> = { 'service.name': 'unknown_service:node' };
  for (const entry of (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',')) {
    const [name = '', ...value] = entry.split('=');
    if (name.trim() !== '' && value.length > 0) attributes[name.trim()] = decoded(value.join('=').trim());
  }
  const service = env.OTEL_SERVICE_NAME?.trim() ?? '';
  if (service !== '') attributes['service.name'] = service;
  return { attributes };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
