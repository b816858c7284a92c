import { describe, expect, it } from 'vitest';
import { validateInstrumentationConfig } from '../../src/instrumentation/config.js';
import { OpenAIAgentsInstrumentation } from '../../src/instrumentation/openai-agents-instrumentation.js';

const PREFIX = 'opentelemetry-instrumentation-openai-agents: ';
const CAPTURE = "use true, false, 'NO_CONTENT', 'SPAN_ONLY', 'EVENT_ONLY', 'SPAN_AND_EVENT'";
const KNOWN =
  'known are: enabled, captureMessageContent, contentLengthLimit, legacyMetrics, traceWhenDisabled, openaiTraceExport';
const LENGTH = 'use a whole number of at least 256';

/** What the validation says; nothing where it accepts. */
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
    ['no options', {}],
    ['enabled', { enabled: true }],
    ['not enabled', { enabled: false }],
    ['content', { captureMessageContent: true }],
    ['no content', { captureMessageContent: false }],
    ['content on spans', { captureMessageContent: 'SPAN_ONLY' }],
    ['content nowhere', { captureMessageContent: 'NO_CONTENT' }],
    ['content in log records', { captureMessageContent: 'EVENT_ONLY' }],
    ['content in both', { captureMessageContent: 'SPAN_AND_EVENT' }],
    ['a limit of content', { contentLengthLimit: 256 }],
    ['the older metrics', { legacyMetrics: true }],
    ["runs while the SDK's tracing is off", { traceWhenDisabled: true }],
    ['no runs then', { traceWhenDisabled: false }],
    ["the SDK's own export", { openaiTraceExport: 'keep' }],
    ['no export of its own', { openaiTraceExport: 'off' }],
    [
      'all of them',
      { enabled: true, captureMessageContent: 'SPAN_ONLY', contentLengthLimit: 1e6, legacyMetrics: false },
    ],
    ['options that are left open', { enabled: undefined, captureMessageContent: undefined }],
  ])('accepts %s', (_what, config) => {
    expect(complaint(config)).toBeUndefined();
  });

  it.each<[config: unknown, problem: string]>([
    [{ enabled: 'yes' }, `option "enabled" is 'yes'; use true or false`],
    [{ enabled: 1 }, 'option "enabled" is number 1; use true or false'],
    [{ enabled: null }, 'option "enabled" is null; use true or false'],
    [{ captureMessageContent: 'span_only' }, `option "captureMessageContent" is 'span_only'; ${CAPTURE}`],
    [{ contentLengthLimit: 255 }, `option "contentLengthLimit" is number 255; ${LENGTH}`],
    [{ contentLengthLimit: 1000.5 }, `option "contentLengthLimit" is number 1000.5; ${LENGTH}`],
    [{ contentLengthLimit: '1000' }, `option "contentLengthLimit" is '1000'; ${LENGTH}`],
    [{ legacyMetrics: 1 }, 'option "legacyMetrics" is number 1; use true or false'],
    [{ traceWhenDisabled: 'no' }, `option "traceWhenDisabled" is 'no'; use true or false`],
    [{ openaiTraceExport: false }, `option "openaiTraceExport" is boolean false; use 'keep' or 'off'`],
    // A name that every object has is no option.
    [{ toString: 1 }, `unknown option "toString"; ${KNOWN}`],
    [{ captureMessageContent: '' }, `option "captureMessageContent" is ''; ${CAPTURE}`],
    [{ captureMessageContent: 1 }, `option "captureMessageContent" is number 1; ${CAPTURE}`],
    [{ captureMessageContent: null }, `option "captureMessageContent" is null; ${CAPTURE}`],
    [{ captureMessageContent: ['SPAN_ONLY'] }, `option "captureMessageContent" is an array; ${CAPTURE}`],
    [
      { captureMessageContent: Symbol('s') },
      `option "captureMessageContent" is symbol Symbol(s); ${CAPTURE}`,
    ],
    [{ capture: true }, `unknown option "capture"; ${KNOWN}`],
  ])('refuses %o', (config, problem) => {
    expect(complaint(config)).toBe(PREFIX + problem);
  });

  it('names the option also where its value has no text', () => {
    const config = { captureMessageContent: Object.create(null) };
    expect(complaint(config)).toBe(`${PREFIX}option "captureMessageContent" is an object; ${CAPTURE}`);
  });

  it('tells all problems at once, in the order of the options', () => {
    expect(complaint({ capture: 1, enabled: 'no', captureMessageContent: 'all' })).toBe(
      `${PREFIX}unknown option "capture"; ${KNOWN}; ` +
        `option "enabled" is 'no'; use true or false; ` +
        `option "captureMessageContent" is 'all'; ${CAPTURE}`,
    );
  });

  it.each<[config: unknown, said: string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    ['SPAN_ONLY', "'SPAN_ONLY'"],
    [true, 'boolean true'],
    [[], 'an array'],
  ])('refuses %o for a configuration', (config, said) => {
    expect(complaint(config)).toBe(`${PREFIX}the configuration must be an object, not ${said}`);
  });

  it('is what the constructor asks, before anything is hooked', () => {
    // @ts-expect-error: what a caller without types may write.
    expect(() => new OpenAIAgentsInstrumentation({ capture: true })).toThrow(TypeError);
  });
});
