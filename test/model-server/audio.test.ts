import type OpenAI from 'openai';
import { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, playing, serverForFile } from './local-client.js';

const server = serverForFile();
const sentence = 'This is what was said in the recording.';
const say = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Good day.' };

/** Two and a half seconds of it, as this server counts. */
function recording(): Promise<File> {
  return toFile(new Uint8Array(40_000), 'call.wav', { type: 'audio/wav' });
}

describe('speech', () => {
  test('is bytes that depend on the text alone', async () => {
    const { speech } = clientOf(server()).audio;
    const answer = await speech.create(say);
    expect(answer.headers.get('content-type')).toBe('audio/mpeg');
    expect(answer.headers.get('content-length')).toBeNull();
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.length, bytes.readUInt16BE(0)]).toEqual([4_096, 0xfffb]);
    const bytesOf = async (input: string) =>
      Buffer.from(await (await speech.create({ ...say, input })).arrayBuffer());
    expect((await bytesOf('Good day.')).equals(bytes)).toBe(true);
    expect((await bytesOf('Bad day.')).equals(bytes)).toBe(false);
  });

  test.each([
    ['opus', 'audio/ogg'],
    ['aac', 'audio/aac'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm'],
  ] as const)('as %s is %s', async (format, type) => {
    const answer = await clientOf(server()).audio.speech.create({ ...say, response_format: format });
    expect(answer.headers.get('content-type')).toBe(type);
    await answer.arrayBuffer();
  });

  test('is sent as events on request', async () => {
    const answer = await clientOf(server()).audio.speech.create({ ...say, stream_format: 'sse' });
    const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data: '));
    const events = lines.map((line): unknown => JSON.parse(line.slice('data: '.length)));
    const delta = { type: 'speech.audio.delta', audio: expect.stringMatching(/^\/\/[\w+/]+={0,2}$/) };
    expect(events).toEqual([
      delta,
      delta,
      delta,
      delta,
      { type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 30, total_tokens: 33 } },
    ]);
  });

  test('can be cut in the middle', async () => {
    const answer = await clientOf(server()).audio.speech.create(say, playing('', 'cut;after-chunks=2'));
    const reader = answer.body?.getReader();
    let received = 0;
    const reading = (async () => {
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        received += part.value.length;
      }
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(received).toBe(2_048);
  });
});

describe('transcriptions', () => {
  const tokens = {
    type: 'tokens',
    input_tokens: 30,
    input_token_details: { text_tokens: 0, audio_tokens: 30 },
    output_tokens: 10,
    total_tokens: 40,
  };
  const duration = { type: 'duration', seconds: 3 };
  const segment = {
    id: 0,
    seek: 0,
    start: 0,
    end: 3,
    text: sentence,
    tokens: [1, 2, 3],
    temperature: 0,
    avg_logprob: -0.2,
    compression_ratio: 1.1,
    no_speech_prob: 0.01,
  };

  test.each<[string, OpenAI.Audio.AudioResponseFormat | undefined, unknown]>([
    ['gpt-4o-transcribe', undefined, { text: sentence, usage: tokens }],
    ['gpt-4o-mini-transcribe', 'json', { text: sentence, usage: tokens }],
    ['whisper-1', 'json', { text: sentence, usage: duration }],
    [
      'whisper-1',
      'verbose_json',
      {
        task: 'transcribe',
        language: 'english',
        duration: 3,
        text: sentence,
        segments: [segment],
        usage: duration,
      },
    ],
    ['whisper-1', 'text', `${sentence}\n`],
    ['whisper-1', 'srt', `1\n00:00:00,000 --> 00:00:03,000\n${sentence}\n\n`],
    ['whisper-1', 'vtt', `WEBVTT\n\n00:00:00.000 --> 00:00:03.000\n${sentence}\n\n`],
    [
      'gpt-4o-transcribe-diarize',
      'diarized_json',
      {
        task: 'transcribe',
        duration: 3,
        text: sentence,
        segments: [
          {
            type: 'transcript.text.segment',
            id: 'seg_0',
            start: 0,
            end: 3,
            speaker: 'A',
            text: sentence,
          },
        ],
        usage: tokens,
      },
    ],
  ])('of %s as %s', async (model, format, answer) => {
    const { transcriptions } = clientOf(server()).audio;
    const params = { model, file: await recording(), ...(format && { response_format: format }) };
    expect(await transcriptions.create(params)).toEqual(answer);
  });

  test('are streamed', async () => {
    const stream = await clientOf(server()).audio.transcriptions.create({
      model: 'gpt-4o-transcribe',
      file: await recording(),
      prompt: 'Acme',
      stream: true,
    });
    const words = ['This ', 'is ', 'what ', 'was ', 'said ', 'in ', 'the ', 'recording.'];
    expect(await collect(stream)).toEqual([
      ...words.map((delta) => ({ type: 'transcript.text.delta', delta })),
      {
        type: 'transcript.text.done',
        text: sentence,
        usage: {
          ...tokens,
          input_tokens: 31,
          input_token_details: { text_tokens: 1, audio_tokens: 30 },
          total_tokens: 41,
        },
      },
    ]);
  });

  test('are recorded as a form, without the audio', async () => {
    const file = await recording();
    await clientOf(server()).audio.transcriptions.create({
      model: 'whisper-1',
      file,
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    });
    expect(server().requests.at(-1)).toMatchObject({
      path: '/v1/audio/transcriptions',
      body: {
        model: 'whisper-1',
        file: { filename: 'call.wav', type: 'audio/wav', size: 40_000 },
        response_format: 'verbose_json',
        timestamp_granularities: ['word', 'segment'],
      },
      status: 200,
    });
  });
});

test('Translations have no usage', async () => {
  const { translations } = clientOf(server()).audio;
  const file = await recording();
  expect(await translations.create({ model: 'whisper-1', file })).toEqual({ text: sentence });
  const verbose = await translations.create({ model: 'whisper-1', file, response_format: 'verbose_json' });
  expect(verbose).toMatchObject({ task: 'translate', duration: 3, text: sentence });
  expect(verbose).not.toHaveProperty('usage');
});

test('A body that is not a form is rejected', async () => {
  const response = await fetch(`${server().url}/audio/transcriptions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-local', 'content-type': 'multipart/form-data; boundary=x' },
    body: 'no form',
  });
  expect(response.status).toBe(400);
  expect(server().requests.at(-1)?.body).toBe('no form');
});
