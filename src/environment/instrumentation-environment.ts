/** The options of `OpenAIAgentsInstrumentation` in environment variables, for programs that are started with them. */
import type { OpenAIAgentsInstrumentationConfig } from '../instrumentation/config.js';
import { LEAST_CONTENT_LENGTH } from '../spans/capture-mode.js';
import { showValue } from '../text/show-value.js';
import { BOOLEAN, oneOfWords, type VariableRule, wholeNumberFrom } from './variable-rules.js';

const PREFIX = 'OTEL_INSTRUMENTATION_OPENAI_AGENTS_';

/**
 * Options without a row: `captureMessageContent` has the convention's variable, which the instrumentation reads itself,
 * and `enabled` is `OTEL_SDK_DISABLED`.
 */
type VariableOption = Exclude<keyof OpenAIAgentsInstrumentationConfig, 'captureMessageContent' | 'enabled'>;

const VARIABLES: {
  readonly [Name in VariableOption]-?: readonly [
    variable: string,
    rule: VariableRule<NonNullable<OpenAIAgentsInstrumentationConfig[Name]>>,
  ];
} = {
  contentLengthLimit: ['CONTENT_LENGTH_LIMIT', wholeNumberFrom(LEAST_CONTENT_LENGTH)],
  // A hash needs a salt, which is an option only.
  redaction: ['REDACTION', oneOfWords({ mask: { method: 'mask' }, drop: { method: 'drop' }, false: false })],
  legacyMetrics: ['LEGACY_METRICS', BOOLEAN],
  otherCalls: ['OTHER_CALLS', BOOLEAN],
  traceWhenDisabled: ['TRACE_WHEN_DISABLED', BOOLEAN],
  workflowSpans: ['WORKFLOW_SPANS', oneOfWords({ always: 'always', 'multi-agent': 'multi-agent' })],
  openaiTraceExport: ['OPENAI_TRACE_EXPORT', oneOfWords({ keep: 'keep', off: 'off' })],
};

/** The options that the variables set, and a text for each variable that is wrong or unknown. */
export interface InstrumentationEnvironment {
  readonly options: Partial<Pick<OpenAIAgentsInstrumentationConfig, VariableOption>>;
  readonly problems: readonly string[];
}

export function readInstrumentationEnvironment(env: Readonly<NodeJS.ProcessEnv>): InstrumentationEnvironment {
  const options: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [option, [suffix, { accepted, read }]] of Object.entries(VARIABLES)) {
    const text = env[PREFIX + suffix]?.trim() ?? '';
    if (text === '') continue;
    const value: unknown = read(text);
    if (value === undefined) {
      problems.push(`variable ${PREFIX}${suffix} is ${showValue(text)}; it must be ${accepted}`);
    } else options[option] = value;
  }
  const known = Object.values(VARIABLES).map(([suffix]) => PREFIX + suffix);
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  problems.push(
    ...unknown.sort().map((name) => `unknown variable ${name}; known variables: ${known.join(', ')}`),
  );
  return { options, problems };
}
