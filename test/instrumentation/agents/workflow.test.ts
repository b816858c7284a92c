import { describe, expect, it } from 'vitest';
import { readTraceMetadata, traceMetadataAttributes } from '../../../src/instrumentation/agents/workflow.js';

describe('Trace metadata', () => {
  it.each<[string, unknown, unknown]>([
    [
      'keeps plain values',
      { tenant: 't1', attempt: 2, test: false },
      { tenant: 't1', attempt: 2, test: false },
    ],
    ['holds JSON in place of objects', { flags: ['a', { b: 1 }] }, { flags: '["a",{"b":1}]' }],
    ['holds no credentials', { key: 'sk-abcdef123456' }, { key: 'sk-[REDACTED]' }],
    [
      'holds no credentials within JSON',
      { sent: { authorization: 'Bearer abc' } },
      { sent: '{"authorization":"Bearer [REDACTED]"}' },
    ],
    ['has limits of length', { ['n'.repeat(100)]: 'v'.repeat(1000) }, { ['n'.repeat(64)]: 'v'.repeat(256) }],
    [
      'is undefined if no member has a name and a value',
      { none: null, also: undefined, '': 'nameless' },
      undefined,
    ],
    ['is undefined if the application gave none', undefined, undefined],
    ['is undefined if it is not an object', 'tenant', undefined],
  ])('%s', (_, metadata, expected) => {
    expect(readTraceMetadata(metadata)).toEqual(expected);
  });

  it('has at most 32 members', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index]));
    expect(Object.keys(readTraceMetadata(many) ?? {})).toEqual(
      Array.from({ length: 32 }, (_, index) => `m${index}`),
    );
  });

  it('becomes one attribute per member', () => {
    expect(traceMetadataAttributes({ tenant: 't1', attempt: 2 })).toEqual({
      'openai_agents.trace.metadata.tenant': 't1',
      'openai_agents.trace.metadata.attempt': 2,
    });
    expect(traceMetadataAttributes(undefined)).toEqual({});
  });
});
