import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { SpanSnapshot } from '../../../../src/events/spans/span-snapshot.js';
import { translateSpan } from '../../../../src/events/spans/translation/translate-span.js';
import { plainSpan } from '../../plain-span.js';
import { translated } from './translated.js';

const UNTOUCHED: readonly (readonly [what: string, attributes: Attributes])[] = [
  ['nothing of GenAI', { 'http.request.method': 'GET' }],
  ['the current convention', { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' }],
  ['the current convention, in a tool', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'a' }],
  [
    'the current convention beside the old name',
    { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.system': 'openai' },
  ],
  ['our own words', { 'openai_agents.span.type': 'guardrail' }],
  ['a system, and not what is done', { 'gen_ai.system': 'openai' }],
  ['a kind of OpenInference that has no event', { 'openinference.span.kind': 'GUARDRAIL' }],
  ['a task of OpenLLMetry', { 'traceloop.span.kind': 'task', 'traceloop.entity.name': 'step' }],
  ['a request of OpenLLMetry that is no model call', { 'llm.request.type': 'rerank' }],
  ['a step of the Vercel AI SDK that calls no model itself', { 'ai.operationId': 'ai.generateText' }],
  ['an operation with an inherited name', { 'ai.operationId': 'constructor' }],
];

describe('a span that needs no translation', () => {
  it.each(UNTOUCHED)('stays the same object: %s', (_what, attributes) => {
    const span = plainSpan(attributes);
    expect(translateSpan(span)).toBe(span);
  });
});

describe('a translated span', () => {
  it('has the class of the exception as its error type', () => {
    const failed = (attributes: Attributes, code: number) =>
      translated(
        { 'traceloop.span.kind': 'workflow', ...attributes },
        {
          status: { code },
          events: [{ name: 'exception', time: [0, 0], attributes: { 'exception.type': 'TypeError' } }],
        },
      )['error.type'];
    expect(failed({}, 2)).toBe('TypeError');
    expect(failed({}, 1)).toBeUndefined();
    expect(failed({ 'error.type': 'timeout' }, 2)).toBeUndefined();
  });

  it('survives unexpected names and values', () => {
    expect(
      translated({
        'openinference.span.kind': 'LLM',
        'llm.__proto__.polluted': 'yes',
        'llm.input_messages.__proto__.message.role': 'x',
        'llm.input_messages': 'not a list',
        'llm.input_messages.4294967295.message.role': 'user',
        'llm.input_messages.0.message': 'not a message',
        'llm.input_messages.1.message.content': 5,
        'llm.invocation_parameters': '[1',
        'llm.token_count.prompt': 'many',
        'llm.': 'empty',
      }),
    ).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.input.messages': [
        // One message each, even if it cannot be read, so that the others keep their places.
        { role: 'user', parts: [] },
        { role: 'user', parts: [] },
        { role: 'user', parts: [] },
      ],
    });
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  it('shows the end of the original span', () => {
    const live: { -readonly [Name in keyof SpanSnapshot]: SpanSnapshot[Name] } = plainSpan({
      'openinference.span.kind': 'TOOL',
    });
    const span = translateSpan(live);
    live.status = { code: 2, message: 'No' };
    live.endTime = [5, 0];
    live.name = 'renamed';
    live.events = [{ name: 'e', time: [4, 0] }];
    expect([span.status, span.endTime, span.name, span.events]).toEqual([
      { code: 2, message: 'No' },
      [5, 0],
      'renamed',
      [{ name: 'e', time: [4, 0] }],
    ]);
    expect(span.spanContext()).toEqual(live.spanContext());
  });
});
