/**
 * The values of `OTEL_*` variables that OpenTelemetry's SDK for Node knows (0.223), for the code that follows them and for
 * the command that checks them.
 *
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */

/** Values of `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`, of which a variable may name several. */
export const EXPORTERS = {
  OTEL_TRACES_EXPORTER: ['otlp', 'console', 'zipkin', 'none'],
  OTEL_METRICS_EXPORTER: ['otlp', 'console', 'prometheus', 'none'],
  OTEL_LOGS_EXPORTER: ['otlp', 'console', 'none'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Values of `OTEL_TRACES_SAMPLER`. Those of a ratio read `OTEL_TRACES_SAMPLER_ARG`. */
export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export type SamplerName = (typeof SAMPLERS)[number];

/** Values of `OTEL_EXPORTER_OTLP_PROTOCOL`. */
export const OTLP_PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];

/** Returns the words of a comma-separated variable. Case does not matter, as the specification has it. */
export function wordsOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
}

/** Returns the one of these that a variable names; `undefined` for any other. Case does not matter. */
export function oneWordOf<Word extends string>(
  known: readonly Word[],
  value: string | undefined,
): Word | undefined {
  const word = value?.trim().toLowerCase();
  return known.find((candidate) => candidate === word);
}
