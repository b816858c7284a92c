import { describe, expect, it } from 'vitest';
import { speech } from '../../../../src/instrumentation/openai/audio/speech.js';

describe('request', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      'model and what is asked for',
      { model: 'gpt-4o-mini-tts', voice: 'ash', input: 'Hi' },
      { 'gen_ai.request.model': 'gpt-4o-mini-tts', 'gen_ai.output.type': 'speech' },
    ],
    ['a model of a wrong type', { model: 5 }, { 'gen_ai.output.type': 'speech' }],
  ])('reads %s', (_what, request, expected) => {
    expect(speech.requestAttributes(request)).toEqual(expected);
  });

  it.each<[what: string, request: Record<string, unknown>, details: unknown]>([
    ['a text', { input: 'Hi' }, { messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }] }],
    [
      'a text and how to read it',
      { input: 'Hi', instructions: 'Whisper.' },
      {
        messages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
        systemInstructions: [{ type: 'text', content: 'Whisper.' }],
      },
    ],
    ['nothing', {}, { messages: [] }],
  ])('holds %s', (_what, request, details) => {
    expect(speech.requestDetails?.(request)).toStrictEqual(details);
  });
});

describe('response', () => {
  it('is left for the application to read', async () => {
    const response = new Response('sound');
    expect(speech.readResponse(response, {})).toEqual({});
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe('sound');
  });

  it('has no output that could be read', () => {
    expect(speech.outputMessages).toBeUndefined();
    expect(speech.accumulateChunks).toBeUndefined();
  });
});
