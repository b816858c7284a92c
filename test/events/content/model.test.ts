import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { modelEndContent, modelStartContent } from '../../../src/events/content/model.js';
import type { GenAiMessage } from '../../../src/semconv/messages.js';
import type { ModelRequestDetails } from '../../../src/signals/signal.js';
import { DURATION_MS, END, plainSpan, START } from '../plain-span.js';

const question: GenAiMessage = { role: 'user', parts: [{ type: 'text', content: 'Weather?' }] };
const answered: GenAiMessage = { role: 'assistant', parts: [{ type: 'text', content: 'Sunny.' }] };
const onSpan: Attributes = {
  'gen_ai.input.messages': JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: 'from the span' }] },
  ]),
  'gen_ai.output.messages': JSON.stringify([
    { role: 'assistant', parts: [{ type: 'text', content: 'on the span' }] },
  ]),
};

describe('modelStartContent', () => {
  it.each<
    [
      what: string,
      attributes: Attributes,
      details: ModelRequestDetails | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['no attributes', {}, undefined, true, { request: {} }],
    [
      'provider and model',
      { 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-5-mini' },
      undefined,
      true,
      { provider: 'openai', model: 'gpt-5-mini', request: { model: 'gpt-5-mini' } },
    ],
    [
      'every parameter, with or without a field',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.temperature': 0,
        'gen_ai.request.max_tokens': 64,
        'gen_ai.request.top_p': 0.9,
        'gen_ai.request.frequency_penalty': -0.5,
        'gen_ai.request.presence_penalty': 0.5,
        'gen_ai.request.seed': 7,
        'gen_ai.request.stream': true,
        'gen_ai.request.stop_sequences': ['END'],
        'gen_ai.request.reasoning.level': 'low',
      },
      undefined,
      true,
      {
        temperature: 0,
        max_tokens: 64,
        top_p: 0.9,
        frequency_penalty: -0.5,
        presence_penalty: 0.5,
        request: {
          operation: 'chat',
          temperature: 0,
          max_tokens: 64,
          top_p: 0.9,
          frequency_penalty: -0.5,
          presence_penalty: 0.5,
          seed: 7,
          stream: true,
          stop_sequences: ['END'],
          'reasoning.level': 'low',
        },
      },
    ],
    [
      'no field for parameters of a wrong type',
      { 'gen_ai.request.temperature': 'hot', 'gen_ai.request.max_tokens': true },
      undefined,
      true,
      { request: { temperature: 'hot', max_tokens: true } },
    ],
    [
      'no other attributes',
      { 'gen_ai.response.id': 'resp_1', 'gen_ai.requested': 1, 'server.address': 'host' },
      undefined,
      true,
      { request: {} },
    ],
    [
      'content of the call',
      {},
      { messages: [question] },
      true,
      { request: { messages: [{ role: 'user', content: 'Weather?' }] } },
    ],
    [
      'instructions and tools',
      {},
      {
        messages: [],
        systemInstructions: [{ type: 'text', content: 'Be brief.' }],
        toolDefinitions: [{ type: 'function', name: 'weather', parameters: { type: 'object' } }],
      },
      true,
      {
        request: {
          messages: [],
          system_instructions: [{ type: 'text', content: 'Be brief.' }],
          tools: [{ type: 'function', name: 'weather', parameters: { type: 'object' } }],
        },
      },
    ],
    [
      'content of the span if no hook saw the call',
      onSpan,
      undefined,
      true,
      { request: { messages: [{ role: 'user', content: 'from the span' }] } },
    ],
    [
      'content of the call rather than that of the span',
      onSpan,
      { messages: [question] },
      true,
      { request: { messages: [{ role: 'user', content: 'Weather?' }] } },
    ],
    [
      'no content if it is not captured',
      onSpan,
      { messages: [question], systemInstructions: [{ type: 'text', content: 'x' }] },
      false,
      { request: {} },
    ],
    [
      'parameters if content is not captured',
      { 'gen_ai.request.seed': 7 },
      { messages: [question] },
      false,
      { request: { seed: 7 } },
    ],
    [
      'content that cannot be read',
      { 'gen_ai.input.messages': '[{"role"' },
      undefined,
      true,
      { request: {} },
    ],
  ])('%s', (_what, attributes, details, includeContent, expected) => {
    expect(modelStartContent(plainSpan(attributes), details, includeContent)).toEqual({
      llm_invocation: { ...expected, start_time: START },
    });
  });
});

