/**
 * The export of spans as the `OTEL_*` variables ask for it. The SDK reads these variables itself only as long as it is
 * given no span processor and no sampler, and the event stream needs both.
 *
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { diag } from '@opentelemetry/api';
import {
  EXPORTERS,
  OTLP_PROTOCOLS,
  type OtlpProtocol,
  oneWordOf,
  SAMPLERS,
  type SamplerName,
  wordsOf,
} from '../environment/otel-variables.js';
import type { Sampler } from '../sampling/always-record-sampler.js';
import type { OpenTelemetrySdk, SdkSpanExporter, SdkSpanProcessor } from './opentelemetry-sdk.js';

type Variables = Readonly<NodeJS.ProcessEnv>;

/** A module with an exporter class, which a process of its own can load too. */
export interface ExporterModule {
  /** Path of the file. */
  readonly file: string;
  readonly exportName: string;
}

interface ExporterPackage {
  readonly package: string;
  readonly exportName: string;
}

const DEFAULT_PROTOCOL = 'http/protobuf';

const OTLP_PACKAGES: Readonly<Record<OtlpProtocol, ExporterPackage>> = {
  'http/protobuf': { package: '@opentelemetry/exporter-trace-otlp-proto', exportName: 'OTLPTraceExporter' },
  'http/json': { package: '@opentelemetry/exporter-trace-otlp-http', exportName: 'OTLPTraceExporter' },
  grpc: { package: '@opentelemetry/exporter-trace-otlp-grpc', exportName: 'OTLPTraceExporter' },
};

const ZIPKIN: ExporterPackage = { package: '@opentelemetry/exporter-zipkin', exportName: 'ZipkinExporter' };

/**
 * Returns the span processors for `OTEL_TRACES_EXPORTER`: `otlp` (the default), `console`, `zipkin`, several of them, or
 * `none`. A value that cannot be followed is logged to `diag`.
 *
 * @param track - wraps the processor and the exporter of spans that are exported in batches.
 */
export function traceExport(
  sdk: OpenTelemetrySdk,
  env: Variables,
  track: (
    exporter: ExporterModule,
    makeProcessor: (wrap: WrapExporter) => SdkSpanProcessor,
  ) => SdkSpanProcessor,
): SdkSpanProcessor[] {
  const names = exporterNames(env);
  return names.flatMap((name) => {
    if (name === 'console') return [consoleProcessor(sdk)];
    const exporter = exporterModule(sdk, name === 'zipkin' ? ZIPKIN : otlpPackage(env));
    return exporter === undefined
      ? []
      : [track(exporter, (wrap) => batchProcessor(sdk, wrap(newExporter(sdk, exporter)), env))];
  });
}

export type WrapExporter = (exporter: SdkSpanExporter) => SdkSpanExporter;

function exporterNames(env: Variables): string[] {
  const accepted: readonly string[] = EXPORTERS.OTEL_TRACES_EXPORTER;
  const given = wordsOf(env.OTEL_TRACES_EXPORTER);
  const unknown = given.filter((name) => !accepted.includes(name));
  if (unknown.length > 0) {
    diag.warn(`OTEL_TRACES_EXPORTER=${unknown.join(',')} is unknown; use ${accepted.join(', ')}`);
  }
  const known = given.filter((name) => accepted.includes(name));
  if (known.includes('none')) return [];
  return known.length === 0 && unknown.length === 0 ? ['otlp'] : [...new Set(known)];
}

function otlpPackage(env: Variables): ExporterPackage {
  const protocol = text(env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL) ?? text(env.OTEL_EXPORTER_OTLP_PROTOCOL);
  const known = oneWordOf(OTLP_PROTOCOLS, protocol ?? DEFAULT_PROTOCOL);
  if (known !== undefined) return OTLP_PACKAGES[known];
  diag.warn(
    `OTEL_EXPORTER_OTLP_PROTOCOL=${protocol} is unknown, so ${DEFAULT_PROTOCOL} is used; ` +
      `use ${OTLP_PROTOCOLS.join(', ')}`,
  );
  return OTLP_PACKAGES[DEFAULT_PROTOCOL];
}

