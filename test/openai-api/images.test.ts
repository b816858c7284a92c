import { describe, expect, it } from 'vitest';
import type { ChunkAccumulator } from '../../src/openai-api/client-operation.js';
import {
  ImageChunks,
  images,
  imagesOutputMessages,
  imagesRequestAttributes,
  imagesRequestDetails,
  readImagesResponse,
} from '../../src/openai-api/images.js';
import { blob } from '../harness/blob.js';

const ALWAYS = { 'gen_ai.output.type': 'image' };
const file = new File(['12345'], 'cat.png', { type: 'image/png' });
const upload = {
  type: 'file_upload',
  modality: 'image',
  name: 'cat.png',
  size: 5,
  mime_type: 'image/png',
};
const picture = (content: string, mime_type = 'image/png') => blob('image', content, mime_type);
const usage = {
  input_tokens: 50,
  input_tokens_details: { image_tokens: 40, text_tokens: 10 },
  output_tokens: 200,
  output_tokens_details: { image_tokens: 190, text_tokens: 10 },
};
const readUsage = {
  inputTokens: 50,
  outputTokens: 200,
  text: { inputTokens: 10, outputTokens: 10 },
  image: { inputTokens: 40, outputTokens: 190 },
};

describe('request', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    ['nothing', {}, {}],
    ['model', { model: 'gpt-image-2' }, { 'gen_ai.request.model': 'gpt-image-2' }],
    ['several images', { n: 3 }, { 'gen_ai.request.choice.count': 3 }],
    ['one image, which needs no saying', { n: 1 }, {}],
    ['stream', { stream: true }, { 'gen_ai.request.stream': true }],
    ['members of a wrong type', { model: null, n: '3', stream: 'true' }, {}],
  ])('reads %s', (_what, request, expected) => {
    expect(imagesRequestAttributes(request)).toEqual({ ...ALWAYS, ...expected });
  });

  it.each<[what: string, request: Record<string, unknown>, parts: unknown[]]>([
    ['a prompt', { prompt: 'A cat' }, [{ type: 'text', content: 'A cat' }]],
    ['an image', { image: file }, [upload]],
    [
      'images and a prompt',
      { prompt: 'Mix', image: [file, file] },
      [{ type: 'text', content: 'Mix' }, upload, upload],
    ],
    [
      'an image, a mask and markup, each with its use',
      { image: file, mask: file, markup: file },
      [upload, { ...upload, use: 'mask' }, { ...upload, use: 'markup' }],
    ],
  ])('holds %s', (_what, request, parts) => {
    expect(imagesRequestDetails(request)).toStrictEqual({ messages: [{ role: 'user', parts }] });
  });

  it('is empty without a prompt and images', () => {
    expect(imagesRequestDetails({ prompt: '', image: null })).toStrictEqual({ messages: [] });
  });
});

describe('response', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    ['usage by modality', { created: 1, data: [], usage }, { usage: readUsage }],
    [
      'usage without details of the output',
      { data: [], usage: { ...usage, output_tokens_details: undefined } },
      {
        usage: {
          inputTokens: 50,
          outputTokens: 200,
          text: { inputTokens: 10 },
          image: { inputTokens: 40 },
        },
      },
    ],
    ['no usage, as older models', { created: 1, data: [{ url: 'https://host/cat.png' }] }, {}],
    ['no images', { created: 1 }, {}],
  ])('says %s', (_what, value, expected) => {
    expect(readImagesResponse(value)).toEqual(expected);
  });

  it.each([null, undefined, 'cat', [], {}, { data: 'cat' }, { created: '1' }])('is not %j', (value) => {
    expect(readImagesResponse(value)).toBeUndefined();
  });

  it.each<[what: string, value: unknown, parts: unknown[][]]>([
    ['an image', { data: [{ b64_json: 'aaaa' }] }, [[picture('aaaa')]]],
    [
      'its format',
      { output_format: 'webp', data: [{ b64_json: 'aaaa' }] },
      [[picture('aaaa', 'image/webp')]],
    ],
    [
      'a drawing',
      { output_format: 'svg', data: [{ b64_json: 'aaaa' }] },
      [[picture('aaaa', 'image/svg+xml')]],
    ],
    [
      'an image by its address',
      { data: [{ url: 'https://host/cat.png' }] },
      [[{ type: 'uri', modality: 'image', uri: 'https://host/cat.png' }]],
    ],
    [
      'the prompt that was really used',
      { data: [{ b64_json: 'aaaa', revised_prompt: 'A grey cat' }] },
      [[picture('aaaa'), { type: 'revised_prompt', content: 'A grey cat' }]],
    ],
    [
      'several images, each an answer',
      { data: [{ b64_json: 'a' }, { b64_json: 'b' }] },
      [[picture('a')], [picture('b')]],
    ],
    ['images that are none', { data: [null, 'cat', { b64_json: 5, url: null }] }, [[]]],
    ['nothing', undefined, []],
  ])('holds %s', (_what, value, parts) => {
    expect(imagesOutputMessages(value)).toStrictEqual(
      parts.map((each) => ({ role: 'assistant', parts: each })),
    );
  });
});

describe('stream', () => {
  const partial = (kind: string) => ({
    type: `${kind}.partial_image`,
    b64_json: 'part',
    partial_image_index: 0,
  });
  const completed = (kind: string, b64_json: string) => ({
    type: `${kind}.completed`,
    b64_json,
    output_format: 'jpeg',
    usage,
  });

  function accumulate(events: readonly unknown[], keepContent = true): ChunkAccumulator {
    const chunks = new ImageChunks(keepContent);
    for (const event of events) chunks.add(event);
    return chunks;
  }

  it.each(['image_generation', 'image_edit'])('%s has the completed image', (kind) => {
    const events = [partial(kind), partial(kind), completed(kind, 'done')];
    const { response, complete } = accumulate(events);
    expect(complete).toBe(true);
    expect(imagesOutputMessages(response)).toStrictEqual([
      { role: 'assistant', parts: [picture('done', 'image/jpeg')] },
    ]);
    expect(readImagesResponse(response)).toEqual({ usage: readUsage });
  });

  it('has no image until one is completed', () => {
    const { response, complete } = accumulate([partial('image_generation')]);
    expect(complete).toBe(false);
    expect(imagesOutputMessages(response)).toStrictEqual([]);
    expect(readImagesResponse(response)).toEqual({});
  });

  it('keeps no image without content', () => {
    const events = [partial('image_generation'), completed('image_generation', 'done')];
    const { response, complete } = accumulate(events, false);
    expect(complete).toBe(true);
    expect(response).toStrictEqual({ data: [], output_format: 'jpeg', usage });
  });

  it.each([null, undefined, 'image_edit.completed', 5, {}, [completed('image_edit', 'x')]])(
    'takes no harm from %j',
    (event) => {
      expect(accumulate([event]).response).toStrictEqual({ data: [] });
    },
  );
});

describe('operations', () => {
  it('are three methods of one kind', () => {
    expect(images.map(({ resource, method }) => [...resource, method])).toStrictEqual([
      ['Images', 'generate'],
      ['Images', 'edit'],
      ['Images', 'createVariation'],
    ]);
    for (const { choiceCount, accumulateChunks } of images) {
      expect(choiceCount).toBeUndefined();
      expect(accumulateChunks?.(true)).toBeInstanceOf(ImageChunks);
    }
  });
});
