import { describe, expect, it } from 'vitest';
import {
  capturesMessageContent,
  validateInstrumentationConfig,
} from '../../src/instrumentation/instrumentation-config.js';
import { OpenAIAgentsInstrumentation } from '../../src/instrumentation/openai-agents-instrumentation.js';

const PREFIX = 'opentelemetry-instrumentation-openai-agents: ';
const CAPTURE = "use true, false, 'NO_CONTENT' or 'SPAN_ONLY'";

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
    ['all of them', { enabled: true, captureMessageContent: 'SPAN_ONLY' }],
    ['options that are left open', { enabled: undefined, captureMessageContent: undefined }],
  ])('accepts %s', (_what, config) => {
    expect(complaint(config)).toBeUndefined();
  });

  it.each<[config: unknown, problem: string]>([
    [{ enabled: 'yes' }, `option "enabled" is 'yes'; use true or false`],
    [{ enabled: 1 }, 'option "enabled" is number 1; use true or false'],
    [{ enabled: null }, 'option "enabled" is null; use true or false'],
    [{ captureMessageContent: 'span_only' }, `option "captureMessageContent" is 'span_only'; ${CAPTURE}`],
    [{ captureMessageContent: 'EVENT_ONLY' }, `option "captureMessageContent" is 'EVENT_ONLY'; ${CAPTURE}`],
    [{ captureMessageContent: '' }, `option "captureMessageContent" is ''; ${CAPTURE}`],
    [{ captureMessageContent: 1 }, `option "captureMessageContent" is number 1; ${CAPTURE}`],
    [{ captureMessageContent: null }, `option "captureMessageContent" is null; ${CAPTURE}`],
    [{ captureMessageContent: ['SPAN_ONLY'] }, `option "captureMessageContent" is an array; ${CAPTURE}`],
    [
      { captureMessageContent: Symbol('s') },
      `option "captureMessageContent" is symbol Symbol(s); ${CAPTURE}`,
    ],
    [{ capture: true }, 'unknown option "capture"; known are: enabled, captureMessageContent'],
  ])('refuses %o', (config, problem) => {
    expect(complaint(config)).toBe(PREFIX + problem);
  });

  it('names the option also where its value has no text', () => {
    const config = { captureMessageContent: Object.create(null) };
    expect(complaint(config)).toBe(`${PREFIX}option "captureMessageContent" is an object; ${CAPTURE}`);
  });

  it('tells all problems at once, in the order of the options', () => {
    expect(complaint({ capture: 1, enabled: 'no', captureMessageContent: 'all' })).toBe(
      `${PREFIX}unknown option "capture"; known are: enabled, captureMessageContent; ` +
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

describe('capturesMessageContent', () => {
  const capture = (
    option: boolean | 'NO_CONTENT' | 'SPAN_ONLY' | undefined,
    environment: string | undefined,
  ) => {
    const warnings: string[] = [];
    return { captures: capturesMessageContent(option, environment, (text) => warnings.push(text)), warnings };
  };

  it.each<[environment: string | undefined, captures: boolean]>([
    [undefined, false],
    ['', false],
    ['  ', false],
    ['SPAN_ONLY', true],
    ['span_only', true],
    [' Span_Only\n', true],
    ['true', true],
    ['TRUE', true],
    ['NO_CONTENT', false],
    ['no_content', false],
    ['false', false],
  ])('the environment says %o', (environment, captures) => {
    expect(capture(undefined, environment)).toEqual({ captures, warnings: [] });
  });

  it.each(['EVENT_ONLY', 'SPAN_AND_EVENT', 'yes', '1', 'SPAN ONLY'])(
    'the environment says %o, which captures nothing and is told',
    (environment) => {
      expect(capture(undefined, environment)).toEqual({
        captures: false,
        warnings: [
          `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=${environment} is not known here and captures nothing; ` +
            'use SPAN_ONLY or NO_CONTENT',
        ],
      });
    },
  );

  it.each<[option: boolean | 'NO_CONTENT' | 'SPAN_ONLY', captures: boolean]>([
    [true, true],
    ['SPAN_ONLY', true],
    [false, false],
    ['NO_CONTENT', false],
  ])('the option %o wins over the environment', (option, captures) => {
    for (const environment of ['SPAN_ONLY', 'NO_CONTENT', 'nonsense', undefined]) {
      expect(capture(option, environment)).toEqual({ captures, warnings: [] });
    }
  });
});
