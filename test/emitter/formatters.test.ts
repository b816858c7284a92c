import { describe, expect, test } from 'vitest';
import {
  BinaryFormatter,
  CloudEventFormatError,
  type CloudEventShape,
  JsonFormatter,
  type JsonFormatterOptions,
} from '../../src/emitter/index.js';

const EVENT: CloudEventShape = {
  specversion: '1.0',
  id: '1',
  source: '/s',
  type: 't',
  subject: 'ä',
  data: { list: [1, null], text: 'a\nb' },
};
const LINE =
  '{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"ä","data":{"list":[1,null],"text":"a\\nb"}}';

describe('JsonFormatter', () => {
  test('is compact unless it is to be pretty', () => {
    expect(new JsonFormatter().format(EVENT)).toBe(LINE);
    expect(new JsonFormatter({ pretty: false }).format(EVENT)).toBe(LINE);
  });

  test.each([
    [{ pretty: true }, 2],
    [{ pretty: true, indent: 4 }, 4],
  ])('indents with %j by %i', (options, indent) => {
    const formatter = new JsonFormatter(options);
    expect(formatter.format(EVENT)).toBe(JSON.stringify(JSON.parse(LINE), null, indent));
    expect(formatter.formatBatch([EVENT])).toBe(JSON.stringify([JSON.parse(LINE)], null, indent));
    expect(formatter.parse(formatter.format(EVENT))).toEqual(EVENT);
    expect(formatter.parseBatch(formatter.formatBatch([EVENT, EVENT]))).toEqual([EVENT, EVENT]);
  });

  test('writes and reads JSON Lines, whatever its options are', () => {
    for (const formatter of [new JsonFormatter(), new JsonFormatter({ pretty: true })]) {
      expect(formatter.formatLines([EVENT, EVENT])).toBe(`${LINE}\n${LINE}\n`);
      expect(formatter.parseLines(`${LINE}\r\n\n${LINE}`)).toEqual([EVENT, EVENT]);
      expect(formatter.formatLines([])).toBe('');
    }
  });

  test.each([
    ['parse', 'no', /^not JSON: /],
    ['parse', '[]', /^not a CloudEvent: an empty array$/],
    ['parse', '{"specversion":"1.0","id":"1","source":"/s"}', /^not a CloudEvent: "type" is undefined/],
    ['parseBatch', '{}', /^the batch of CloudEvents is not an array$/],
    ['parseLines', `${LINE}\n{}`, /^line 2: not a CloudEvent of version 1.0: "specversion" is undefined$/],
  ] as const)('%s refuses %s', (method, text, message) => {
    expect(() => new JsonFormatter()[method](text)).toThrow(CloudEventFormatError);
    expect(() => new JsonFormatter()[method](text)).toThrow(message);
  });

  test.each([
    [{ indent: 4 }, 'option "indent" needs "pretty"; set it to true, or leave "indent" out'],
    [{ pretty: true, indent: 11 }, 'option "indent" is 11; it must be a whole number from 1 to 10'],
    [{ pretty: 1 }, 'option "pretty" is 1; it must be true or false'],
    [{ lines: true }, 'unknown option "lines"; known options: pretty, indent'],
  ])('refuses the options %j', (options, problem) => {
    expect(() => new JsonFormatter(options as JsonFormatterOptions)).toThrow(problem);
  });
});

describe('BinaryFormatter', () => {
  const formatter = new BinaryFormatter();

  test('writes headers and a body, and reads them', () => {
    const { headers, body } = formatter.format(EVENT);
    expect(headers).toStrictEqual({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-subject': '%C3%A4',
    });
    expect(body.toString()).toBe('{"list":[1,null],"text":"a\\nb"}');
    expect(formatter.parse(headers, body)).toEqual({ ...EVENT, datacontenttype: 'application/json' });
  });

  test('reads a CloudEvent as data if the headers say that it is', () => {
    const headers = {
      ...formatter.format({ ...EVENT, data: undefined }).headers,
      'content-type': 'application/cloudevents+json',
    };
    expect(formatter.parse(headers, LINE).data).toEqual(JSON.parse(LINE));
  });

  test('refuses headers that are not those of a CloudEvent', () => {
    expect(() => formatter.parse({ 'content-type': 'application/cloudevents+json' }, LINE)).toThrow(
      'not a CloudEvent of version 1.0',
    );
  });
});
