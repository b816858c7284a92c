import OpenAI, { toFile } from 'openai';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.js';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();
const model = 'gpt-image-1';
const prompt = 'A cat on a mat, in oil';
const PNG = /^iVBORw0KGgo/;

/** Four tokens of text would be 16 characters. */
const TEXT_TOKENS = 6;

function picture(name = 'cat.png'): Promise<File> {
  return toFile(Buffer.from('no picture'), name, { type: 'image/png' });
}

function usage(text: number, image: number, output: number) {
  return {
    input_tokens: text + image,
    input_tokens_details: { text_tokens: text, image_tokens: image },
    output_tokens: output,
    output_tokens_details: { text_tokens: 0, image_tokens: output },
    total_tokens: text + image + output,
  };
}

describe('generations', () => {
  test('have the documented fields', async () => {
    expect(await clientOf(server()).images.generate({ model, prompt })).toEqual({
      created: expect.any(Number),
      data: [{ b64_json: expect.stringMatching(PNG) }],
      size: '1024x1024',
      quality: 'medium',
      background: 'opaque',
      output_format: 'png',
      usage: usage(TEXT_TOKENS, 0, 1056),
    });
  });

  test('have the requested number and settings', async () => {
    const images = await clientOf(server()).images.generate({
      model,
      prompt,
      n: 3,
      size: '1536x1024',
      quality: 'high',
      background: 'transparent',
      output_format: 'webp',
    });
    expect(images).toMatchObject({
      size: '1536x1024',
      quality: 'high',
      background: 'transparent',
      output_format: 'webp',
      usage: usage(TEXT_TOKENS, 0, 12_480),
    });
    expect(images.data).toHaveLength(3);
  });

  test.each<[string, OpenAI.ImageGenerateParamsNonStreaming, object]>([
    ['links for older models', { model: 'dall-e-2', prompt }, { url: expect.stringMatching(/^https:/) }],
    [
      'a prompt of its own',
      { model: 'dall-e-3', prompt },
      { url: expect.any(String), revised_prompt: `A detailed picture: ${prompt}` },
    ],
    [
      'base64 on request',
      { model: 'dall-e-2', prompt, response_format: 'b64_json' },
      { b64_json: expect.stringMatching(PNG) },
    ],
    [
      'a link on request',
      { model, prompt, response_format: 'url' },
      { url: expect.stringMatching(/^https:/) },
    ],
  ])('%s', async (_what, params, image) => {
    const images = await clientOf(server()).images.generate(params);
    expect(images.data).toEqual([image]);
    expect('usage' in images).toBe(params.model === model);
  });

  test('are streamed from coarse to fine', async () => {
    const stream = await clientOf(server()).images.generate({
      model,
      prompt,
      stream: true,
      partial_images: 2,
    });
    const base = {
      b64_json: expect.stringMatching(PNG),
      created_at: expect.any(Number),
      size: '1024x1024',
      quality: 'medium',
      background: 'opaque',
      output_format: 'png',
    };
    expect(await collect(stream)).toEqual([
      { type: 'image_generation.partial_image', ...base, partial_image_index: 0 },
      { type: 'image_generation.partial_image', ...base, partial_image_index: 1 },
      { type: 'image_generation.completed', ...base, usage: usage(TEXT_TOKENS, 0, 1056) },
    ]);
  });
});

describe('edits', () => {
  test('count their input images and the mask', async () => {
    const images = await clientOf(server()).images.edit({
      model,
      prompt,
      image: [await picture(), await picture('dog.png')],
      mask: await picture('mask.png'),
      n: 2,
    });
    expect(images.data).toHaveLength(2);
    expect(images.usage).toEqual(usage(TEXT_TOKENS, 582, 2112));
    expect(server().requests.at(-1)?.body).toEqual({
      model,
      prompt,
      n: '2',
      image: [
        { filename: 'cat.png', type: 'image/png', size: 10 },
        { filename: 'dog.png', type: 'image/png', size: 10 },
      ],
      mask: { filename: 'mask.png', type: 'image/png', size: 10 },
    });
  });

  test('are streamed', async () => {
    const stream = await clientOf(server()).images.edit({
      model,
      prompt,
      image: await picture(),
      stream: true,
      partial_images: 1,
    });
    expect((await collect(stream)).map((event) => event.type)).toEqual([
      'image_edit.partial_image',
      'image_edit.completed',
    ]);
  });
});

test('variations', async () => {
  const images = await clientOf(server()).images.createVariation({ image: await picture(), n: 2 });
  expect(images).toEqual({
    created: expect.any(Number),
    data: [{ url: expect.any(String) }, { url: expect.any(String) }],
  });
  expect(images.data?.[0]).not.toEqual(images.data?.[1]);
});

test('A request without a required parameter is rejected', async () => {
  const form = new FormData();
  form.set('prompt', prompt);
  const response = await fetch(`${server().url}/images/edits`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-local' },
    body: form,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { param: 'image', type: 'invalid_request_error' } });
  await expect(clientOf(server()).images.generate({ model: 'nobody', prompt })).rejects.toBeInstanceOf(
    OpenAI.NotFoundError,
  );
});
