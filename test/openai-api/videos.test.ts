import { describe, expect, it } from 'vitest';
import { requestView } from '../../src/openai-api/client-operation.js';
import { videos } from '../../src/openai-api/videos.js';

const [create, edit, , remix] = videos;
const upload = (name: string, type: string) => new File(['bytes'], name, { type });

describe('A request for a video', () => {
  it.each([
    [{ model: 'sora-2', prompt: 'A cat' }, { 'gen_ai.request.model': 'sora-2' }],
    [{ prompt: 'A cat' }, {}],
    [{ model: 5 }, {}],
  ])('has the attributes of %j', (request, expected) => {
    expect(create?.requestAttributes(request)).toEqual(expected);
  });

  it.each<[what: string, request: Record<string, unknown>, parts: object[]]>([
    ['a prompt', { prompt: 'A cat' }, [{ type: 'text', content: 'A cat' }]],
    [
      'an uploaded image',
      { prompt: 'A cat', input_reference: upload('cat.png', 'image/png') },
      [
        { type: 'text', content: 'A cat' },
        { type: 'file_upload', modality: 'image', name: 'cat.png', size: 5, mime_type: 'image/png' },
      ],
    ],
    [
      'an image by its URL',
      { input_reference: { image_url: 'https://example.com/cat.png' } },
      [{ type: 'uri', modality: 'image', uri: 'https://example.com/cat.png' }],
    ],
    [
      'an image by its file',
      { input_reference: { file_id: 'file-1' } },
      [{ type: 'file', modality: 'image', file_id: 'file-1' }],
    ],
    [
      'a video by its id',
      { video: { id: 'video_1' } },
      [{ type: 'file', modality: 'video', file_id: 'video_1' }],
    ],
    [
      'an uploaded video',
      { video: upload('cat.mp4', 'video/mp4') },
      [{ type: 'file_upload', modality: 'video', name: 'cat.mp4', size: 5, mime_type: 'video/mp4' }],
    ],
  ])('contains %s', (_what, request, parts) => {
    expect(edit?.requestDetails?.(request)).toEqual({ messages: [{ role: 'user', parts }] });
  });

  it('is empty without a prompt and a source', () => {
    expect(edit?.requestDetails?.({ prompt: '', video: null })).toEqual({ messages: [] });
  });

  it('names the remixed video beside the body', () => {
    const options = { maxRetries: 1 };
    const read = remix?.readArguments(['video_1', { prompt: 'At night' }, options]);
    expect(read && requestView(read)).toEqual({ prompt: 'At night', video: { id: 'video_1' } });
    expect(read?.options).toBe(options);
  });
});

describe('A video job', () => {
  const job = {
    id: 'video_1',
    object: 'video',
    model: 'sora-2',
    status: 'queued',
    seconds: '4',
    error: null,
  };

  it.each([
    ['a queued job', job, { id: 'video_1', model: 'sora-2' }],
    [
      'a failed job',
      { ...job, status: 'failed', error: { code: 'moderation_blocked', message: 'Blocked.' } },
      {
        id: 'video_1',
        model: 'sora-2',
        failure: {
          type: 'moderation_blocked',
          message: 'Blocked.',
          plainMessage: 'the generation of the video failed',
        },
      },
    ],
    [
      'a job that failed without a reason',
      { id: 'video_1', status: 'failed' },
      {
        id: 'video_1',
        failure: {
          type: '_OTHER',
          message: 'the generation of the video failed',
          plainMessage: 'the generation of the video failed',
        },
      },
    ],
  ])('is read from %s', (_what, value, expected) => {
    expect(create?.readResponse(value, {})).toEqual(expected);
  });

  it('is the output', () => {
    expect(create?.outputMessages?.(job)).toEqual([
      { role: 'assistant', parts: [{ type: 'video_job', id: 'video_1', status: 'queued', seconds: '4' }] },
    ]);
  });

  it.each([null, undefined, 'video_1', [job], {}, { id: '' }])('is not %j', (value) => {
    expect(create?.readResponse(value, {})).toBeUndefined();
    expect(create?.outputMessages?.(value)).toEqual([]);
  });
});
