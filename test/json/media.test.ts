import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/json/json.js';
import { textWithoutMedia, withoutMedia } from '../../src/json/media.js';

const PNG = `iVBORw0KGgo${'A'.repeat(89)}`;
const WAV = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), Buffer.alloc(90)]).toString('base64');
const NOISE = createHash('sha512')
  .update('seed')
  .digest('base64')
  .replace(/=+$/, '')
  .repeat(16)
  .slice(0, 1200);

function digest(base64: string, mime_type?: string) {
  const bytes = Buffer.from(base64, 'base64');
  return {
    ...(mime_type !== undefined && { mime_type }),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
}

describe('Base64 in content becomes its type, size and hash', () => {
  it.each<[where: string, value: JsonValue, expected: JsonValue]>([
    ['a data URL', `data:image/png;base64,${PNG}`, digest(PNG, 'image/png')],
    ['a data URL with parameters', `data:audio/wav;rate=8;base64,${WAV}`, digest(WAV, 'audio/wav')],
    [
      "an image in MCP's content",
      { content: [{ type: 'image', data: 'aGVsbG8=', mimeType: 'image/webp' }] },
      {
        content: [{ type: 'image', data: digest('aGVsbG8=', 'image/webp'), mimeType: 'image/webp' }],
      },
    ],
    [
      "audio in MCP's content",
      { type: 'audio', data: WAV, mimeType: 'audio/wav' },
      { type: 'audio', data: digest(WAV, 'audio/wav'), mimeType: 'audio/wav' },
    ],
    [
      "a resource in MCP's content",
      { resource: { uri: 'file:///a.pdf', blob: 'JVBERi0x', mimeType: 'application/pdf' } },
      {
        resource: {
          uri: 'file:///a.pdf',
          blob: digest('JVBERi0x', 'application/pdf'),
          mimeType: 'application/pdf',
        },
      },
    ],
    [
      'a blob of the convention',
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: 'iVBOR' },
      { type: 'blob', modality: 'image', ...digest('iVBOR', 'image/png') },
    ],
    ['an image of the image API', { b64_json: PNG }, { b64_json: digest(PNG, 'image/png') }],
    [
      'a file',
      { file_data: `data:application/pdf;base64,JVBERi0x` },
      { file_data: digest('JVBERi0x', 'application/pdf') },
    ],
    [
      'sound of a request',
      { input_audio: { data: 'aGVsbG8=', format: 'mp3' } },
      { input_audio: { data: digest('aGVsbG8='), format: 'mp3' } },
    ],
    [
      "an image of the Agents SDK's tool output",
      { type: 'image', image: { data: PNG, mediaType: 'image/png' } },
      { type: 'image', image: { data: digest(PNG, 'image/png'), mediaType: 'image/png' } },
    ],
    [
      'a generated image',
      { type: 'image_generation_call', result: PNG },
      { type: 'image_generation_call', result: digest(PNG, 'image/png') },
    ],
    ['a picture without a label', { screenshot: PNG }, { screenshot: digest(PNG, 'image/png') }],
    ['long base64 of an unknown kind', [NOISE], [digest(NOISE)]],
    [
      'a data URL within Markdown',
      { type: 'text', content: `See ![a](data:image/png;base64,${PNG}) and go.` },
      {
        type: 'text',
        content: `See ![a]([image/png: ${digest(PNG).bytes} bytes, sha256 ${digest(PNG).sha256}]) and go.`,
      },
    ],
    [
      'a text part that is nothing but a data URL stays a text',
      { type: 'text', content: `data:image/png;base64,${PNG}` },
      { type: 'text', content: `[image/png: ${digest(PNG).bytes} bytes, sha256 ${digest(PNG).sha256}]` },
    ],
  ])('%s', (_where, value, expected) => {
    expect(withoutMedia(value)).toStrictEqual(expected);
  });

  it.each<[what: string, value: JsonValue]>([
    ['a text', 'All is well. '.repeat(200)],
    ['a text of one letter', 'a'.repeat(5000)],
    ['a hash in hexadecimal', '0123456789abcdef'.repeat(100)],
    ['a key', 'sk-proj-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'],
    ['the address of a picture', { image_url: { url: `https://host/${'a/'.repeat(600)}` } }],
    ['data of another kind', { data: 'aGVsbG8=', name: 'greeting' }],
    ['numbers, null and lists', [1, null, true, [{}], { data: 5, type: 'image' }]],
  ])('leaves %s as it is, and is then the very value', (_what, value) => {
    expect(withoutMedia(value)).toBe(value);
  });

  it('does not change the value that it is given', () => {
    const value = { a: [{ b64_json: PNG }], b: { c: 1 } };
    const before = structuredClone(value);
    const result = withoutMedia(value);
    expect(value).toStrictEqual(before);
    expect(result.b).toBe(value.b);
  });

  it('keeps a text a text where only a text may stand', () => {
    expect(textWithoutMedia(PNG)).toBe(
      `[image/png: ${digest(PNG).bytes} bytes, sha256 ${digest(PNG).sha256}]`,
    );
    expect(textWithoutMedia('Hello')).toBe('Hello');
  });

  it('takes linear time for megabytes, whatever they are', () => {
    const hostile = [
      'data:image/png;'.repeat(200_000),
      `data:image/png;base64,${'A'.repeat(8_000_000)}`,
      `${'A'.repeat(4_000_000)}!`,
      ';base64,'.repeat(400_000),
      'data:a/b;base64,'.repeat(200_000),
    ];
    const began = performance.now();
    withoutMedia(hostile);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
