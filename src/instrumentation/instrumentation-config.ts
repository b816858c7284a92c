import type { InstrumentationConfig } from '@opentelemetry/instrumentation';
import { PACKAGE_NAME } from '../version.js';

/** Environment variable that the GenAI conventions name for switching message content on. */
export const CAPTURE_MESSAGE_CONTENT_VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

const CAPTURE_MODES = ['NO_CONTENT', 'SPAN_ONLY'] as const;

/** Options of {@link OpenAIAgentsInstrumentation}. */
export interface OpenAIAgentsInstrumentationConfig extends InstrumentationConfig {
  /**
   * Whether spans carry message content: prompts, answers, system instructions, tool names, arguments and results
   * (`gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`, `gen_ai.tool.definitions`,
   * `gen_ai.tool.call.arguments`, `gen_ai.tool.call.result`), each as one JSON string. `true` is `SPAN_ONLY`, `false`
   * is `NO_CONTENT`.
   *
   * The audit events of `ChaukasSpanProcessor` have a policy of their own and do not depend on it. A run with
   * `traceIncludeSensitiveData: false` gives no content to either.
   *
   * @defaultValue the environment variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, else `NO_CONTENT`
   */
  captureMessageContent?: boolean | (typeof CAPTURE_MODES)[number];
}

/**
 * @throws TypeError - naming every option that is unknown or has a value that is not accepted.
 */
export function validateInstrumentationConfig(config: unknown): void {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new TypeError(`${PACKAGE_NAME}: the configuration must be an object, not ${describe(config)}`);
  }
  const problems: string[] = [];
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (name === 'enabled') {
      if (typeof value !== 'boolean') problems.push(expected(name, value, 'true or false'));
    } else if (name === 'captureMessageContent') {
      if (typeof value !== 'boolean' && !isCaptureMode(value)) {
        problems.push(
          expected(name, value, `true, false, ${CAPTURE_MODES.map((mode) => `'${mode}'`).join(' or ')}`),
        );
      }
    } else {
      problems.push(`unknown option "${name}"; known are: enabled, captureMessageContent`);
    }
  }
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${problems.join('; ')}`);
}

/** The option, else the environment. An unknown value there captures nothing, as the convention asks. */
export function capturesMessageContent(
  option: OpenAIAgentsInstrumentationConfig['captureMessageContent'],
  environment: string | undefined,
  warn: (message: string) => void,
): boolean {
  if (option !== undefined) return option === true || option === 'SPAN_ONLY';
  const value = environment?.trim();
  if (value === undefined || value === '') return false;
  switch (value.toUpperCase()) {
    case 'SPAN_ONLY':
    case 'TRUE':
      return true;
    case 'NO_CONTENT':
    case 'FALSE':
      return false;
    default:
      warn(
        `${CAPTURE_MESSAGE_CONTENT_VARIABLE}=${value} is not known here and captures nothing; use SPAN_ONLY or NO_CONTENT`,
      );
      return false;
  }
}

function isCaptureMode(value: unknown): boolean {
  return CAPTURE_MODES.some((mode) => mode === value);
}

function expected(name: string, value: unknown, accepted: string): string {
  return `option "${name}" is ${describe(value)}; use ${accepted}`;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (value === null || value === undefined) return String(value);
  // Not by its text: an object may have none.
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `${typeof value} ${String(value)}`;
}
