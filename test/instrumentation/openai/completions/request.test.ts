import { describe, expect, it } from 'vitest';
import {
  completionChoiceCount,
  completionRequestAttributes,
} from '../../../../src/instrumentation/openai/completions/request.js';

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
