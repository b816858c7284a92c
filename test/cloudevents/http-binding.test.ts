import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudEventShape } from '../../src/cloudevents/cloud-event.js';
import {
  decodeHeaderValue,
  encodeHeaderValue,
  fromHttpMessage,
  type HttpContentMode,
  toHttpBatch,
  toHttpMessage,
} from '../../src/cloudevents/http-binding.js';

const EVENT: CloudEventShape = { specversion: '1.0', id: '1', source: '/s', type: 't' };

describe('A header value', () => {
  test.each([
    ['Euro € 😀', 'Euro%20%E2%82%AC%20%F0%9F%98%80'],
    ['100% "sure"', '100%25%20%22sure%22'],
    ['%41', '%2541'],
    ["!#$&'()*+,-./:;<=>?@[\\]^_`{|}~", "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"],
    ['\t\r\n\u0000\u007f\u0085', '%09%0D%0A%00%7F%C2%85'],
    ['', ''],
  ])('for %j is %s, and back', (value, encoded) => {
    expect(encodeHeaderValue(value)).toBe(encoded);
    expect(decodeHeaderValue(encoded)).toBe(value);
  });

  test.each([
    ['"Euro € 😀"', 'Euro € 😀'],
    ['"a \\"b\\" \\\\c"', 'a "b" \\c'],
    ['"%41"', 'A'],
    ['%41%62', 'Ab'],
    ['%e2%82%ac', '€'],
    ['%2541', '%41'],
    ['50%', '50%'],
    ['a "b" c', 'a "b" c'],
    ['"a" "b"', '"a" "b"'],
  ])('%j of another sender is read as %j', (encoded, value) => {
    expect(decodeHeaderValue(encoded)).toBe(value);
  });

  test.each(['%C0%A0', '%ff', '%E2%82', '%ED%A0%80'])('%s, which is not UTF-8, is refused', (encoded) => {
    expect(() => decodeHeaderValue(`a${encoded}`)).toThrow('is not UTF-8 where it is percent-encoded');
  });
});

describe('An HTTP message', () => {
  test('in binary mode has the attributes in its headers', () => {
    const event = {
      ...EVENT,
      subject: 'ä b',
      count: 5,
      yes: true,
      datacontenttype: 'application/json; charset=utf-8',
      data: { a: 1 },
    };
    const { headers, body } = toHttpMessage(event, 'binary');
    expect(headers).toStrictEqual({
      'content-type': 'application/json; charset=utf-8',
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-subject': '%C3%A4%20b',
      'ce-count': '5',
      'ce-yes': 'true',
    });
    expect(body.toString()).toBe('{"a":1}');
    expect(fromHttpMessage(headers, body)).toEqual([{ ...event, count: '5', yes: 'true' }]);
  });

  test('without data has no content type and no body', () => {
    expect(toHttpMessage(EVENT, 'binary')).toMatchObject({ body: Buffer.alloc(0) });
    expect(toHttpMessage(EVENT, 'binary').headers).not.toHaveProperty('content-type');
  });

  test('says in binary mode that data without a media type is JSON', () => {
    const { headers, body } = toHttpMessage({ ...EVENT, data: 'text' }, 'binary');
    expect([headers['content-type'], body.toString()]).toEqual(['application/json', '"text"']);
  });

  test('uses the JSON of the data that is at hand', () => {
    const text = '{"n":9007199254740993}';
    for (const mode of ['structured', 'binary'] as const) {
      expect(toHttpMessage({ ...EVENT, data: JSON.parse(text) }, mode, text).body.toString()).toContain(text);
    }
    const event = { ...EVENT, data: JSON.parse(text) };
    expect(toHttpBatch([{ event, dataText: text }]).body.toString()).toContain(text);
  });

  test('refuses data that is neither JSON nor text', () => {
    const event = { ...EVENT, datacontenttype: 'text/plain', data: { a: 1 } };
    expect(() => toHttpMessage(event, 'binary')).toThrow(
      'the data of the CloudEvent 1 is an object; with the datacontenttype "text/plain" it must be a string',
    );
  });

  test.each([
    [{ 'content-type': 'application/cloudevents+avro' }, 'x', 'is not JSON, the only one that is read'],
    [{ 'content-type': 'application/cloudevents' }, '{}', 'is not JSON, the only one that is read'],
    [{ 'content-type': 'application/cloudevents+json' }, '{"specversion":"1.0"', 'not JSON'],
    [{ 'content-type': 'application/cloudevents+json' }, '[]', 'not a CloudEvent: an empty array'],
    [
      { 'content-type': 'application/cloudevents-batch+json' },
      '{}',
      'the batch of CloudEvents is not an array',
    ],
    [{ 'content-type': 'application/cloudevents-batch+json' }, '[1]', 'not a CloudEvent: 1'],
    [{}, '', '"specversion" is undefined'],
    [{ 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 't' }, '', '"source" is undefined'],
    [
      {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-type': 't',
        'ce-source': '/s',
        'content-type': 'text/json',
      },
      '{',
      'the data of the message is not JSON, which its "text/json" says',
    ],
  ])('with %j and %s is refused', (headers, body, message) => {
    expect(() => fromHttpMessage(headers, body)).toThrow(message);
  });

  test('may have names in any case, headers of fetch, and a content type twice', () => {
    const headers = { 'CE-SpecVersion': '1.0', 'Ce-Id': '1', 'ce-type': 't', 'ce-source': '/s' };
    const text = {
      ...headers,
      'Content-Type': 'TEXT/Plain',
      'ce-datacontenttype': 'text/html',
      'ce-data': 'x',
    };
    const expected = [{ ...EVENT, datacontenttype: 'TEXT/Plain', data: 'hi' }];
    expect(fromHttpMessage(text, 'hi')).toEqual(expected);
    expect(fromHttpMessage(new Headers(text), Buffer.from('hi'))).toEqual(expected);
  });

  test('reads unset attributes of the JSON format as absent, and null data as null', () => {
    const body = JSON.stringify({ ...EVENT, subject: null, data: null });
    expect(fromHttpMessage({ 'content-type': 'application/cloudevents+json' }, body)).toStrictEqual([
      { ...EVENT, data: null },
    ]);
  });

  test('refuses both data and data_base64', () => {
    const body = JSON.stringify({ ...EVENT, data: 1, data_base64: '' });
    expect(() => fromHttpMessage({ 'content-type': 'application/cloudevents+json' }, body)).toThrow(
      'has both "data" and "data_base64"',
    );
  });
});

describe('Over a real connection', () => {
  const received: { headers: IncomingMessage['headers']; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks) });
        response.end();
      });
  });
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => server.close());

  test.each<[HttpContentMode, CloudEventShape]>(
    (['structured', 'binary'] as const).flatMap((mode) =>
      [
        { ...EVENT },
        {
          ...EVENT,
          subject: 'Grüße "100%"\u00a0🙂 \u{10ffff}',
          datacontenttype: 'application/json',
          data: null,
        },
        { ...EVENT, datacontenttype: 'application/octet-stream', data_base64: 'AP+A' },
        { ...EVENT, datacontenttype: 'text/plain; charset=utf-8', data: 'ä\r\n' },
        { ...EVENT, datacontenttype: 'application/xml', data: '<a/>' },
      ].map((event): [HttpContentMode, CloudEventShape] => [mode, event]),
    ),
  )('an event in %s mode stays as it is: %j', async (mode, event) => {
    const { headers, body } = toHttpMessage(event, mode);
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body });
    const { headers: got, body: gotBody } = received.at(-1) as (typeof received)[number];
    expect(fromHttpMessage(got, gotBody)).toEqual([event]);
  });
});
