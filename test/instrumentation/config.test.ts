import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { validateInstrumentationConfig } from '../../src/instrumentation/config.js';
import { OpenAIAgentsInstrumentation } from '../../src/instrumentation/openai-agents-instrumentation.js';

const PREFIX = 'opentelemetry-instrumentation-openai-agents: OpenAIAgentsInstrumentation: ';
const CAPTURE = "it must be true, false, 'NO_CONTENT', 'SPAN_ONLY', 'EVENT_ONLY' or 'SPAN_AND_EVENT'";
const KNOWN =
  'known options: captureMessageContent, contentLengthLimit, redaction, legacyMetrics, otherCalls, enabled, traceWhenDisabled, workflowSpans, openaiTraceExport';
const LENGTH = 'it must be a whole number of at least 256';

/** Returns the message of the error; `undefined` if the configuration is accepted. */
function complaint(config: unknown): unknown {
  try {
    validateInstrumentationConfig(config);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return undefined;
}

describe('validateInstrumentationConfig', () => {
  it.each<[what: string, config: unknown]>([
    ['an empty object', {}],
    ['an enabled instrumentation', { enabled: true }],
    ['a disabled instrumentation', { enabled: false }],
    ['captured content', { captureMessageContent: true }],
    ['content that is not captured', { captureMessageContent: false }],
    ['content on spans', { captureMessageContent: 'SPAN_ONLY' }],
    ['content nowhere', { captureMessageContent: 'NO_CONTENT' }],
    ['content in log records', { captureMessageContent: 'EVENT_ONLY' }],
    ['content in both', { captureMessageContent: 'SPAN_AND_EVENT' }],
    ['a content limit', { contentLengthLimit: 256 }],
    ['the older metrics', { legacyMetrics: true }],
    ["runs while the SDK's tracing is off", { traceWhenDisabled: true }],
    ['no runs while it is off', { traceWhenDisabled: false }],
    ['a workflow span for each run', { workflowSpans: 'always' }],
    ['workflow spans for several agents', { workflowSpans: 'multi-agent' }],
    ["the SDK's own export", { openaiTraceExport: 'keep' }],
    ['no export by the SDK', { openaiTraceExport: 'off' }],
    [
      'all of them',
      { enabled: true, captureMessageContent: 'SPAN_ONLY', contentLengthLimit: 1e6, legacyMetrics: false },
    ],
    ['undefined options', { enabled: undefined, captureMessageContent: undefined }],
  ])('accepts %s', (_what, config) => {
    expect(complaint(config)).toBeUndefined();
  });

  it.each<[config: unknown, problem: string]>([
    [{ enabled: 'yes' }, `option "enabled" is 'yes'; it must be true or false`],
    [{ enabled: 1 }, 'option "enabled" is 1; it must be true or false'],
    [{ enabled: null }, 'option "enabled" is null; it must be true or false'],
    [{ captureMessageContent: 'span_only' }, `option "captureMessageContent" is 'span_only'; ${CAPTURE}`],
    [{ contentLengthLimit: 255 }, `option "contentLengthLimit" is 255; ${LENGTH}`],
    [{ contentLengthLimit: 1000.5 }, `option "contentLengthLimit" is 1000.5; ${LENGTH}`],
    [{ contentLengthLimit: '1000' }, `option "contentLengthLimit" is '1000'; ${LENGTH}`],
    [{ legacyMetrics: 1 }, 'option "legacyMetrics" is 1; it must be true or false'],
    [{ traceWhenDisabled: 'no' }, `option "traceWhenDisabled" is 'no'; it must be true or false`],
    [{ workflowSpans: 'never' }, `option "workflowSpans" is 'never'; it must be 'always' or 'multi-agent'`],
    [{ openaiTraceExport: false }, `option "openaiTraceExport" is false; it must be 'keep' or 'off'`],
    // A name that every object inherits is not an option.
    [{ toString: 1 }, `unknown option "toString"; ${KNOWN}`],
    [{ captureMessageContent: '' }, `option "captureMessageContent" is ''; ${CAPTURE}`],
    [{ captureMessageContent: 1 }, `option "captureMessageContent" is 1; ${CAPTURE}`],
    [{ captureMessageContent: null }, `option "captureMessageContent" is null; ${CAPTURE}`],
    [{ captureMessageContent: ['SPAN_ONLY'] }, `option "captureMessageContent" is ['SPAN_ONLY']; ${CAPTURE}`],
    [{ captureMessageContent: Symbol('s') }, `option "captureMessageContent" is Symbol(s); ${CAPTURE}`],
    [{ capture: true }, `unknown option "capture"; ${KNOWN}`],
  ])('refuses %o', (config, problem) => {
    expect(complaint(config)).toBe(PREFIX + problem);
  });

  it('names an option whose value cannot be converted to text', () => {
    const config = { captureMessageContent: Object.create(null) };
    expect(complaint(config)).toBe(`${PREFIX}option "captureMessageContent" is an object; ${CAPTURE}`);
  });

  it('names all problems at once, unknown options first', () => {
    expect(complaint({ capture: 1, enabled: 'no', captureMessageContent: 'all' })).toBe(
      `${PREFIX}unknown option "capture"; ${KNOWN}; ` +
        `option "captureMessageContent" is 'all'; ${CAPTURE}; ` +
        `option "enabled" is 'no'; it must be true or false`,
    );
  });

  it.each<[config: unknown, shown: string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    ['SPAN_ONLY', "'SPAN_ONLY'"],
    [true, 'true'],
    [[], 'an empty array'],
  ])('refuses %o as a configuration', (config, shown) => {
    expect(complaint(config)).toBe(`${PREFIX}the options are ${shown}; they must be an object`);
  });

  it('is called by the constructor before anything is hooked', () => {
    // @ts-expect-error: a caller without types may pass this.
    expect(() => new OpenAIAgentsInstrumentation({ capture: true })).toThrow(TypeError);
  });
});

describe('An instrumentation', () => {
  const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
  afterEach(() => {
    vi.unstubAllEnvs();
    diag.disable();
  });

  it('warns of a wrong variable when it is made', () => {
    const warnings: unknown[][] = [];
    const note = (...words: unknown[]) => void warnings.push(words);
    diag.setLogger(
      { error: note, warn: note, info() {}, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    vi.stubEnv(CAPTURE, 'everything');
    new OpenAIAgentsInstrumentation({ enabled: false });
    expect(warnings.map((words) => words.join(' '))).toEqual([
      expect.stringContaining(`${CAPTURE}=everything is unknown and captures nothing`),
    ]);
  });
});
