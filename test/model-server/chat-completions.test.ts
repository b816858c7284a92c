import type OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const ask = {
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};
const functionTool = (name: string): OpenAI.Chat.Completions.ChatCompletionFunctionTool => ({
  type: 'function',
  function: { name, parameters: {} },
});

describe('a plain completion', () => {
  test('has the documented fields', async () => {
    const completion = await clientOf(server()).chat.completions.create(ask, playing('plain'));
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'gpt-4o',
      service_tier: 'default',
      system_fingerprint: expect.stringMatching(/^fp_/),
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'The capital of France is Paris.', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 14,
        completion_tokens: 7,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
  });

  test.each([
    ['refusal', 'stop', { content: null, refusal: "I'm sorry, but I can't help with that." }],
    ['incomplete', 'length', { content: 'Once upon a time there was a' }],
    ['reasoning', 'stop', { content: '17 × 23 = 391.' }],
    ['two-tools', 'tool_calls', { content: null }],
  ])('of %s finishes with %s', async (scenario, finish_reason, message) => {
    const completion = await clientOf(server()).chat.completions.create(ask, playing(scenario));
    expect(completion.choices).toMatchObject([{ finish_reason, message }]);
  });

  test('is parsed by the client when it is structured', async () => {
    const City = z.object({ city: z.string(), country: z.string(), population: z.int() });
    const completion = await clientOf(server()).chat.completions.parse(
      { ...ask, response_format: zodResponseFormat(City, 'city') },
      playing('structured'),
    );
    expect(completion.choices[0]?.message.parsed).toMatchObject({ city: 'Paris' });
  });

  test('has the requested service tier', async () => {
    const { chat } = clientOf(server());
    const completion = await chat.completions.create({ ...ask, service_tier: 'flex' }, playing('plain'));
    expect(completion.service_tier).toBe('flex');
  });
});

describe('tool calls', () => {
  test('run in parallel through the tool runner', async () => {
    const tool = (name: string) => ({
      type: 'function' as const,
      function: { name, parameters: {}, function: () => `${name}!`, description: name },
    });
    const runner = clientOf(server()).chat.completions.runTools(
      { ...ask, tools: [tool('a'), tool('b')] },
      playing('two-tools'),
    );
    expect(await runner.finalContent()).toBe('Tool a said a! and tool b said b!.');
  });

  test('keep the name of the tool in the request', async () => {
    const completion = await clientOf(server()).chat.completions.create(
      { ...ask, tools: [functionTool('A')] },
      playing('two-tools'),
    );
    const names = completion.choices[0]?.message.tool_calls?.map(
      (call) => 'function' in call && call.function.name,
    );
    expect(names).toEqual(['A', 'b']);
  });
});

describe('a streamed completion', () => {
  const chunks = async (scenario: string, includeUsage = false) =>
    collect(
      await clientOf(server()).chat.completions.create(
        { ...ask, stream: true, ...(includeUsage && { stream_options: { include_usage: true } }) },
        playing(scenario),
      ),
    );

  test('sends role, content in words, and finish reason', async () => {
    const received = await chunks('plain');
    expect(received.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'The ' },
      { content: 'capital ' },
      { content: 'of ' },
      { content: 'France ' },
      { content: 'is ' },
      { content: 'Paris.' },
      {},
    ]);
    expect(received.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([
      ...Array(7).fill(null),
      'stop',
    ]);
    expect(new Set(received.map((chunk) => chunk.id)).size).toBe(1);
  });

  test('sends usage only on request, in a last chunk without choices', async () => {
    const without = await chunks('plain');
    expect(without.some((chunk) => 'usage' in chunk)).toBe(false);

    const received = await chunks('plain', true);
    expect(received.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(
      true,
    );
    expect(received.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 21 } });
  });

  test('sends tool calls by index, with the arguments in pieces', async () => {
    const deltas = (await chunks('two-tools')).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas.filter((delta) => delta.id).map((delta) => [delta.index, delta.function?.name])).toEqual([
      [0, 'a'],
      [1, 'b'],
    ]);
    const pieces = deltas
      .filter((delta) => !delta.id && delta.index === 1)
      .map((d) => d.function?.arguments ?? '');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('{"query":"second"}');
  });

  test('ends with [DONE]', async () => {
    const response = await fetch(`${server().url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-local', 'x-scenario': 'plain' },
      body: JSON.stringify({ ...ask, stream: true }),
    });
    expect((await response.text()).endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test.each(['plain', 'two-tools', 'refusal', 'structured'])(
    'of %s is put together by the client to what the plain completion says',
    async (scenario) => {
      const { chat } = clientOf(server());
      const streamed = await chat.completions.stream(ask, playing(scenario)).finalChatCompletion();
      const plain = await chat.completions.create(ask, playing(scenario));
      const said = (completion: OpenAI.Chat.Completions.ChatCompletion) =>
        completion.choices.map(({ finish_reason, message }) => ({
          finish_reason,
          content: message.content,
          refusal: message.refusal,
          calls: message.tool_calls?.map(
            (call) => 'function' in call && [call.function.name, call.function.arguments],
          ),
        }));
      expect(said(streamed)).toEqual(said(plain));
    },
  );

  test('of a failing model ends in an error', async () => {
    await expect(chunks('failed')).rejects.toMatchObject({ type: 'server_error' });
  });
});
