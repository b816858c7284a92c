import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../examples/model-server/server.js';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const weather: Scenario = {
  id: 'weather',
  steps: [
    {
      when: { hasToolResultFor: ['get_weather'] },
      reply: { text: 'It is {{toolResult:get_weather}}.', usage: { inputTokens: 5, outputTokens: 3 } },
    },
    {
      reply: {
        toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }],
        usage: { inputTokens: 4, outputTokens: 2 },
      },
    },
  ],
};
const heard: Scenario = {
  id: 'heard',
  steps: [
    {
      reply: {
        text: 'Good day.',
        usage: { inputTokens: 90, outputTokens: 40, inputAudioTokens: 70, outputAudioTokens: 30 },
      },
    },
  ],
};
const server = serverForFile({ scenarios: [weather, heard] });
const ask = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'How is the weather?' }] };

describe('n choices', () => {
  test('have the same content, each with calls of its own', async () => {
    const { choices, usage } = await clientOf(server()).chat.completions.create(
      { ...ask, n: 2 },
      playing('two-tools'),
    );
    expect(choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'tool_calls'],
      [1, 'tool_calls'],
    ]);
    const ids = choices.flatMap(({ message }) => message.tool_calls?.map((call) => call.id) ?? []);
    expect(new Set(ids).size).toBe(4);
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  test('alternate in a stream, and the client assembles them', async () => {
    const stream = await clientOf(server()).chat.completions.create(
      { ...ask, n: 2, stream: true },
      playing('plain'),
    );
    const choices = (await collect(stream)).flatMap((chunk) => chunk.choices);
    expect(choices.map((choice) => choice.index)).toEqual(choices.map((_, index) => index % 2));
    expect(choices.slice(-2).map((choice) => choice.finish_reason)).toEqual(['stop', 'stop']);

    const whole = await clientOf(server())
      .chat.completions.stream({ ...ask, n: 2 }, playing('plain'))
      .finalChatCompletion();
    expect(whole.choices.map(({ message }) => message.content)).toEqual([
      'The capital of France is Paris.',
      'The capital of France is Paris.',
    ]);
  });
});

describe('functions, the legacy form of tools', () => {
  const functions = [{ name: 'get_weather', parameters: {} }];
  const call = { name: 'get_weather', arguments: '{"city":"Paris"}' };

  test('are called without an id', async () => {
    const { choices } = await clientOf(server()).chat.completions.create(
      { ...ask, functions },
      playing('weather'),
    );
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, annotations: [], function_call: call },
        logprobs: null,
        finish_reason: 'function_call',
      },
    ]);
  });

  test('are answered by name', async () => {
    const { choices } = await clientOf(server()).chat.completions.create(
      {
        ...ask,
        functions,
        messages: [
          ...ask.messages,
          { role: 'assistant', content: null, function_call: call },
          { role: 'function', name: 'get_weather', content: 'sunny' },
        ],
      },
      playing('weather'),
    );
    expect(choices[0]?.message.content).toBe('It is sunny.');
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  test('are streamed in pieces', async () => {
    const stream = await clientOf(server()).chat.completions.create(
      { ...ask, functions, stream: true },
      playing('weather'),
    );
    const deltas = (await collect(stream)).flatMap((chunk) => chunk.choices);
    expect(deltas.map(({ delta, finish_reason }) => finish_reason ?? delta.function_call)).toEqual([
      undefined,
      { name: 'get_weather', arguments: '' },
      { arguments: '{"city":' },
      { arguments: '"Paris"}' },
      'function_call',
    ]);
  });

  test('are ignored if there are tools', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: {} } }];
    const { choices } = await clientOf(server()).chat.completions.create(
      { ...ask, functions, tools },
      playing('weather'),
    );
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(choices[0]?.message.function_call).toBeUndefined();
  });
});

describe('audio', () => {
  const spoken = {
    ...ask,
    model: 'gpt-4o-audio-preview',
    modalities: ['text' as const, 'audio' as const],
    audio: { voice: 'alloy', format: 'pcm16' as const },
  };

  test('is answered as bytes and transcript', async () => {
    const completion = await clientOf(server()).chat.completions.create(spoken, playing('heard'));
    expect(completion.choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      annotations: [],
      audio: {
        id: expect.stringMatching(/^audio_/),
        data: 'dGhlIHNvdW5kIG9mIHNpbGVuY2U=',
        expires_at: completion.created + 3600,
        transcript: 'Good day.',
      },
    });
    expect(completion.usage).toEqual({
      prompt_tokens: 90,
      completion_tokens: 40,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 70 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 30,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    });
  });

  test('tokens are split even without a script', async () => {
    const { usage } = await clientOf(server()).chat.completions.create(
      {
        ...spoken,
        messages: [
          {
            role: 'user',
            content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
          },
        ],
      },
      playing('plain'),
    );
    expect(usage?.prompt_tokens_details?.audio_tokens).toBe(7);
    expect(usage?.completion_tokens_details?.audio_tokens).toBe(7);
  });

  test('is streamed as transcript, bytes and expiry', async () => {
    const stream = await clientOf(server()).chat.completions.create(
      { ...spoken, stream: true },
      playing('heard'),
    );
    const deltas = (await collect(stream)).flatMap((chunk) => chunk.choices.map((choice) => choice.delta));
    const audio = deltas.flatMap((delta) => delta.audio ?? []);
    expect(audio.map((part) => part.transcript ?? '').join('')).toBe('Good day.');
    expect(audio.map((part) => part.data ?? '').join('')).toBe('dGhlIHNvdW5kIG9mIHNpbGVuY2U=');
    expect(audio.at(-1)).toEqual({ id: audio[0]?.id, expires_at: expect.any(Number) });
    expect(deltas.some((delta) => delta.content)).toBe(false);
  });
});

test('A filter can end the answer', async () => {
  const { choices } = await clientOf(server()).chat.completions.create(ask, playing('content-filter'));
  expect(choices[0]).toMatchObject({
    message: { content: 'Here is how you' },
    finish_reason: 'content_filter',
  });
});
