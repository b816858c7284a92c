import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { audioPart, filePart, mediaPart, uploadPart } from '../../src/openai-api/message-parts.js';
import { blob } from '../harness/blob.js';

describe('mediaPart', () => {
  it.each<[what: string, url: string, expected: unknown]>([
    [
      'an address',
      'https://host/cat.png?x=1',
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png?x=1' },
    ],
    ['a data URL', 'data:image/png;base64,iVBOR', blob('image', 'iVBOR', 'image/png')],
    [
      'a data URL with parameters',
      'data:text/plain;charset=utf-8;name=a.txt;base64,aGk=',
      blob('image', 'aGk=', 'text/plain'),
    ],
    ['a data URL without a media type', 'data:;base64,aGk=', blob('image', 'aGk=')],
    [
      'a data URL in plain text, which becomes base64',
      'data:text/plain;charset=utf-8,Gr%C3%BC%C3%9Fe%20%25',
      blob('image', 'R3LDvMOfZSAl', 'text/plain'),
    ],
    [
      'a data URL with characters that should be escaped',
      'data:image/svg+xml,<svg>ü</svg>',
      blob('image', 'PHN2Zz7DvDwvc3ZnPg==', 'image/svg+xml'),
    ],
    [
      'a data URL of bytes that are no text, and with escapes that are none',
      'data:,%FF%00%zz%',
      blob('image', '/wAlenol'),
    ],
    ['base64 with escapes', 'data:image/png;base64,iV%2BB%2FA%3D%3D', blob('image', 'iV+B/A==', 'image/png')],
    [
      'a data URL that ends before its content',
      'data:image/png;base64',
      { type: 'uri', modality: 'image', uri: 'data:image/png;base64' },
    ],
    ['a data URL without content', 'data:image/png;base64,', blob('image', '', 'image/png')],
    [
      'a data URL in capitals, which are no others',
      'DATA:image/png;BASE64,iVBOR',
      blob('image', 'iVBOR', 'image/png'),
    ],
    ['a comma within the content', 'data:image/png;base64,iV,BOR', blob('image', 'iV,BOR', 'image/png')],
    [
      'a data URL that is no base64, as base64',
      'data:text/plain;charset=utf-8,caf%C3%A9%20%f0%9f%98%80',
      blob('image', 'Y2Fmw6kg8J+YgA==', 'text/plain'),
    ],
    [
      'bytes that are no UTF-8',
      'data:application/octet-stream,%FF%00',
      blob('image', '/wA=', 'application/octet-stream'),
    ],
    ['an invalid escape', 'data:,100%25%zz%', blob('image', 'MTAwJSV6eiU=')],
    [
      'characters that should have been escaped',
      'data:image/svg+xml,<svg>é</svg>',
      blob('image', 'PHN2Zz7DqTwvc3ZnPg==', 'image/svg+xml'),
    ],
    [
      'base64 whose characters are escaped',
      'data:image/png;base64,ab%2Bc%2F%3D',
      blob('image', 'ab+c/=', 'image/png'),
    ],
    [
      'a parameter that is only called like base64',
      'data:text/plain;base64=no,hi',
      blob('image', 'aGk=', 'text/plain'),
    ],
    [
      'a data URL without a comma, which has no content',
      'data:image/png',
      { type: 'uri', modality: 'image', uri: 'data:image/png' },
    ],
    [
      'a file in a bucket',
      'gs://bucket/cat.png',
      { type: 'uri', modality: 'image', uri: 'gs://bucket/cat.png' },
    ],
    ['nothing', '', { type: 'uri', modality: 'image', uri: '' }],
    [
      'an address that speaks of data',
      'https://data:image/png;base64,x',
      { type: 'uri', modality: 'image', uri: 'https://data:image/png;base64,x' },
    ],
  ])('%s', (_what, url, expected) => {
    expect(mediaPart('image', url)).toStrictEqual(expected);
  });

  it('keeps large content whole', () => {
    const content = 'A'.repeat(2_000_000);
    expect(mediaPart('image', `data:image/png;base64,${content}`)).toStrictEqual(
      blob('image', content, 'image/png'),
    );
  });

  it('copes with a million escapes', () => {
    expect(mediaPart('image', `data:,${'%41'.repeat(1_000_000)}`)).toStrictEqual(
      blob('image', Buffer.alloc(1_000_000, 'A').toString('base64')),
    );
  });

  it.each([';', ';a', ';a=b', '%', 'data:;'])('copes with a hostile header of many %s', (piece) => {
    const url = `data:${piece.repeat(1_000_000)}`;
    expect(mediaPart('image', url)).toStrictEqual({ type: 'uri', modality: 'image', uri: url });
  });
});

