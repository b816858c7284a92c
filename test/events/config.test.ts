import { describe, expect, it } from 'vitest';
import { ChaukasSpanProcessor } from '../../src/events/chaukas-span-processor.js';
import { validateSpanProcessorConfig } from '../../src/events/config.js';
import type { EventSink } from '../../src/sinks/event-sink.js';
import { MemorySink } from '../../src/sinks/memory-sink.js';

const PREFIX = 'opentelemetry-instrumentation-openai-agents: ChaukasSpanProcessor: ';
const SINKS = 'it must be a non-empty array of sinks, e.g. [new FileSink({ path })]';
const TEXT = 'it must be a non-empty string';
const KNOWN =
  'known options: sinks, tenantId, projectId, branch, tags, captureMessageContent, sessionIdleTimeoutMillis, maxQueueSize, maxQueueBytes, spool, deadLetter, meterProvider, foreignSpans, toolEvents, redaction, cost, checkpoints, retryDetection, requestMessages, infrastructureMetrics, systemEvents, thread';

const sinks = [new MemorySink()];

/** A sink that requires a tenant and a project on every event. */
const demanding: EventSink = {
  name: 'api',
  requiresTenant: true,
  send: async () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

/** Returns the message of the validation; `undefined` if it accepts. */
function complaint(config: unknown): unknown {
  try {
    validateSpanProcessorConfig(config);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return undefined;
}

describe('validateSpanProcessorConfig', () => {
  it.each<[what: string, config: unknown]>([
    ['a sink', { sinks }],
    ['several sinks', { sinks: [new MemorySink(), new MemorySink()] }],
    ['a sink of the application', { sinks: [{ send() {}, forceFlush() {}, shutdown() {} }] }],
    [
      'everything',
      {
        sinks,
        tenantId: 't',
        projectId: 'p',
        branch: 'main',
        tags: ['a', 'b'],
        captureMessageContent: false,
        sessionIdleTimeoutMillis: 0.5,
        maxQueueSize: 1,
        retryDetection: {
          maxAttempts: 3,
          windowMillis: 60_000,
          strategy: 'exponential',
          baseDelayMillis: 500,
        },
      },
    ],
    ['retry detection that is switched off', { sinks, retryDetection: false }],
    ['no tags', { sinks, tags: [] }],
    ['options that are left open', { sinks, tenantId: undefined, tags: undefined, maxQueueSize: undefined }],
    ['a sink that needs a tenant, and the tenant', { sinks: [demanding], tenantId: 't', projectId: 'p' }],
  ])('accepts %s', (_what, config) => {
    expect(complaint(config)).toBeUndefined();
  });

  it.each<[what: string, config: object, problem: string]>([
    [
      'retry detection that is a text',
      { sinks, retryDetection: 'on' },
      'option "retryDetection" is \'on\'; it must be true or false, or an object of options (maxAttempts, windowMillis, strategy, baseDelayMillis)',
    ],
    [
      'a window of no length',
      { sinks, retryDetection: { windowMillis: 0 } },
      'option "retryDetection.windowMillis" is 0; it must be a whole number above 0',
    ],
    ['no sinks', {}, `option "sinks" is missing; ${SINKS}`],
    ['an empty list of sinks', { sinks: [] }, `option "sinks" is an empty array; ${SINKS}`],
    ['a sink outside of a list', { sinks: new MemorySink() }, `option "sinks" is MemorySink; ${SINKS}`],
    ['sinks that are null', { sinks: null }, `option "sinks" is null; ${SINKS}`],
    ['a path for a sink', { sinks: ['events.jsonl'] }, `option "sinks" is ['events.jsonl']; ${SINKS}`],
    ['the class of a sink', { sinks: [{ send() {} }] }, `option "sinks" is [an object]; ${SINKS}`],
    [
      'one sink of two that is none',
      { sinks: [new MemorySink(), null] },
      `option "sinks" is [MemorySink, null]; ${SINKS}`,
    ],
    ['an empty tenant', { sinks, tenantId: '' }, `option "tenantId" is ''; ${TEXT}`],
    ['a tenant that is a number', { sinks, tenantId: 7 }, `option "tenantId" is 7; ${TEXT}`],
    ['a project that is null', { sinks, projectId: null }, `option "projectId" is null; ${TEXT}`],
    [
      'a branch that is an object',
      { sinks, branch: { name: 'main' } },
      `option "branch" is an object; ${TEXT}`,
    ],
    [
      'a branch without a class',
      { sinks, branch: Object.create(null) },
      `option "branch" is an object; ${TEXT}`,
    ],
    [
      'tags as a text',
      { sinks, tags: 'a,b' },
      `option "tags" is 'a,b'; it must be an array of non-empty strings`,
    ],
    [
      'an empty tag',
      { sinks, tags: ['a', ''] },
      `option "tags" is ['a', '']; it must be an array of non-empty strings`,
    ],
    [
      'a switch as a text',
      { sinks, captureMessageContent: 'true' },
      `option "captureMessageContent" is 'true'; it must be true or false`,
    ],
    [
      'no time',
      { sinks, sessionIdleTimeoutMillis: 0 },
      'option "sessionIdleTimeoutMillis" is 0; it must be a number of milliseconds above 0',
    ],
    [
      'endless time',
      { sinks, sessionIdleTimeoutMillis: Number.POSITIVE_INFINITY },
      'option "sessionIdleTimeoutMillis" is Infinity; it must be a number of milliseconds above 0',
    ],
    [
      'a time that is no number',
      { sinks, sessionIdleTimeoutMillis: Number.NaN },
      'option "sessionIdleTimeoutMillis" is NaN; it must be a number of milliseconds above 0',
    ],
    ['no room', { sinks, maxQueueSize: 0 }, 'option "maxQueueSize" is 0; it must be a whole number above 0'],
    [
      'a fraction of room',
      { sinks, maxQueueSize: 1.5 },
      'option "maxQueueSize" is 1.5; it must be a whole number above 0',
    ],
    [
      'room as a text',
      { sinks, maxQueueSize: '10' },
      `option "maxQueueSize" is '10'; it must be a whole number above 0`,
    ],
    [
      'endless room',
      { sinks, maxQueueSize: Number.POSITIVE_INFINITY },
      'option "maxQueueSize" is Infinity; it must be a whole number above 0',
    ],
    ['an option that is not known', { sinks, sink: 1 }, `unknown option "sink"; ${KNOWN}`],
    [
      'an option that every object seems to have',
      { sinks, constructor: 1 },
      `unknown option "constructor"; ${KNOWN}`,
    ],
    [
      'a missing tenant',
      { sinks: [demanding], projectId: 'p' },
      'option "tenantId" is missing; it must be a non-empty string, because sink "api" requires it',
    ],
    [
      'a missing project',
      { sinks: [demanding], tenantId: 't' },
      'option "projectId" is missing; it must be a non-empty string, because sink "api" requires it',
    ],
  ])('refuses %s', (_what, config, problem) => {
    expect(complaint(config)).toBe(PREFIX + problem);
  });

  it('reports all problems at once', () => {
    expect(complaint({ sinks: [demanding], tag: 'a', branch: '', maxQueueSize: -1 })).toBe(
      PREFIX +
        [
          `unknown option "tag"; ${KNOWN}`,
          `option "branch" is ''; ${TEXT}`,
          'option "maxQueueSize" is -1; it must be a whole number above 0',
          'option "tenantId" is missing; it must be a non-empty string, because sink "api" requires it',
          'option "projectId" is missing; it must be a non-empty string, because sink "api" requires it',
        ].join('; '),
    );
  });

  it('reports a wrong tenant as wrong, not also as missing', () => {
    expect(complaint({ sinks: [demanding], tenantId: 7, projectId: 'p' })).toBe(
      `${PREFIX}option "tenantId" is 7; ${TEXT}`,
    );
  });

  it.each<[config: unknown, shown: string]>([
    [null, 'null'],
    [undefined, 'undefined'],
    ['events.jsonl', "'events.jsonl'"],
    [5, '5'],
    [[new MemorySink()], '[MemorySink]'],
    [() => {}, 'a function'],
  ])('refuses %o as options', (config, shown) => {
    expect(complaint(config)).toBe(
      'opentelemetry-instrumentation-openai-agents: ChaukasSpanProcessor: ' +
        `the options are ${shown}; they must be an object with "sinks"`,
    );
  });

  it('is called by the constructor', () => {
    // @ts-expect-error: a caller without types may write this.
    expect(() => new ChaukasSpanProcessor({ sink: [] })).toThrow(
      /unknown option "sink".*option "sinks" is missing/,
    );
  });
});
