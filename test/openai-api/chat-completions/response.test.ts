import { describe, expect, it } from 'vitest';
import { readChatResponse } from '../../../src/openai-api/chat-completions/response.js';
import { readUsage } from '../../../src/openai-api/usage.js';

const choice = (finish_reason: unknown, index = 0) => ({
  index,
  finish_reason,
  message: { role: 'assistant' },
});

describe('readChatResponse', () => {
  it.each<[what: string, value: unknown, expected: Record<string, unknown>]>([
    ['a response with nothing in it', { choices: [] }, { finishReasons: [] }],
    ['id', { id: 'chatcmpl-1', choices: [] }, { id: 'chatcmpl-1', finishReasons: [] }],
    ['model', { model: 'gpt-5-mini-2025', choices: [] }, { model: 'gpt-5-mini-2025', finishReasons: [] }],
    ['service tier', { service_tier: 'default', choices: [] }, { serviceTier: 'default', finishReasons: [] }],
    [
      'fingerprint',
      { system_fingerprint: 'fp_1', choices: [] },
      { systemFingerprint: 'fp_1', finishReasons: [] },
    ],
    ['the finish reason', { choices: [choice('stop')] }, { finishReasons: ['stop'] }],
    [
      "tool calls, in the provider's word",
      { choices: [choice('tool_calls')] },
      { finishReasons: ['tool_calls'] },
    ],
    [
      'one finish reason a choice, in their order, equal ones too',
      { choices: [choice('stop', 0), choice('length', 1), choice('stop', 2)] },
      { finishReasons: ['stop', 'length', 'stop'] },
    ],
    ['a choice without a reason', { choices: [choice(null)] }, { finishReasons: [undefined] }],
    [
      'a choice without a reason among others, in its place',
      { choices: [choice('stop', 0), choice(null, 1), choice('length', 2)] },
      { finishReasons: ['stop', undefined, 'length'] },
    ],
    [
      'choices that are none, each in its place',
      { choices: [null, 'stop', 5, [choice('stop')]] },
      { finishReasons: [undefined, undefined, undefined, undefined] },
    ],
    ['a reason that is no text', { choices: [choice(5)] }, { finishReasons: [undefined] }],
    [
      'members of a wrong type',
      { id: 5, model: {}, service_tier: null, system_fingerprint: '', usage: 'much', choices: [] },
      { finishReasons: [] },
    ],
    [
      'usage',
      { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } },
      { finishReasons: [], usage: { inputTokens: 10, outputTokens: 5 } },
    ],
  ])('reads %s', (_what, value, expected) => {
    expect(readChatResponse(value)).toEqual(expected);
  });

  it.each<[what: string, value: unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'chat.completion'],
    ['a list', [{ choices: [] }]],
    ['an object without choices', { id: 'chatcmpl-1' }],
    ['an object whose choices are no list', { choices: { 0: choice('stop') } }],
    ['a response of the other API', { id: 'resp_1', object: 'response', output: [] }],
  ])('rejects %s', (_what, value) => {
    expect(readChatResponse(value)).toBeUndefined();
  });
});

describe('readUsage', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'all that there is',
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: {
          cached_tokens: 40,
          cache_write_tokens: 20,
          text_tokens: 90,
          image_tokens: 7,
          audio_tokens: 3,
          cached_tokens_details: { text_tokens: 39, audio_tokens: 1 },
        },
        completion_tokens_details: {
          reasoning_tokens: 30,
          text_tokens: 46,
          audio_tokens: 4,
          accepted_prediction_tokens: 1,
          rejected_prediction_tokens: 1,
        },
      },
      {
        inputTokens: 100,
        outputTokens: 50,
        cacheReadInputTokens: 40,
        cacheWriteInputTokens: 20,
        reasoningOutputTokens: 30,
        text: { inputTokens: 90, outputTokens: 46, cacheReadInputTokens: 39 },
        image: { inputTokens: 7 },
        audio: { inputTokens: 3, outputTokens: 4, cacheReadInputTokens: 1 },
      },
    ],
    [
      'a modality of which there was nothing, as the provider says so',
      { prompt_tokens_details: { audio_tokens: 0 }, completion_tokens_details: { audio_tokens: 0 } },
      { audio: { inputTokens: 0, outputTokens: 0 } },
    ],
    [
      'modalities of a wrong type',
      { prompt_tokens_details: { text_tokens: '1', image_tokens: 0.5, audio_tokens: null } },
      {},
    ],
    [
      'zeros, which are counts',
      { prompt_tokens: 0, completion_tokens: 0 },
      { inputTokens: 0, outputTokens: 0 },
    ],
    ['one side only', { prompt_tokens: 7 }, { inputTokens: 7 }],
    [
      'details of one side only',
      { prompt_tokens_details: { cached_tokens: 1 } },
      { cacheReadInputTokens: 1 },
    ],
    [
      'details that are null',
      { prompt_tokens: 1, prompt_tokens_details: null, completion_tokens_details: null },
      { inputTokens: 1 },
    ],
    [
      'counts of a wrong type',
      { prompt_tokens: '10', completion_tokens: 1.5, prompt_tokens_details: [1] },
      {},
    ],
    ['an empty object', {}, {}],
    ['null', null, undefined],
    ['nothing', undefined, undefined],
    ['a number', 10, undefined],
    ['a list', [10, 5], undefined],
  ])('reads %s', (_what, value, expected) => {
    expect(readUsage(value)).toEqual(expected);
  });
});
