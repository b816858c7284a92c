import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { Guard } from '../diagnostics/guard.js';
import {
  BOOLEAN,
  type OptionRule,
  type OptionRules,
  oneOf,
  optionsProblems,
  rule,
} from '../options/option-rules.js';
import type { RedactionOptions } from '../redaction/redaction-options.js';
import { REDACTION_RULE } from '../redaction/redaction-rule.js';
import { createAttributeRedactor } from '../redaction/redactor.js';
import { CAPTURE_MODES, type CaptureMode, LEAST_CONTENT_LENGTH } from '../spans/capture-mode.js';
import { type ContentCapture, contentCapture } from '../spans/content-policy.js';
import { PACKAGE_NAME } from '../version.js';

/** Options of the telemetry, for a whole process or for one client. */
export interface TelemetryOptions {
  /**
   * Destination of message content: prompts, answers, system instructions, tool names, arguments and results
   * (`gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`, `gen_ai.tool.definitions`,
   * `gen_ai.tool.call.arguments`, `gen_ai.tool.call.result`, `gen_ai.retrieval.*`).
   *
   * - `NO_CONTENT` or `false`: nowhere
   * - `SPAN_ONLY` or `true`: on spans, each attribute as one JSON string
   * - `EVENT_ONLY`: as structured data in a log record `gen_ai.client.inference.operation.details` per model call
   * - `SPAN_AND_EVENT`: both
   *
   * The audit events of `ChaukasSpanProcessor` have a content policy of their own and do not depend on this option. A
   * run with `traceIncludeSensitiveData: false` has no content on spans, in log records or in audit events.
   *
   * @defaultValue the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else `NO_CONTENT`
   */
  captureMessageContent?: boolean | CaptureMode;
  /**
   * Maximum length of one attribute of message content, in characters of JSON. Longer content is shortened and stays
   * valid JSON: long texts are cut first, then messages in the middle are left out. A smaller limit of the
   * OpenTelemetry SDK (`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`) takes precedence.
   *
   * @defaultValue 65,536
   */
  contentLengthLimit?: number;
  /**
   * Data to remove from content on spans and in log records, from the texts of errors there, and from the user and tags
   * of `withContext()`: the same options as those of `ChaukasSpanProcessor`, whose events follow their own. Credentials
   * are masked then; `false` leaves personal data unchanged.
   *
   * ```ts
   * redaction: { detectors: ['email', 'phone'], fields: ['tool_response.output.customer.*'] }
   * ```
   *
   * @defaultValue none: content is recorded as it was sent
   */
  redaction?: RedactionOptions | false;
  /**
   * Whether model calls are also recorded in the metrics that the conventions had until September 2026, and that most
   * backends read: `gen_ai.client.token.usage`, and `gen_ai.client.operation.duration` for model calls.
   *
   * @defaultValue false
   */
  legacyMetrics?: boolean;
  /**
   * Whether calls of the client that call no model are recorded as spans `{resource}.{method}`: files, batches, models,
   * `client.get()` … They have the endpoint, status and request id, and make no metrics and no audit events.
   *
   * @defaultValue true
   */
  otherCalls?: boolean;
}

/** Options of {@link OpenAIAgentsInstrumentation}. */
export interface OpenAIAgentsInstrumentationConfig extends InstrumentationConfig, TelemetryOptions {
  /**
   * Whether runs are recorded while the Agents SDK's own tracing is switched off for the process
   * (`OPENAI_AGENTS_DISABLE_TRACING`, `NODE_ENV=test`, `setTracingDisabled(true)`). Many applications switch it off only
   * to keep traces from being sent to OpenAI; this option sends nothing there either. A run's own `tracingDisabled` is
   * always respected: only the model calls of such a run are recorded.
   *
   * @defaultValue true
   */
  traceWhenDisabled?: boolean;
  /**
   * Which runs of the Agents SDK have a span `invoke_workflow` around the span of the agent.
   *
   * - `always`: each run, so that every trace has the same shape
   * - `multi-agent`: a run whose entry agent has handoffs or agents as tools, one with a `workflowName`, and what runs in
   *   a `withTrace`. In any other run the agent's span is the root.
   *
   * @defaultValue 'always'
   */
  workflowSpans?: 'always' | 'multi-agent';
  /**
   * Whether the Agents SDK keeps sending its own traces to OpenAI: `keep` leaves that unchanged, `off` stops it.
   *
   * @defaultValue 'keep'
   */
  openaiTraceExport?: 'keep' | 'off';
}

const TELEMETRY_RULES: OptionRules<TelemetryOptions> = {
  captureMessageContent: oneOf([true, false, ...CAPTURE_MODES]),
  contentLengthLimit: rule(
    `a whole number of at least ${LEAST_CONTENT_LENGTH}`,
    (value) => Number.isInteger(value) && Number(value) >= LEAST_CONTENT_LENGTH,
  ),
  redaction: REDACTION_RULE,
  legacyMetrics: BOOLEAN,
  otherCalls: BOOLEAN,
};

const INSTRUMENTATION_RULES: OptionRules<Omit<OpenAIAgentsInstrumentationConfig, keyof TelemetryOptions>> = {
  enabled: BOOLEAN,
  traceWhenDisabled: BOOLEAN,
  workflowSpans: oneOf(['always', 'multi-agent']),
  openaiTraceExport: oneOf(['keep', 'off']),
};

/** @throws TypeError - naming every option that is unknown or has a value that is not accepted. */
export function validateInstrumentationConfig(config: unknown): void {
  validateTelemetryOptions(config, INSTRUMENTATION_RULES, 'OpenAIAgentsInstrumentation');
}

/**
 * @param otherRules - rules of the options that only this caller has.
 * @param caller - the function or class that the application called.
 * @throws TypeError - naming every option that is unknown or has a value that is not accepted.
 */
export function validateTelemetryOptions(
  options: unknown,
  otherRules: Readonly<Record<string, OptionRule>>,
  caller: string,
): void {
  const problems = optionsProblems({ ...TELEMETRY_RULES, ...otherRules }, options, 'an object');
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${caller}: ${problems.join('; ')}`);
}

/**
 * Returns where content goes by these options and the environment, and what is removed from it. Warns of a wrong
 * variable.
 */
export function telemetryContent(options: TelemetryOptions, guard: Guard): ContentCapture {
  const { redaction } = options;
  return contentCapture(
    options,
    process.env,
    (message) => guard.diag.warn(message),
    redaction === undefined
      ? undefined
      : createAttributeRedactor(redaction, (message, error) => guard.errorOnce(message, error)),
  );
}
