/** The options of `startTelemetry()`, and the variables that complete them. */
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { hasChaukasVariables } from '../environment/chaukas-environment.js';
import { eventConfig } from '../environment/config-from-env.js';
import { readInstrumentationEnvironment } from '../environment/instrumentation-environment.js';
import { type ChaukasSpanProcessorConfig, eventOptionNames } from '../events/config.js';
import type { OpenAIAgentsInstrumentationConfig } from '../instrumentation/config.js';
import { isRecord } from '../json/readers.js';
import { withoutAbsent } from '../json/without-undefined.js';
import {
  OBJECT,
  type OptionRules,
  optionsProblems,
  rule,
  TEXT,
  unknownOption,
  WHOLE_NUMBER,
  wrongOptions,
} from '../options/option-rules.js';
import { PACKAGE_NAME } from '../version.js';
import type { SdkSpanProcessor } from './opentelemetry-sdk.js';

/**
 * Options of {@link startTelemetry}: those of the event stream, and the following. All may be left out. Everything that
 * OpenTelemetry's `OTEL_*` variables set (exporter, endpoint, headers, sampler, resource, propagators) is read from them.
 */
export interface StartTelemetryOptions extends Partial<ChaukasSpanProcessorConfig> {
  /**
   * Name of the service in the resource of everything that this package's own providers export. Providers of the application
   * and `OTEL_CONFIG_FILE` have a resource of their own.
   *
   * @defaultValue the environment variable `OTEL_SERVICE_NAME`, else `unknown_service:node`
   */
  serviceName?: string;
  /**
   * Options of `OpenAIAgentsInstrumentation`. `captureMessageContent` and `redaction` in here are about spans; the
   * options of the same name beside it are about the events.
   */
  instrumentation?: Omit<OpenAIAgentsInstrumentationConfig, 'enabled'>;
  /** Other instrumentations to register, for example `getNodeAutoInstrumentations()`. */
  instrumentations?: readonly (Instrumentation | readonly Instrumentation[])[];
  /** Further span processors, beside the export that `OTEL_TRACES_EXPORTER` asks for. */
  spanProcessors?: readonly SdkSpanProcessor[];
  /**
   * The time for which a signal and `process.exit()` wait for spans and events to be delivered, in milliseconds. A
   * process that ends by itself waits for its connections, as long as the exporter does (`OTEL_EXPORTER_OTLP_TIMEOUT`).
   *
   * @defaultValue 5,000
   */
  exitTimeoutMillis?: number;
}

type OwnOptions = Omit<StartTelemetryOptions, keyof ChaukasSpanProcessorConfig>;

const ARRAY = rule('an array', Array.isArray);

const OWN_RULES: OptionRules<OwnOptions> = {
  serviceName: TEXT,
  instrumentation: OBJECT,
  instrumentations: ARRAY,
  spanProcessors: ARRAY,
  exitTimeoutMillis: WHOLE_NUMBER,
};

const DEFAULT_EXIT_TIMEOUT_MILLIS = 5_000;

/** Options and variables, checked. */
export interface StartConfig {
  readonly serviceName: string | undefined;
  readonly instrumentation: OpenAIAgentsInstrumentationConfig;
  readonly instrumentations: readonly Instrumentation[];
  readonly spanProcessors: readonly SdkSpanProcessor[];
  readonly exitTimeoutMillis: number;
  /** `undefined` if neither an option nor a variable is about events. */
  readonly events: ChaukasSpanProcessorConfig | undefined;
}

/**
 * @param onProblem - called with each problem of the environment. It may throw, or return to go on without what is wrong.
 * @throws TypeError - naming every option that is unknown or not accepted.
 */
export function readStartConfig(
  options: unknown,
  env: NodeJS.ProcessEnv,
  onProblem: (error: Error) => void,
): StartConfig {
  if (!isRecord(options)) throw wrong(wrongOptions(options, 'an object, or left out'));
  const entries = Object.entries(withoutAbsent(options));
  // Without options, as in the entry `./register`, nothing of the events is loaded for their names.
  const isEventOption = ([name]: [string, unknown]) => eventOptionNames().includes(name);
  const eventOptions = Object.fromEntries(entries.filter(isEventOption));
  const own: OwnOptions = Object.fromEntries(entries.filter((entry) => !isEventOption(entry)));
  const problems = [
    ...Object.keys(own)
      .filter((name) => !(name in OWN_RULES))
      .map((name) => unknownOption(name, [...Object.keys(OWN_RULES), ...eventOptionNames()])),
    ...optionsProblems(OWN_RULES, known(own), 'an object'),
  ];
  if (problems.length > 0) throw wrong(problems.join('; '));
  const variables = readInstrumentationEnvironment(env);
  if (variables.problems.length > 0) onProblem(wrong(variables.problems.join('; ')));
  return {
    serviceName: own.serviceName,
    instrumentation: { ...variables.options, ...own.instrumentation },
    instrumentations: (own.instrumentations ?? []).flat(),
    spanProcessors: own.spanProcessors ?? [],
    exitTimeoutMillis: own.exitTimeoutMillis ?? DEFAULT_EXIT_TIMEOUT_MILLIS,
    events: events(eventOptions, env, onProblem),
  };
}

/**
 * The event stream is wanted if an option or a variable is about it. A program that is only started with this package
 * does not begin to write a file.
 */
function events(
  options: Partial<ChaukasSpanProcessorConfig>,
  env: NodeJS.ProcessEnv,
  onProblem: (error: Error) => void,
): ChaukasSpanProcessorConfig | undefined {
  const byOption = Object.keys(options).length > 0;
  if (!byOption && !hasChaukasVariables(env)) return undefined;
  try {
    return eventConfig(options, env, 'startTelemetry');
  } catch (error) {
    if (byOption) throw error;
    onProblem(error as Error);
    return undefined;
  }
}

function known(options: OwnOptions): OwnOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name in OWN_RULES));
}

function wrong(problem: string): TypeError {
  return new TypeError(`${PACKAGE_NAME}: startTelemetry: ${problem}`);
}
