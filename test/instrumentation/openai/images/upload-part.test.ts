import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { uploadPart } from '../../../../src/instrumentation/openai/images/upload-part.js';

const upload = (members: Record<string, unknown>) => ({ type: 'file_upload', modality: 'image', ...members });

describe('uploadPart', () => {
  it.each<[what: string, file: unknown, expected: Record<string, unknown>]>([
    [
      'a File',
      new File(['12345'], 'cat.png', { type: 'image/png' }),
      { name: 'cat.png', size: 5, mime_type: 'image/png' },
    ],
    ['a Blob', new Blob(['12345'], { type: 'image/png' }), { size: 5, mime_type: 'image/png' }],
    ['a Blob of no type', new Blob(['12345']), { size: 5 }],
    ["a stream's path, without its folders", { path: '/home/ada/cat.png' }, { name: 'cat.png' }],
    ['a path of Windows', { path: 'C:\\Users\\ada\\cat.png' }, { name: 'cat.png' }],
    ['an answer of fetch', { url: 'https://host/a/cat.png?key=secret', type: 'basic' }, { name: 'cat.png' }],
    ['an address without a file', { url: 'https://host/' }, {}],
    ['an address that is none', { url: 'cat.png' }, {}],
    ['a promise', Promise.resolve(new File(['1'], 'cat.png')), {}],
    ['bytes', new Uint8Array([1, 2, 3]), {}],
    ['members of a wrong type', { name: 5, path: Buffer.from('cat.png'), size: '5', type: null }, {}],
    ['a text', 'cat.png', {}],
    ['null', null, {}],
  ])('describes %s', (_what, file, expected) => {
    expect(uploadPart('image', file)).toStrictEqual(upload(expected));
  });

  it('reads what the client makes of bytes', async () => {
    const file = await toFile(Buffer.from('12345'), 'cat.png', { type: 'image/png' });
    expect(uploadPart('image', file)).toStrictEqual(
      upload({ name: 'cat.png', size: 5, mime_type: 'image/png' }),
    );
  });

  it('leaves a stream unread', async () => {
    const stream = createReadStream(fileURLToPath(import.meta.url));
    expect(uploadPart('image', stream)).toStrictEqual(upload({ name: 'upload-part.test.ts' }));
    expect(stream.readableFlowing).toBeNull();
    expect(stream.bytesRead).toBe(0);
    stream.destroy();
    await once(stream, 'close');
  });

  it('leaves the body of an answer unread', () => {
    const answer = new Response('12345');
    uploadPart('image', answer);
    expect(answer.bodyUsed).toBe(false);
  });
});
