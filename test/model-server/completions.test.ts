import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const model = 'gpt-3.5-turbo-instruct';
const sentence = 'The capital of France is Paris.';

function textsOf(completion: OpenAI.Completion): string[] {
  return completion.choices.map((choice) => choice.text);
}

test('a plain completion has the documented fields', async () => {
  const completion = await clientOf(server()).completions.create(
    { model, prompt: 'The capital of France is' },
    playing('plain'),
  );
  expect(completion).toEqual({
    id: expect.stringMatching(/^cmpl-[0-9a-f]{42}$/),
    object: 'text_completion',
    created: expect.any(Number),
    model,
    system_fingerprint: 'fp_local0001',
    choices: [{ index: 0, text: sentence, logprobs: null, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 14,
      completion_tokens: 7,
      total_tokens: 21,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  });
});

test.each<[string, Partial<OpenAI.CompletionCreateParamsNonStreaming>, string[]]>([
  ['a text', { prompt: 'Hi' }, [sentence]],
  ['no prompt', { prompt: null }, [sentence]],
  ['two prompts', { prompt: ['A', 'B'] }, [sentence, sentence]],
  ['tokens', { prompt: [1, 2, 3] }, [sentence]],
  ['lists of tokens', { prompt: [[1], [2]] }, [sentence, sentence]],
  ['n', { prompt: ['A', 'B'], n: 2, echo: true }, ['A', 'A', 'B', 'B'].map((prompt) => prompt + sentence)],
])('the choices of %s', async (_what, params, texts) => {
  const options = playing('plain');
  const completion = await clientOf(server()).completions.create({ model, prompt: null, ...params }, options);
  expect(textsOf(completion)).toEqual(texts);
  expect(completion.choices.map((choice) => choice.index)).toEqual([...texts.keys()]);
});

test('echo answers the prompt', async () => {
  const completion = await clientOf(server()).completions.create({ model, prompt: 'Hello' });
  expect(textsOf(completion)).toEqual(['You said: Hello']);
});

test.each([
  ['incomplete', 'length'],
  ['content-filter', 'content_filter'],
  ['refusal', 'stop'],
])('%s ends with %s', async (scenario, reason) => {
  const completion = await clientOf(server()).completions.create({ model, prompt: '' }, playing(scenario));
  expect(completion.choices[0]?.finish_reason).toBe(reason);
});

describe('A streamed completion', () => {
  test('has alternating choices, and usage at the end', async () => {
    const stream = await clientOf(server()).completions.create(
      { model, prompt: 'Hi', n: 2, stream: true, stream_options: { include_usage: true } },
      playing('incomplete'),
    );
    const chunks = await collect(stream);
    const words = ['Once ', 'upon ', 'a ', 'time ', 'there ', 'was ', 'a'];
    expect(chunks.flatMap(({ choices }) => choices)).toEqual([
      ...words.flatMap((text) => [
        { index: 0, text, logprobs: null, finish_reason: null },
        { index: 1, text, logprobs: null, finish_reason: null },
      ]),
      { index: 0, text: '', logprobs: null, finish_reason: 'length' },
      { index: 1, text: '', logprobs: null, finish_reason: 'length' },
    ]);
    expect(chunks.map(({ object }) => object)).toEqual(chunks.map(() => 'text_completion'));
    expect(chunks.map(({ usage }) => usage?.total_tokens ?? null)).toEqual([
      ...chunks.slice(1).map(() => null),
      26,
    ]);
  });

  test('has usage and the prompt only on request', async () => {
    const stream = await clientOf(server()).completions.create(
      { model, prompt: 'Say: ', echo: true, stream: true },
      playing('plain'),
    );
    const chunks = await collect(stream);
    expect(chunks.flatMap(textsOf).join('')).toBe(`Say: ${sentence}`);
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  test('A failing scenario breaks off, plain and streamed', async () => {
    const { completions } = clientOf(server());
    const failed = playing('failed');
    await expect(completions.create({ model, prompt: '' }, failed)).rejects.toMatchObject({ status: 500 });
    const stream = await completions.create({ model, prompt: '', stream: true }, failed);
    await expect(collect(stream)).rejects.toBeInstanceOf(OpenAI.APIError);
  });
});

test.each([
  [{ prompt: 'Hi' }, 400, 'you must provide a model parameter'],
  [
    { model: 'nobody', prompt: 'Hi' },
    404,
    'The model `nobody` does not exist or you do not have access to it.',
  ],
  [{ model, prompt: 'Hi', n: 0 }, 400, "Invalid value for 'n': Too small: expected number to be >=1"],
])('%o is refused', async (body, status, message) => {
  const response = await fetch(`${server().url}/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-local' },
    body: JSON.stringify(body),
  });
  expect([response.status, await response.json()]).toMatchObject([status, { error: { message } }]);
});
