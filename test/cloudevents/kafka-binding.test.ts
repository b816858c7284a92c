import { describe, expect, test } from 'vitest';
import type { CloudEventShape } from '../../src/cloudevents/cloud-event.js';
import { fromKafkaMessage, toKafkaMessage } from '../../src/cloudevents/kafka-binding.js';

const EVENT: CloudEventShape = { specversion: '1.0', id: '1', source: '/s', type: 't' };

describe('A Kafka message', () => {
  test('in binary mode has the attributes in its headers, as UTF-8', () => {
    const event = {
      ...EVENT,
      subject: 'ä "%20"',
      partitionkey: 'p',
      count: 5,
      datacontenttype: 'application/json',
      data: [1],
    };
    expect(toKafkaMessage(event, 'binary')).toStrictEqual({
      key: 'p',
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: '1',
        ce_source: '/s',
        ce_type: 't',
        ce_subject: 'ä "%20"',
        ce_partitionkey: 'p',
        ce_count: '5',
      },
      value: Buffer.from('[1]'),
    });
  });

  test('in structured mode is the JSON format', () => {
    const event = { ...EVENT, data: { a: 1 } };
    const { key, headers, value } = toKafkaMessage(event, 'structured');
    expect({ key, headers }).toEqual({
      key: undefined,
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
    expect(JSON.parse(String(value))).toEqual(event);
  });

  test('has no value in binary mode if there is no data', () => {
    expect(toKafkaMessage(EVENT, 'binary').value).toBeNull();
    expect(toKafkaMessage({ ...EVENT, data_base64: '' }, 'binary').value).toEqual(Buffer.alloc(0));
  });

  test.each([
    [{ ...EVENT, partitionkey: 'p' }, undefined, 'p'],
    [{ ...EVENT, partitionkey: 'p', ossaagentid: 'a' }, 'ossaagentid', 'a'],
    [{ ...EVENT, count: 7 }, 'count', '7'],
    [{ ...EVENT, yes: false }, 'yes', 'false'],
    [{ ...EVENT, partitionkey: 'p' }, 'ossaagentid', undefined],
    [{ ...EVENT, data: { a: 1 } }, 'data', undefined],
    [{ ...EVENT, empty: '' }, 'empty', undefined],
  ])('of %j with the key field %s has the key %s', (event, keyField, key) => {
    expect(toKafkaMessage(event, 'binary', { keyField }).key).toBe(key);
    const message = toKafkaMessage(event, 'structured', { keyField });
    expect(message.key).toBe(key);
    // The mapping of a key does not change the event.
    expect(fromKafkaMessage(message)).toEqual(event);
  });

  test('is read with headers as bytes in a Map, as clients have them', () => {
    const { headers, value } = toKafkaMessage({ ...EVENT, subject: 'ä', data: { a: 1 } }, 'binary');
    const bytes = new Map(
      Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)] as const),
    );
    expect(fromKafkaMessage({ headers: bytes, value })).toEqual({
      ...EVENT,
      subject: 'ä',
      datacontenttype: 'application/json',
      data: { a: 1 },
    });
  });

  test.each([
    [
      { 'content-type': 'application/cloudevents-batch+json' },
      '[]',
      'the Kafka binding of CloudEvents has no batches',
    ],
    [{ 'content-type': 'application/cloudevents+avro' }, '', 'is not JSON, the only one that is read'],
    [{ 'content-type': 'application/cloudevents+json' }, null, 'not JSON'],
    [{}, 'hello', '"specversion" is undefined'],
  ])('with %j and %s is refused', (headers, value, message) => {
    expect(() => fromKafkaMessage({ headers, value })).toThrow(message);
  });
});