describe('modelEndContent', () => {
  /** The members that every ended call has. */
  const times = { start_time: START, end_time: END, duration_ms: DURATION_MS };

  it.each<
    [
      what: string,
      attributes: Attributes,
      output: readonly GenAiMessage[] | undefined,
      includeContent: boolean,
      expected: object,
    ]
  >([
    ['no attributes', {}, undefined, true, { request: {}, response: {} }],
    [
      'the model of the response rather than that of the request',
      {
        'gen_ai.request.model': 'gpt-5-mini',
        'gen_ai.response.model': 'gpt-5-mini-2025',
        'gen_ai.response.id': 'resp_1',
      },
      undefined,
      true,
      {
        model: 'gpt-5-mini-2025',
        request: { model: 'gpt-5-mini' },
        response: { id: 'resp_1', model: 'gpt-5-mini-2025' },
      },
    ],
    [
      'the model of the request if there was no response',
      { 'gen_ai.request.model': 'gpt-5-mini' },
      undefined,
      true,
      { model: 'gpt-5-mini', request: { model: 'gpt-5-mini' }, response: {} },
    ],
    [
      'tokens',
      { 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 50 },
      undefined,
      true,
      { request: {}, response: {}, prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
    ],
    [
      'tokens of one side',
      { 'gen_ai.usage.input_tokens': 100 },
      undefined,
      true,
      { request: {}, response: {}, prompt_tokens: 100, total_tokens: 100 },
    ],
    [
      'tokens of the other side',
      { 'gen_ai.usage.output_tokens': 50 },
      undefined,
      true,
      { request: {}, response: {}, completion_tokens: 50, total_tokens: 50 },
    ],
    [
      'zero tokens, which is a count',
      { 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.output_tokens': 0 },
      undefined,
      true,
      { request: {}, response: {}, prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    ],
    [
      'parts of the tokens',
      {
        'gen_ai.usage.cache_read.input_tokens': 40,
        'gen_ai.usage.cache_write.input_tokens': 20,
        'gen_ai.usage.reasoning.output_tokens': 30,
      },
      undefined,
      true,
      {
        request: {},
        response: { cache_read_input_tokens: 40, cache_write_input_tokens: 20, reasoning_output_tokens: 30 },
      },
    ],
    [
      'all finish reasons, and the first as a field',
      { 'gen_ai.response.finish_reasons': ['length', 'stop'] },
      undefined,
      true,
      { request: {}, response: { finish_reasons: ['length', 'stop'] }, finish_reason: 'length' },
    ],
    [
      'no finish reasons',
      { 'gen_ai.response.finish_reasons': [] },
      undefined,
      true,
      { request: {}, response: {} },
    ],
    [
      'finish reasons of a wrong type',
      { 'gen_ai.response.finish_reasons': 'stop' },
      undefined,
      true,
      { request: {}, response: {} },
    ],
    [
      'the request parameters again',
      { 'gen_ai.provider.name': 'openai', 'gen_ai.request.top_p': 0.9 },
      undefined,
      true,
      { provider: 'openai', top_p: 0.9, request: { top_p: 0.9 }, response: {} },
    ],
    [
      'the output of a signal',
      {},
      [answered],
      true,
      { request: {}, response: { messages: [{ role: 'assistant', content: 'Sunny.' }] } },
    ],
    [
      'the output on the span',
      onSpan,
      undefined,
      true,
      { request: {}, response: { messages: [{ role: 'assistant', content: 'on the span' }] } },
    ],
    [
      'the output of a signal rather than that on the span',
      onSpan,
      [answered],
      true,
      { request: {}, response: { messages: [{ role: 'assistant', content: 'Sunny.' }] } },
    ],
    ['no output if content is not captured', onSpan, [answered], false, { request: {}, response: {} }],
  ])('%s', (_what, attributes, output, includeContent, expected) => {
    expect(modelEndContent(plainSpan(attributes), output, includeContent)).toEqual({
      llm_invocation: { ...expected, ...times },
    });
  });

  it('has no content of the request, which is in the START', () => {
    expect(JSON.stringify(modelEndContent(plainSpan(onSpan), undefined, true))).not.toContain(
      'from the span',
    );
  });
});
