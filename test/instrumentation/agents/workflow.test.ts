import { describe, expect, it } from 'vitest';
import { readTraceMetadata, traceMetadataAttributes } from '../../../src/instrumentation/agents/workflow.js';

describe('what an application says of a trace', () => {
  it.each<[string, unknown, unknown]>([
    [
      'is kept as it is',
      { tenant: 't1', attempt: 2, test: false },
      { tenant: 't1', attempt: 2, test: false },
    ],
    ['is JSON where it is no single value', { flags: ['a', { b: 1 }] }, { flags: '["a",{"b":1}]' }],
    ['has no credentials', { key: 'sk-abcdef123456' }, { key: 'sk-[REDACTED]' }],
    [
      'has no credentials within JSON',
      { sent: { authorization: 'Bearer abc' } },
      { sent: '{"authorization":"Bearer [REDACTED]"}' },
    ],
    ['has limits', { ['n'.repeat(100)]: 'v'.repeat(1000) }, { ['n'.repeat(64)]: 'v'.repeat(256) }],
    ['is nothing where a value is none', { none: null, also: undefined, '': 'nameless' }, undefined],
    ['is nothing where there is none', undefined, undefined],
    ['is nothing where it is no object', 'tenant', undefined],
  ])('%s', (_, given, expected) => {
    expect(readTraceMetadata(given)).toEqual(expected);
  });

  it('has 32 members at most', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index]));
    expect(Object.keys(readTraceMetadata(many) ?? {})).toEqual(
      Array.from({ length: 32 }, (_, index) => `m${index}`),
    );
  });

  it('is on a span by its names', () => {
    expect(traceMetadataAttributes({ tenant: 't1', attempt: 2 })).toEqual({
      'openai_agents.trace.metadata.tenant': 't1',
      'openai_agents.trace.metadata.attempt': 2,
    });
    expect(traceMetadataAttributes(undefined)).toEqual({});
  });
});