describe('filePart', () => {
  it.each<[what: string, file: Record<string, unknown>, expected: unknown]>([
    ['an id', { file_id: 'file-1' }, { type: 'file', modality: 'document', file_id: 'file-1' }],
    [
      'an id beside an address',
      { file_id: 'file-1', file_url: 'https://h/a' },
      { type: 'file', modality: 'document', file_id: 'file-1' },
    ],
    [
      'an address',
      { file_url: 'https://h/a.pdf' },
      { type: 'uri', modality: 'document', uri: 'https://h/a.pdf' },
    ],
    [
      'a data URL',
      { file_data: 'data:application/pdf;base64,JVBER', filename: 'a.pdf' },
      blob('document', 'JVBER', 'application/pdf'),
    ],
    // The API takes the content alone too; it is no address.
    [
      'the content alone',
      { file_data: 'JVBERi0x', filename: 'a.pdf' },
      blob('document', 'JVBERi0x', 'application/pdf'),
    ],
    [
      'an empty id',
      { file_id: '', file_url: 'https://h/a' },
      { type: 'uri', modality: 'document', uri: 'https://h/a' },
    ],
    ['nothing', {}, { type: 'uri', modality: 'document', uri: '' }],
    [
      'members of a wrong type',
      { file_id: 5, file_data: {}, file_url: null },
      { type: 'uri', modality: 'document', uri: '' },
    ],
  ])('%s', (_what, file, expected) => {
    expect(filePart(file)).toStrictEqual(expected);
  });
});

describe('audioPart', () => {
  const audio = (content: string, mime_type: string) => blob('audio', content, mime_type);

  it.each<[what: string, inputAudio: unknown, expected: unknown]>([
    ['wav', { data: 'UklGR', format: 'wav' }, audio('UklGR', 'audio/wav')],
    ['mp3, whose media type has another name', { data: 'SUQz', format: 'mp3' }, audio('SUQz', 'audio/mpeg')],
    ['another format', { data: 'T2dnU', format: 'ogg' }, audio('T2dnU', 'audio/ogg')],
    ['no format', { data: 'UklGR' }, audio('UklGR', 'audio/wav')],
    ['members of a wrong type', { data: 5, format: {} }, audio('', 'audio/wav')],
    ['null', null, audio('', 'audio/wav')],
    ['a text', 'UklGR', audio('', 'audio/wav')],
  ])('%s', (_what, inputAudio, expected) => {
    expect(audioPart(inputAudio)).toStrictEqual(expected);
  });
});

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

  it('describes the file that the client makes of bytes', async () => {
    const file = await toFile(Buffer.from('12345'), 'cat.png', { type: 'image/png' });
    expect(uploadPart('image', file)).toStrictEqual(
      upload({ name: 'cat.png', size: 5, mime_type: 'image/png' }),
    );
  });

  it('does not read a stream', async () => {
    const stream = createReadStream(fileURLToPath(import.meta.url));
    expect(uploadPart('image', stream)).toStrictEqual(upload({ name: 'message-parts.test.ts' }));
    expect(stream.readableFlowing).toBeNull();
    expect(stream.bytesRead).toBe(0);
    stream.destroy();
    await once(stream, 'close');
  });

  it('does not read the body of a Response', () => {
    const answer = new Response('12345');
    uploadPart('image', answer);
    expect(answer.bodyUsed).toBe(false);
  });
});
