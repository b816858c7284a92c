import { describe, expect, it } from 'vitest';
import { readResponsesResponse } from '../../../src/openai-api/responses/response.js';

const MESSAGE = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Paris.' }] };

const completed = (...output: unknown[]) => ({ status: 'completed', output });
const item = (type: string) => ({ type, id: 'item_1' });

describe('readResponsesResponse', () => {
  it.each<[what: string, value: unknown, expected: Record<string, unknown>]>([
    ['a response with nothing in it', completed(), { finishReasons: ['stop'] }],
    ['id', { ...completed(), id: 'resp_1' }, { id: 'resp_1', finishReasons: ['stop'] }],
    [
      'model',
      { ...completed(), model: 'gpt-5-mini-2025' },
      { model: 'gpt-5-mini-2025', finishReasons: ['stop'] },
    ],
    [
      'service tier',
      { ...completed(), service_tier: 'default' },
      { serviceTier: 'default', finishReasons: ['stop'] },
    ],
    [
      'all of the usage',
      {
        ...completed(),
        usage: {
          input_tokens: 100,
          input_tokens_details: { cached_tokens: 40, cache_write_tokens: 20 },
          output_tokens: 50,
          output_tokens_details: { reasoning_tokens: 30 },
          total_tokens: 150,
        },
      },
      {
        finishReasons: ['stop'],
        usage: {
          inputTokens: 100,
          outputTokens: 50,
          cacheReadInputTokens: 40,
          cacheWriteInputTokens: 20,
          reasoningOutputTokens: 30,
        },
      },
    ],
    [
      'usage of zero',
      { ...completed(), usage: { input_tokens: 0, output_tokens: 0 } },
      { finishReasons: ['stop'], usage: { inputTokens: 0, outputTokens: 0 } },
    ],
    [
      'usage of a wrong type within',
      {
        ...completed(),
        usage: {
          input_tokens: '1',
          output_tokens: 0.5,
          input_tokens_details: null,
          output_tokens_details: [1],
        },
      },
      { finishReasons: ['stop'], usage: {} },
    ],
    [
      'usage by modality, by either name that it has',
      {
        ...completed(),
        usage: {
          input_tokens_details: { text_tokens: 1, image_tokens: 2 },
          output_token_details: { audio_tokens: 3 },
        },
      },
      {
        finishReasons: ['stop'],
        usage: { text: { inputTokens: 1 }, image: { inputTokens: 2 }, audio: { outputTokens: 3 } },
      },
    ],
    [
      'a compaction of the conversation on the way',
      completed(item('compaction'), MESSAGE),
      { finishReasons: ['stop'], attributes: { 'gen_ai.conversation.compacted': true } },
    ],
    [
      'a compacted conversation',
      {
        id: 'resp_c',
        object: 'response.compaction',
        output: [{ ...MESSAGE, role: 'user' }, item('compaction')],
        usage: { input_tokens: 139, output_tokens: 438 },
      },
      {
        id: 'resp_c',
        finishReasons: ['compaction'],
        usage: { inputTokens: 139, outputTokens: 438 },
        attributes: { 'gen_ai.conversation.compacted': true },
      },
    ],
    ['usage of a wrong type', { ...completed(), usage: [100, 50] }, { finishReasons: ['stop'] }],
    [
      'members of a wrong type',
      { id: 5, model: {}, service_tier: null, usage: 'much', status: 'completed', output: [] },
      { finishReasons: ['stop'] },
    ],
    [
      'a failure: what the API says of it',
      { status: 'failed', error: { code: 'server_error', message: 'The server had an error.' }, output: [] },
      {
        finishReasons: ['error'],
        failure: {
          type: 'server_error',
          message: 'The server had an error.',
          plainMessage: 'the response failed',
        },
      },
    ],
    [
      'a failure without a code',
      { status: 'failed', error: { message: 'Bad.' }, output: [] },
      {
        finishReasons: ['error'],
        failure: { type: '_OTHER', message: 'Bad.', plainMessage: 'the response failed' },
      },
    ],
    [
      'a failure that says nothing',
      { status: 'failed', error: null, output: [] },
      {
        finishReasons: ['error'],
        failure: { type: '_OTHER', message: 'the response failed', plainMessage: 'the response failed' },
      },
    ],
    [
      'a failure that quotes a key',
      { status: 'failed', error: { code: 'x', message: 'Bad key sk-abcdef123' }, output: [] },
      {
        finishReasons: ['error'],
        failure: { type: 'x', message: 'Bad key sk-[REDACTED]', plainMessage: 'the response failed' },
      },
    ],
    [
      'an error beside a status other than failed: no failure',
      { ...completed(MESSAGE), error: { code: 'server_error' } },
      { finishReasons: ['stop'] },
    ],
  ])('reads %s', (_what, value, expected) => {
    expect(readResponsesResponse(value)).toEqual(expected);
  });

  it.each<[what: string, value: unknown, finishReasons: string[] | undefined]>([
    ['a message', completed(MESSAGE), ['stop']],
    ['several messages', completed(MESSAGE, MESSAGE), ['stop']],
    ['a function call', completed(item('function_call')), ['tool_calls']],
    ['a call of a custom tool', completed(item('custom_tool_call')), ['tool_calls']],
    ['a call of the computer', completed(item('computer_call')), ['tool_calls']],
    ['a call of the local shell', completed(item('local_shell_call')), ['tool_calls']],
    ['a call of the shell', completed(item('shell_call')), ['tool_calls']],
    ['a patch to apply', completed(item('apply_patch_call')), ['tool_calls']],
    ['two function calls', completed(item('function_call'), item('function_call')), ['tool_calls']],
    [
      'a message and a function call: the one thing that is due next',
      completed(MESSAGE, item('function_call')),
      ['tool_calls'],
    ],
    [
      "a shell call that the provider's own shell has answered",
      completed(
        { type: 'shell_call', call_id: 'call_1' },
        { type: 'shell_call_output', call_id: 'call_1' },
        MESSAGE,
      ),
      ['stop'],
    ],
    [
      "the answer of another one's call",
      completed(
        { type: 'shell_call', call_id: 'call_1' },
        { type: 'shell_call_output', call_id: 'call_2' },
        MESSAGE,
      ),
      ['tool_calls'],
    ],
    ['reasoning before a message', completed(item('reasoning'), MESSAGE), ['stop']],
    ['what the provider ran itself', completed(item('web_search_call'), item('mcp_call'), MESSAGE), ['stop']],
    ['nothing but reasoning', completed(item('reasoning')), ['stop']],
    ['a picture', completed(item('image_generation_call')), ['stop']],
    ['a compaction and nothing else', completed(item('compaction')), ['compaction']],
    ['a compaction before a message', completed(item('compaction'), MESSAGE), ['stop']],
    [
      'a compacted conversation, whose messages are old',
      { object: 'response.compaction', output: [MESSAGE, item('compaction')] },
      ['compaction'],
    ],
    ['items that are none', completed(null, 'message', 5, [MESSAGE]), ['stop']],
    ['neither status nor items', { output: [] }, undefined],
    ['no status, as some compatible servers leave it out', { output: [MESSAGE] }, ['stop']],
    [
      'too long an answer',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [MESSAGE] },
      ['length'],
    ],
    [
      'a content filter',
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] },
      ['content_filter'],
    ],
    [
      'a reason that is not known',
      { status: 'incomplete', incomplete_details: { reason: 'max_tool_calls' }, output: [] },
      ['max_tool_calls'],
    ],
    [
      'incomplete without a reason',
      { status: 'incomplete', incomplete_details: null, output: [] },
      ['length'],
    ],
    ['a failure', { status: 'failed', output: [MESSAGE] }, ['error']],
    ['a cancellation', { status: 'cancelled', output: [MESSAGE] }, ['error']],
    ['a response that waits', { status: 'queued', output: [] }, undefined],
    ['a response under way', { status: 'in_progress', output: [MESSAGE] }, undefined],
    ['a status that is not known', { status: 'dreaming', output: [MESSAGE] }, undefined],
    ['a status of a wrong type', { status: 5, output: [MESSAGE] }, undefined],
  ])('finds the finish reasons of %s', (_what, value, finishReasons) => {
    expect(readResponsesResponse(value)?.finishReasons).toEqual(finishReasons);
  });

  it.each(['completed', 'incomplete', 'cancelled', 'queued', 'in_progress'])(
    'takes %s for no failure',
    (status) => {
      const value = { status, error: { code: 'x', message: 'y' }, output: [] };
      expect(readResponsesResponse(value)?.failure).toBeUndefined();
    },
  );

  it.each<[what: string, value: unknown]>([
    ['null', null],
    ['nothing', undefined],
    ['a text', 'response'],
    ['a list', [completed(MESSAGE)]],
    ['an object without output', { id: 'resp_1', status: 'completed' }],
    ['an object whose output is no list', { status: 'completed', output: 'Paris.' }],
    ['a response of the other API', { object: 'chat.completion', choices: [] }],
  ])('rejects %s', (_what, value) => {
    expect(readResponsesResponse(value)).toBeUndefined();
  });
});
