import { describe, expect, it } from 'vitest';
import { audioPart, filePart, mediaPart } from '../../../src/instrumentation/openai/media-part.js';

describe('mediaPart', () => {
  it.each<[what: string, url: string, expected: unknown]>([
    [
      'an address',
      'https://host/cat.png?x=1',
      { type: 'uri', modality: 'image', uri: 'https://host/cat.png?x=1' },
    ],
    [
      'a data URL',
      'data:image/png;base64,iVBOR',
      { type: 'blob', modality: 'image', content: 'iVBOR', mime_type: 'image/png' },
    ],
    [
      'a data URL with parameters',
      'data:text/plain;charset=utf-8;name=a.txt;base64,aGk=',
      { type: 'blob', modality: 'image', content: 'aGk=', mime_type: 'text/plain' },
    ],
    [
      'a data URL without a media type',
      'data:;base64,aGk=',
      { type: 'blob', modality: 'image', content: 'aGk=' },
    ],
    [
      'a data URL without content',
      'data:image/png;base64,',
      { type: 'blob', modality: 'image', content: '', mime_type: 'image/png' },
    ],
    [
      'a data URL in capitals, which are no others',
      'DATA:image/png;BASE64,iVBOR',
      { type: 'blob', modality: 'image', content: 'iVBOR', mime_type: 'image/png' },
    ],
    [
      'a comma within the content',
      'data:image/png;base64,iV,BOR',
      { type: 'blob', modality: 'image', content: 'iV,BOR', mime_type: 'image/png' },
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

  it('keeps a large content whole', () => {
    const content = 'A'.repeat(2_000_000);
    expect(mediaPart('image', `data:image/png;base64,${content}`)).toStrictEqual({
      type: 'blob',
      modality: 'image',
      content,
      mime_type: 'image/png',
    });
  });

  it.each([';', ';a', ';a=b', ',', 'data:;'])('is done with a hostile header of many %s', (piece) => {
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
      { type: 'blob', modality: 'document', content: 'JVBER', mime_type: 'application/pdf' },
    ],
    // The API takes the content alone too; it is no address.
    [
      'the content alone',
      { file_data: 'JVBERi0x', filename: 'a.pdf' },
      { type: 'blob', modality: 'document', content: 'JVBERi0x' },
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
  const audio = (content: string, mime_type: string) => ({
    type: 'blob',
    modality: 'audio',
    content,
    mime_type,
  });

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
