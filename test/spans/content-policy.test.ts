import { ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { CaptureMode } from '../../src/spans/capture-mode.js';
import { type ContentCapture, contentCapture, contentPolicy } from '../../src/spans/content-policy.js';
import { withRunSettings } from '../../src/spans/run-settings.js';

const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

function capture(options: Parameters<typeof contentCapture>[0], environment: Record<string, string> = {}) {
  const warnings: string[] = [];
  return { ...contentCapture(options, environment, (text) => warnings.push(text)), warnings };
}

describe('contentCapture', () => {
  it.each<[environment: string, onSpan: boolean, onEvent: boolean]>([
    ['', false, false],
    ['  ', false, false],
    ['NO_CONTENT', false, false],
    ['no_content', false, false],
    ['false', false, false],
    ['SPAN_ONLY', true, false],
    [' Span_Only\n', true, false],
    ['true', true, false],
    ['TRUE', true, false],
    ['1', true, false],
    ['yes', true, false],
    ['0', false, false],
    ['off', false, false],
    ['EVENT_ONLY', false, true],
    ['event_only', false, true],
    ['SPAN_AND_EVENT', true, true],
  ])('reads the environment %o', (environment, onSpan, onEvent) => {
    expect(capture({}, { [CAPTURE]: environment })).toEqual({
      onSpan,
      onEvent,
      lengthLimit: 65_536,
      warnings: [],
    });
  });

  it.each(['maybe', '2', 'SPAN ONLY'])('captures nothing and warns if the environment says %o', (value) => {
    expect(capture({}, { [CAPTURE]: value })).toEqual({
      onSpan: false,
      onEvent: false,
      lengthLimit: 65_536,
      warnings: [
        `${CAPTURE}=${value} is unknown and captures nothing; use NO_CONTENT, SPAN_ONLY, EVENT_ONLY, SPAN_AND_EVENT, true or false`,
      ],
    });
  });

  it.each<[option: boolean | CaptureMode, onSpan: boolean, onEvent: boolean]>([
    [true, true, false],
    ['SPAN_ONLY', true, false],
    ['EVENT_ONLY', false, true],
    ['SPAN_AND_EVENT', true, true],
    [false, false, false],
    ['NO_CONTENT', false, false],
  ])('prefers the option %o to the environment', (captureMessageContent, onSpan, onEvent) => {
    for (const environment of ['SPAN_ONLY', 'EVENT_ONLY', 'NO_CONTENT', 'nonsense']) {
      expect(capture({ captureMessageContent }, { [CAPTURE]: environment })).toMatchObject({
        onSpan,
        onEvent,
        warnings: [],
      });
    }
  });

  it.each<[option: number | undefined, environment: Record<string, string>, lengthLimit: number]>([
    [undefined, {}, 65_536],
    [1000, {}, 1000],
    [1_000_000, {}, 1_000_000],
    [undefined, { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '500' }, 500],
    [undefined, { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100000' }, 65_536],
    [
      undefined,
      { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '300', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9' },
      300,
    ],
    [400, { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '300' }, 300],
    [200_000, { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'many' }, 200_000],
    [200_000, { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0' }, 200_000],
    [200_000, { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '-1' }, 200_000],
  ])('has the limit of option %o and environment %o', (contentLengthLimit, environment, lengthLimit) => {
    expect(capture({ contentLengthLimit }, environment).lengthLimit).toBe(lengthLimit);
  });
});

describe('contentPolicy', () => {
  const both = { onSpan: true, onEvent: true, lengthLimit: 1000 };
  const logger = { emit: () => {} };
  const targets = (content: ContentCapture) => ({ content, logger });

  it('is the configured capture', () => {
    expect(contentPolicy(targets(both), ROOT_CONTEXT)).toMatchObject({
      ...both,
      allowed: true,
      wanted: true,
    });
    const none = { onSpan: false, onEvent: false, lengthLimit: 1000 };
    expect(contentPolicy(targets(none), ROOT_CONTEXT)).toMatchObject({
      ...none,
      allowed: true,
      wanted: false,
    });
  });

  it('has nothing for log records if the logger records none', () => {
    const asked: unknown[] = [];
    const enabled = (options: unknown) => {
      asked.push(options);
      return false;
    };
    const content = { onSpan: false, onEvent: true, lengthLimit: 1000 };
    expect(contentPolicy({ content, logger: { ...logger, enabled } }, ROOT_CONTEXT)).toMatchObject({
      onEvent: false,
      wanted: false,
    });
    expect(asked).toStrictEqual([
      { eventName: 'gen_ai.client.inference.operation.details', severityNumber: 5 },
    ]);
    contentPolicy({ content: { ...content, onEvent: false }, logger: { ...logger, enabled } }, ROOT_CONTEXT);
    expect(asked).toHaveLength(1);
  });

  it('allows no content in a run that asked for telemetry without content', () => {
    const run = withRunSettings(ROOT_CONTEXT, { contentAllowed: false });
    expect(contentPolicy(targets(both), run)).toMatchObject({
      onSpan: false,
      onEvent: false,
      allowed: false,
      wanted: false,
    });
  });
});