function exporterModule(sdk: OpenTelemetrySdk, wanted: ExporterPackage): ExporterModule | undefined {
  const file = sdk.resolve(wanted.package);
  if (file !== undefined) return { file, exportName: wanted.exportName };
  diag.error(`no traces are exported: run "npm install ${wanted.package}"`);
  return undefined;
}

type ExporterClass = new () => SdkSpanExporter;

function newExporter(sdk: OpenTelemetrySdk, { file, exportName }: ExporterModule): SdkSpanExporter {
  const exporters = sdk.load(file) as Readonly<Record<string, ExporterClass | undefined>>;
  const Exporter = exporters[exportName];
  if (Exporter === undefined) throw new TypeError(`${file} has no ${exportName}`);
  return new Exporter();
}

function consoleProcessor(sdk: OpenTelemetrySdk): SdkSpanProcessor {
  const { SimpleSpanProcessor, ConsoleSpanExporter } = sdk.traces;
  const exporter = new ConsoleSpanExporter();
  return new SimpleSpanProcessor(sdk.takesOneObject ? { exporter } : exporter);
}

function batchProcessor(sdk: OpenTelemetrySdk, exporter: SdkSpanExporter, env: Variables): SdkSpanProcessor {
  const { BatchSpanProcessor } = sdk.traces;
  const options = {
    maxQueueSize: count(env.OTEL_BSP_MAX_QUEUE_SIZE),
    scheduledDelayMillis: count(env.OTEL_BSP_SCHEDULE_DELAY),
    exportTimeoutMillis: count(env.OTEL_BSP_EXPORT_TIMEOUT),
    maxExportBatchSize: count(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE),
  };
  return sdk.takesOneObject
    ? new BatchSpanProcessor({ exporter, ...options })
    : new BatchSpanProcessor(exporter, options);
}

/** Maximum number of spans that wait for a batch (specification of the trace SDK). */
const DEFAULT_QUEUE_SIZE = 2048;

export function maxQueueSize(env: Variables): number {
  return count(env.OTEL_BSP_MAX_QUEUE_SIZE) ?? DEFAULT_QUEUE_SIZE;
}

/** Returns the sampler of `OTEL_TRACES_SAMPLER`. The default is that of the SDK: `parentbased_always_on`. */
export function samplerFromEnv({ traces }: OpenTelemetrySdk, env: Variables): Sampler {
  const on = () => new traces.AlwaysOnSampler();
  const off = () => new traces.AlwaysOffSampler();
  const ratio = () => new traces.TraceIdRatioBasedSampler(samplerRatio(env));
  const parentBased = (root: Sampler) => new traces.ParentBasedSampler({ root });
  const samplers: Readonly<Record<SamplerName, () => Sampler>> = {
    always_on: on,
    always_off: off,
    traceidratio: ratio,
    parentbased_always_on: () => parentBased(on()),
    parentbased_always_off: () => parentBased(off()),
    parentbased_traceidratio: () => parentBased(ratio()),
  };
  const name = text(env.OTEL_TRACES_SAMPLER);
  const known = oneWordOf(SAMPLERS, name);
  if (name !== undefined && known === undefined) {
    diag.warn(
      `OTEL_TRACES_SAMPLER=${name} is unknown, so every trace is sampled; use ${SAMPLERS.join(', ')}`,
    );
  }
  return samplers[known ?? 'parentbased_always_on']();
}

function samplerRatio(env: Variables): number {
  const argument = text(env.OTEL_TRACES_SAMPLER_ARG);
  const ratio = Number(argument ?? 1);
  if (ratio >= 0 && ratio <= 1) return ratio;
  diag.warn(
    `OTEL_TRACES_SAMPLER_ARG=${argument} is not a ratio, so every trace is sampled; use a number from 0 to 1`,
  );
  return 1;
}

/** An empty variable counts as unset, as the specification has it. */
function text(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

function count(value: string | undefined): number | undefined {
  const number = Number(text(value) ?? Number.NaN);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}
