import { describe, expect, it } from 'vitest';
import { readInstrumentationEnvironment } from '../../src/environment/instrumentation-environment.js';
import { OpenAIAgentsInstrumentation } from '../../src/index.js';

const PREFIX = 'OTEL_INSTRUMENTATION_OPENAI_AGENTS_';

describe('The variables of the instrumentation', () => {
  it.each<[variable: string, value: string, options: object]>([
    ['CONTENT_LENGTH_LIMIT', '1000', { contentLengthLimit: 1000 }],
    ['REDACTION', 'mask', { redaction: { method: 'mask' } }],
    ['REDACTION', 'false', { redaction: false }],
    ['LEGACY_METRICS', 'TRUE', { legacyMetrics: true }],
    ['OTHER_CALLS', '0', { otherCalls: false }],
    ['TRACE_WHEN_DISABLED', ' false ', { traceWhenDisabled: false }],
    ['WORKFLOW_SPANS', 'multi-agent', { workflowSpans: 'multi-agent' }],
    ['OPENAI_TRACE_EXPORT', 'Off', { openaiTraceExport: 'off' }],
    ['OTHER_CALLS', '', {}],
  ])('set the option of their name: %s=%s', (variable, value, options) => {
    const read = readInstrumentationEnvironment({ [PREFIX + variable]: value, OTHER: 'x' });
    expect(read).toEqual({ options, problems: [] });
    expect(() => new OpenAIAgentsInstrumentation({ ...read.options, enabled: false })).not.toThrow();
  });

  it.each<[variable: string, value: string, problem: string]>([
    ['CONTENT_LENGTH_LIMIT', 'all', "is 'all'; it must be a whole number of at least 256"],
    ['CONTENT_LENGTH_LIMIT', '10', "is '10'; it must be a whole number of at least 256"],
    ['LEGACY_METRICS', 'yes', "is 'yes'; it must be true or false (1 or 0)"],
    ['WORKFLOW_SPANS', 'never', "is 'never'; it must be always or multi-agent"],
  ])('are reported if they are wrong: %s=%s', (variable, value, problem) => {
    expect(readInstrumentationEnvironment({ [PREFIX + variable]: value })).toEqual({
      options: {},
      problems: [`variable ${PREFIX}${variable} ${problem}`],
    });
  });

  it('are reported if they are unknown', () => {
    const { problems } = readInstrumentationEnvironment({ [`${PREFIX}WORKFLOW_SPAN`]: 'always' });
    expect(problems).toEqual([
      expect.stringMatching(
        /^unknown variable OTEL_\w+_WORKFLOW_SPAN; known variables: OTEL_\w+_CONTENT_LENGTH_LIMIT, /,
      ),
    ]);
  });
});
