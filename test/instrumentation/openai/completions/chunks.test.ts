import { describe, expect, it } from 'vitest';
import { readChatResponse } from '../../../../src/instrumentation/openai/chat-completions/response.js';
import { CompletionChunks } from '../../../../src/instrumentation/openai/completions/chunks.js';
import { completionOutputMessages } from '../../../../src/instrumentation/openai/completions/messages.js';

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

  it.each([true, false])('says the rest of the response, content kept: %s', (keepContent) => {
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
