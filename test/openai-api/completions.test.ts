import { describe, expect, it } from 'vitest';
import { readChatResponse } from '../../src/openai-api/chat-completions/response.js';
import {
  CompletionChunks,
  completionChoiceCount,
  completionOutputMessages,
  completionRequestAttributes,
  completionRequestDetails,
} from '../../src/openai-api/completions.js';

describe('completionRequestAttributes', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      'all that the convention knows',
      {
        model: 'gpt-3.5-turbo-instruct',
        prompt: 'Hi',
        stream: true,
        n: 2,
        max_tokens: 32,
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        frequency_penalty: 0.1,
        presence_penalty: 0.2,
        stop: ['END', '\n'],
        seed: 7,
      },
      {
        'gen_ai.request.model': 'gpt-3.5-turbo-instruct',
        'gen_ai.request.stream': true,
        'gen_ai.request.choice.count': 2,
        'gen_ai.request.max_tokens': 32,
        'gen_ai.request.temperature': 0.5,
        'gen_ai.request.top_p': 0.9,
        'gen_ai.request.top_k': 40,
        'gen_ai.request.frequency_penalty': 0.1,
        'gen_ai.request.presence_penalty': 0.2,
        'gen_ai.request.stop_sequences': ['END', '\n'],
        'gen_ai.request.seed': 7,
      },
    ],
    ['nothing of what it does not know', { best_of: 3, echo: true, logprobs: 5, suffix: 'x', user: 'u' }, {}],
    ['nothing of a wrong type', { model: 5, n: '2', stream: 1, max_tokens: 0.5, stop: 5, seed: null }, {}],
    ['nothing of the usual', { n: 1, stream: false, stop: null }, {}],
  ])('says %s', (_what, request, expected) => {
    expect(completionRequestAttributes(request)).toEqual(expected);
  });
});

describe('completionChoiceCount', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: number]>([
    ['one prompt', { prompt: 'Hi' }, 1],
    ['no prompt, which is an empty one', {}, 1],
    ['several answers', { prompt: 'Hi', n: 3 }, 3],
    ['several prompts', { prompt: ['Hi', 'Ho'] }, 2],
    ['several answers to several prompts', { prompt: ['Hi', 'Ho'], n: 3 }, 6],
    ['tokens of one prompt', { prompt: [1, 2, 3] }, 1],
    ['tokens of several prompts', { prompt: [[1], [2]] }, 2],
    ['a count that makes no sense', { prompt: 'Hi', n: 0 }, 1],
    ['a count of a wrong type', { prompt: 'Hi', n: '3' }, 1],
    ['a count that nobody could answer', { prompt: 'Hi', n: 2_000_000_000 }, 1],
    ['more answers than that in all', { prompt: ['Hi', 'Ho'], n: 4096 }, 1],
  ])('%s', (_what, request, expected) => {
    expect(completionChoiceCount(request)).toBe(expected);
  });
});

const chunk = (text: unknown, index: unknown = 0, finish_reason: unknown = null) => ({
  id: 'cmpl-1',
  model: 'gpt-3.5-turbo-instruct',
  system_fingerprint: 'fp_1',
  choices: [{ text, index, finish_reason, logprobs: null }],
});
const usage = { prompt_tokens: 9, completion_tokens: 3 };

function accumulate(chunks: readonly unknown[], keepContent = true): CompletionChunks {
  const accumulator = new CompletionChunks(keepContent);
  for (const each of chunks) accumulator.add(each);
  return accumulator;
}

describe('CompletionChunks', () => {
  it.each<[what: string, chunks: unknown[], texts: string[], complete: boolean]>([
    ['nothing', [], [], false],
    ['a text in pieces', [chunk('Par'), chunk('is.'), chunk('', 0, 'stop')], ['Paris.'], true],
    ['a text that was cut off', [chunk('Par')], ['Par'], false],
    [
      'choices that take turns, begun in the wrong order',
      [chunk('b1', 1), chunk('a1', 0), chunk('b2', 1, 'length'), chunk('a2', 0)],
      ['a1a2', 'b1b2'],
      false,
    ],
    ['usage after the end', [chunk('a', 0, 'stop'), { choices: [], usage }], ['a'], true],
    ['an index that is nonsense', [chunk('a', 0, 'stop'), chunk('b', 1e9)], ['a'], true],
    ['no index', [{ choices: [{ text: 'a' }] }], ['a'], false],
    ['a text that is none', [chunk('a'), chunk(5), chunk(null)], ['a'], false],
    ['nonsense', [chunk('a'), null, 'x', 5, [], { choices: 'x' }, { choices: [null, 5] }], ['a'], false],
  ])('%s', (_what, chunks, texts, complete) => {
    const accumulator = accumulate(chunks);
    expect(
      completionOutputMessages(accumulator.response).map(({ parts }) =>
        parts.map((part) => ('content' in part ? part.content : part)).join(''),
      ),
    ).toStrictEqual(texts);
    expect(accumulator.complete).toBe(complete);
    expect(accumulate(chunks, false).complete).toBe(complete);
  });

  it.each([true, false])('has the rest of the response, content kept: %s', (keepContent) => {
    const { response } = accumulate(
      [chunk('a', 1), chunk('b', 0, 'stop'), { choices: [], usage }, { choices: [], usage: null }],
      keepContent,
    );
    expect(readChatResponse(response)).toEqual({
      id: 'cmpl-1',
      model: 'gpt-3.5-turbo-instruct',
      systemFingerprint: 'fp_1',
      finishReasons: ['stop', undefined],
      usage: { inputTokens: 9, outputTokens: 3 },
    });
  });

  it('keeps no text without content', () => {
    expect(JSON.stringify(accumulate([chunk('secret')], false).response)).not.toContain('secret');
    expect(JSON.stringify(accumulate([chunk('secret')]).response)).toContain('secret');
  });
});

it('completionRequestDetails has each prompt as a message', () => {
  expect(completionRequestDetails({ prompt: ['Hi', 'Ho'] })).toStrictEqual({
    messages: [
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Ho' }] },
    ],
  });
});

it.each<[what: string, value: unknown, expected: unknown]>([
  [
    'a message a choice',
    { choices: [{ text: 'Paris.' }, { text: '' }, { text: 'Rome.' }] },
    [
      { role: 'assistant', parts: [{ type: 'text', content: 'Paris.' }] },
      { role: 'assistant', parts: [] },
      { role: 'assistant', parts: [{ type: 'text', content: 'Rome.' }] },
    ],
  ],
  ['a choice that is none', { choices: [null] }, [{ role: 'assistant', parts: [] }]],
  ['what is no response', null, []],
])('completionOutputMessages: %s', (_what, value, expected) => {
  expect(completionOutputMessages(value)).toStrictEqual(expected);
});
