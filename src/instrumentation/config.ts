import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { CAPTURE_MODES, type CaptureMode } from '../spans/content-policy.js';
import { PACKAGE_NAME } from '../version.js';

/** What may be chosen of the telemetry, for a whole process or for one client. */
export interface TelemetryOptions {
  /**
   * Where message content goes: prompts, answers, system instructions, tool names, arguments and results
   * (`gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`, `gen_ai.tool.definitions`,
   * `gen_ai.tool.call.arguments`, `gen_ai.tool.call.result`, `gen_ai.retrieval.*`).
   *
   * - `NO_CONTENT` or `false`: nowhere
   * - `SPAN_ONLY` or `true`: on spans, each attribute as one JSON string
   * - `EVENT_ONLY`: in a log record `gen_ai.client.inference.operation.details` for each model call, structured
   * - `SPAN_AND_EVENT`: both
   *
   * The audit events of `ChaukasSpanProcessor` have a policy of their own and do not depend on it. A run with
   * `traceIncludeSensitiveData: false` gives no content to any of them.
   *
   * @defaultValue the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else `NO_CONTENT`
   */
  captureMessageContent?: boolean | CaptureMode;
  /**
   * The most that one attribute of message content may be, in characters of JSON. What is longer is shortened to
   * JSON that still is valid: long texts are cut, then messages in the middle left out. Where the SDK is told to cut
   * attributes at a smaller length (`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`),
   * that holds.
   *
   * @defaultValue 65,536
   */
  contentLengthLimit?: number;
  /**
   * Whether model calls are also recorded in the metrics that the conventions had until September 2026, and that most
   * backends read: `gen_ai.client.token.usage`, and `gen_ai.client.operation.duration` for model calls.
   *
   * @defaultValue false
   */
  legacyMetrics?: boolean;
}

/** Options of {@link OpenAIAgentsInstrumentation}. */
export interface OpenAIAgentsInstrumentationConfig extends InstrumentationConfig, TelemetryOptions {
  /**
   * Whether runs are recorded while the Agents SDK's own tracing is switched off for the process
   * (`OPENAI_AGENTS_DISABLE_TRACING`, `NODE_ENV=test`, `setTracingDisabled(true)`). Many switch it off only so that
   * nothing is sent to OpenAI, and nothing is sent either way. A run's own `tracingDisabled` is always obeyed: of such
   * a run the model calls alone are recorded.
   *
   * @defaultValue true
   */
  traceWhenDisabled?: boolean;
  /**
   * Whether the Agents SDK goes on sending its own traces to OpenAI: `keep` leaves that as it is, `off` sends nothing.
   *
   * @defaultValue 'keep'
   */
  openaiTraceExport?: 'keep' | 'off';
}

interface OptionRule {
  readonly accepted: string;
  accepts(value: unknown): boolean;
}

const BOOLEAN: OptionRule = {
  accepted: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

const TELEMETRY_OPTIONS: Readonly<Record<keyof TelemetryOptions, OptionRule>> = {
  captureMessageContent: {
    accepted: `true, false, ${CAPTURE_MODES.map((mode) => `'${mode}'`).join(', ')}`,
    accepts: (value) => typeof value === 'boolean' || CAPTURE_MODES.some((mode) => mode === value),
  },
  contentLengthLimit: {
    accepted: 'a whole number of at least 256',
    accepts: (value) => Number.isInteger(value) && (value as number) >= 256,
  },
  legacyMetrics: BOOLEAN,
};

const AGENTS_OPTIONS: Readonly<Record<string, OptionRule>> = {
  traceWhenDisabled: BOOLEAN,
  openaiTraceExport: {
    accepted: "'keep' or 'off'",
    accepts: (value) => value === 'keep' || value === 'off',
  },
};

/**
 * @throws TypeError - naming every option that is unknown or has a value that is not accepted.
 */
export function validateInstrumentationConfig(config: unknown): void {
  validateOptions(config, { enabled: BOOLEAN, ...TELEMETRY_OPTIONS, ...AGENTS_OPTIONS }, 'the configuration');
}

/**
 * @param others - options that only this caller has.
 * @throws TypeError - naming every option that is unknown or has a value that is not accepted.
 */
export function validateTelemetryOptions(
  options: unknown,
  others: Readonly<Record<string, OptionRule>>,
  subject: string,
): void {
  validateOptions(options, { ...TELEMETRY_OPTIONS, ...others }, subject);
}

function validateOptions(
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
  subject: string,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${PACKAGE_NAME}: ${subject} must be an object, not ${describe(options)}`);
  }
  const problems: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      problems.push(`unknown option "${name}"; known are: ${Object.keys(rules).join(', ')}`);
    } else if (!rule.accepts(value)) {
      problems.push(`option "${name}" is ${describe(value)}; use ${rule.accepted}`);
    }
  }
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${problems.join('; ')}`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || value === undefined) return String(value);
  // Not by its text: an object may have none.
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `${typeof value} ${String(value)}`;
}
