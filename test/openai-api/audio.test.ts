import { describe, expect, it } from 'vitest';
import {
  audio,
  readTranscript,
  speech,
  TranscriptChunks,
  transcriptMessages,
  transcriptRequestAttributes,
  transcriptRequestDetails,
} from '../../src/openai-api/audio.js';

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
  it('is not read, because it belongs to the application', async () => {
    const response = new Response('sound');
    expect(speech.readResponse(response, {})).toEqual({});
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe('sound');
  });

  it('has no output messages', () => {
    expect(speech.outputMessages).toBeUndefined();
    expect(speech.accumulateChunks).toBeUndefined();
  });
});

const tokens = {
  type: 'tokens',
  input_tokens: 14,
  input_token_details: { audio_tokens: 10, text_tokens: 4 },
  output_tokens: 45,
  total_tokens: 59,
};
const tokenUsage = {
  inputTokens: 14,
  outputTokens: 45,
  text: { inputTokens: 4 },
  audio: { inputTokens: 10 },
};
const said = (content: string) => [{ role: 'assistant', parts: [{ type: 'text', content }] }];

describe('request', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      'a whole request',
      { model: 'whisper-1', stream: true, temperature: 0, language: 'fr' },
      {
        'gen_ai.request.model': 'whisper-1',
        'gen_ai.request.stream': true,
        'gen_ai.request.temperature': 0,
      },
    ],
    ['no stream', { model: 'whisper-1', stream: false }, { 'gen_ai.request.model': 'whisper-1' }],
    ['members of a wrong type', { model: 5, stream: 'true', temperature: '0' }, {}],
  ])('reads %s', (_what, request, expected) => {
    expect(transcriptRequestAttributes(request)).toEqual(expected);
  });

  it('holds the prompt and names the file', () => {
    const file = new File(['sound'], 'talk.mp3', { type: 'audio/mpeg' });
    expect(transcriptRequestDetails({ file, prompt: 'About Paris.' })).toStrictEqual({
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'About Paris.' },
            { type: 'file_upload', modality: 'audio', name: 'talk.mp3', size: 5, mime_type: 'audio/mpeg' },
          ],
        },
      ],
    });
  });
});

describe('response', () => {
  it.each<[what: string, value: unknown, expected: unknown, messages: unknown[]]>([
    ['counted in tokens', { text: 'Paris.', usage: tokens }, { usage: tokenUsage }, said('Paris.')],
    [
      'counted in seconds',
      { text: 'Paris.', duration: 5, usage: { type: 'duration', seconds: 5 } },
      { attributes: { 'openai_agents.usage.audio_seconds': 5 } },
      said('Paris.'),
    ],
    ['a text alone', 'Paris.', {}, said('Paris.')],
    ['silence', { text: '' }, {}, []],
    ['silence as a text alone', '', {}, []],
  ])('%s', (_what, value, expected, messages) => {
    expect(readTranscript(value)).toEqual(expected);
    expect(transcriptMessages(value)).toStrictEqual(messages);
  });

  it.each([null, undefined, 5, ['Paris.'], {}, { text: 5 }])('is not %j', (value) => {
    expect(readTranscript(value)).toBeUndefined();
    expect(transcriptMessages(value)).toStrictEqual([]);
  });
});

describe('stream', () => {
  const delta = (piece: unknown) => ({ type: 'transcript.text.delta', delta: piece });
  const segment = { type: 'transcript.text.segment', text: 'Paris.', speaker: 'A' };
  const done = { type: 'transcript.text.done', text: 'Paris.', usage: tokens };

  it.each<[what: string, events: unknown[], content: string, complete: boolean]>([
    ['nothing', [], '', false],
    ['text that was cut off', [delta('Par'), delta('is')], 'Paris', false],
    ['text to its end', [delta('Par'), delta('is'), done], 'Paris.', true],
    ['segments, whose text comes in pieces as well', [delta('Paris.'), segment], 'Paris.', false],
    ['an end without its text', [delta('Par'), { type: 'transcript.text.done' }], 'Par', true],
    ['what comes after the end', [done, delta('x'), { ...done, text: 'x' }], 'Paris.', true],
    [
      'nonsense',
      [null, undefined, 'x', 5, [delta('x')], {}, delta(5), delta(null), { type: 'dream', delta: 'x' }],
      '',
      false,
    ],
  ])('%s', (_what, events, content, complete) => {
    for (const keepContent of [true, false]) {
      const chunks = new TranscriptChunks(keepContent);
      for (const event of events) chunks.add(event);
      expect(chunks.complete).toBe(complete);
      expect(transcriptMessages(chunks.response)).toStrictEqual(
        content === '' || !keepContent ? [] : said(content),
      );
    }
  });

  it.each([true, false])('has its usage, content kept: %s', (keepContent) => {
    const chunks = new TranscriptChunks(keepContent);
    for (const event of [delta('Paris.'), done]) chunks.add(event);
    expect(readTranscript(chunks.response)).toEqual({ usage: tokenUsage });
  });
});

describe('operations', () => {
  it('are streamed for transcriptions only', () => {
    const rows = audio.map(({ resource, callType, accumulateChunks }) => [
      resource.join('.'),
      callType,
      accumulateChunks?.(true).constructor,
    ]);
    expect(rows).toStrictEqual([
      ['Audio.Speech', 'speech', undefined],
      ['Audio.Transcriptions', 'transcription', TranscriptChunks],
      ['Audio.Translations', 'translation', undefined],
    ]);
  });
});
