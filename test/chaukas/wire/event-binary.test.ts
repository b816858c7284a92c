import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { decodeEvent, encodeEvent } from '../../../src/chaukas/index.js';
import type { JsonObject, JsonValue } from '../../../src/json/json.js';
import { problemOf } from './problem-of.js';
import { SAMPLE } from './sample-event.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const asEvent = (members: object): ChaukasEvent => members as ChaukasEvent;
const bytesOf = (write: (writer: BinaryWriter) => BinaryWriter): Uint8Array =>
  write(new BinaryWriter()).finish();
const text = (value: string): string =>
  `${value.length.toString(16).padStart(2, '0')}${Buffer.from(value).toString('hex')}`;

/** Objects and arrays nested to a given depth. */
function nested(levels: number): JsonObject {
  let value: JsonValue = 'bottom';
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? { in: value } : [value];
  return { top: value };
}

describe('encodeEvent', () => {
  // The bytes are written by hand: tag (number << 3 | wire type), length, content.
  it.each<[what: string, members: object, expected: string]>([
    ['nothing', {}, ''],
    ['a string', { event_id: 'ab' }, `0a${text('ab')}`],
    ['an enum', { type: 'EVENT_TYPE_SYSTEM' }, '383f'],
    ['a flag', { is_final: true }, '880101'],
    [
      'an empty string, a zero and false, which are set',
      { event_id: '', type: 'EVENT_TYPE_UNSPECIFIED', is_final: false },
      '0a003800880100',
    ],
    ['a time', { timestamp: '1970-01-01T00:00:01.000000002Z' }, '5a0408011002'],
    ['time zero', { timestamp: '1970-01-01T00:00:00Z' }, '5a00'],
    ['a time before 1970', { timestamp: '1969-12-31T23:59:59Z' }, '5a0b08ffffffffffffffffff01'],
    ['strings', { tags: ['a', 'b'] }, 'b20101' + '61' + 'b20101' + '62'],
    ['a message', { retry: { attempt: 2, backoff_ms: 0 } }, 'e2030408021800'],
    ['a negative count', { retry: { attempt: -1 } }, 'e2030b08ffffffffffffffffff01'],
    ['a double', { cost: { total_cost: 1 } }, 'c20409' + '41000000000000f03f'],
    ['an empty struct', { metadata: {} }, 'd20500'],
    ['a struct', { metadata: { a: true } }, 'd205090a070a0161' + '12022001'],
    ['members that are undefined or null', { branch: undefined, cost: null, tags: [] }, ''],
  ])('%s', (_what, members, expected) => {
    expect(hex(encodeEvent(asEvent(members)))).toBe(expected);
  });

  it.each<[what: string, given: object, read: object]>([
    [
      'a count that is no whole number of 32 bits',
      { retry: { attempt: 1.5, backoff_ms: 1e12 } },
      { retry: { attempt: 2, backoff_ms: 2_147_483_647 } },
    ],
    ['NaN as a count', { retry: { attempt: Number.NaN } }, { retry: {} }],
    [
      'numbers that JSON does not have',
      { cost: { total_cost: Number.NaN, input_cost: Number.NEGATIVE_INFINITY } },
      { cost: { total_cost: Number.NaN, input_cost: Number.NEGATIVE_INFINITY } },
    ],
    [
      'the same numbers in a struct, which become null as in JSON.stringify',
      { metadata: { a: Number.NaN, b: [Number.POSITIVE_INFINITY], c: undefined, d: [undefined] } },
      { metadata: { a: null, b: [null], d: [null] } },
    ],
    [
      'a time with another offset and another number of digits',
      { timestamp: '2026-11-21T18:00:00.100000+01:00' },
      { timestamp: '2026-11-21T17:00:00.100Z' },
    ],
    [
      'the sign of a zero',
      { metadata: { zero: -0 }, cost: { total_cost: -0 } },
      { metadata: { zero: -0 }, cost: { total_cost: -0 } },
    ],
    [
      'lone surrogates',
      { branch: 'a\ud800b', metadata: { '\udc00': '\ud83d' } },
      { branch: 'a\ufffdb', metadata: { '\ufffd': '\ufffd' } },
    ],
    [
      'a byte-order mark',
      { branch: `\ufeff${'x'.repeat(100)}`, tags: ['\ufeff'] },
      { branch: `\ufeff${'x'.repeat(100)}`, tags: ['\ufeff'] },
    ],
    ['a struct of 500 levels', { metadata: nested(500) }, { metadata: nested(500) }],
    [
      'keys that objects inherit',
      { metadata: JSON.parse('{"__proto__":{"a":1},"":{"toString":2},"2":1,"10":0}') },
      { metadata: JSON.parse('{"__proto__":{"a":1},"":{"toString":2},"2":1,"10":0}') },
    ],
    [
      'an enum with a number and no name',
      { type: 'EVENT_TYPE_77', author: 'AUTHOR_-3' },
      { type: 'EVENT_TYPE_77', author: 'AUTHOR_-3' },
    ],
    [
      'extensions',
      {
        extensions: [
          { '@type': 'a/google.protobuf.Struct', value: { a: 1 } },
          { '@type': 'a/b.C', value: 'AAEC' },
          { '@type': 'a/b.C' },
          { '@type': 'a/chaukas.spec.common.v1.Event', extensions: [{}] },
          {},
        ],
      },
      {
        extensions: [
          { '@type': 'a/google.protobuf.Struct', value: { a: 1 } },
          { '@type': 'a/b.C', value: 'AAEC' },
          { '@type': 'a/b.C' },
          { '@type': 'a/chaukas.spec.common.v1.Event', extensions: [{}] },
          {},
        ],
      },
    ],
  ])('%s', (_what, given, read) => {
    expect(decodeEvent(encodeEvent(asEvent(given)))).toStrictEqual(read);
  });

  it.each<[what: string, members: object, problem: string]>([
    [
      'a type without a number',
      { type: 'EVENT_TYPE_DREAM' },
      "event.type is 'EVENT_TYPE_DREAM'; it must be a name with a number in this specification; use JSON for others",
    ],
    [
      'a type as a number',
      { type: 10 },
      'event.type is 10; it must be a name with a number in this specification; use JSON for others',
    ],
    [
      'a field without a number',
      { mood: 1 },
      'event.mood has no number in chaukas.spec.common.v1.Event; use JSON',
    ],
    [
      'a field of an inner message without a number',
      { retry: { jitter: 1 } },
      'event.retry.jitter has no number in chaukas.spec.common.v1.RetryInfo; use JSON',
    ],
    [
      'two contents',
      { message: {}, error: {} },
      'event.message is set together with "error"; an event has at most one content',
    ],
    ['not a string', { branch: 5 }, 'event.branch is 5; it must be a string'],
    ['not a boolean', { is_final: 1 }, 'event.is_final is 1; it must be true or false'],
    [
      'not an integer',
      { retry: { attempt: '1' } },
      "event.retry.attempt is '1'; it must be a 32-bit integer",
    ],
    ['not a number', { cost: { total_cost: '1' } }, "event.cost.total_cost is '1'; it must be a number"],
    [
      'not a time',
      { llm_invocation: { end_time: 'later' } },
      "event.llm_invocation.end_time is 'later'; it must be a time such as '2026-11-21T18:00:00.123Z'",
    ],
    ['not a list', { tags: 'a' }, "event.tags is 'a'; it must be an array"],
    ['a wrong item', { tags: ['a', null] }, 'event.tags[1] is null; it must be a string'],
    ['not a struct', { metadata: [1] }, 'event.metadata is [1]; it must be an object'],
    [
      'a BigInt in a struct',
      { metadata: { a: 1n } },
      'event.metadata is 1n; it must be a value that JSON can carry',
    ],
    [
      'a struct that is nested too deep',
      { metadata: nested(600) },
      'event.metadata is nested deeper than 500 levels',
    ],
    [
      'not an event',
      [],
      'event is an empty array; it must be an object with the fields of chaukas.spec.common.v1.Event',
    ],
    [
      'an extension of an unknown type',
      { extensions: [{}, { '@type': 'a/b.C', x: 1 }] },
      'event.extensions[1].x cannot be encoded without the schema of its type; use "value" with base64',
    ],
    [
      'an extension that is not base64',
      { extensions: [{ '@type': 'a/b.C', value: '%' }] },
      "event.extensions[0].value is '%'; it must be base64",
    ],
  ])('%s throws an error with the place and the problem', (_what, members, problem) => {
    expect(problemOf(() => encodeEvent(asEvent(members)))).toBe(problem);
    // Bytes written before the error must not end up in the next event.
    expect(hex(encodeEvent(asEvent({ event_id: 'ab' })))).toBe(`0a${text('ab')}`);
  });

  it('encodes an event inside a getter of another event', () => {
    const inner = { branch: 'inner' };
    const outer = {
      event_id: 'outer',
      get branch() {
        return hex(encodeEvent(asEvent(inner)));
      },
    };
    expect(decodeEvent(encodeEvent(asEvent(outer)))).toStrictEqual({
      event_id: 'outer',
      branch: hex(encodeEvent(asEvent(inner))),
    });
  });

  it('encodes an event of many megabytes', () => {
    const large = { ...SAMPLE, metadata: { text: 'é'.repeat(3_000_000), list: Array(100_000).fill(1) } };
    expect(decodeEvent(encodeEvent(large))).toStrictEqual(large);
  });
});

describe('decodeEvent', () => {
  it.each<[what: string, bytes: Uint8Array, expected: object]>([
    ['nothing', new Uint8Array(), {}],
    ['a Buffer', Buffer.from('0a026162', 'hex'), { event_id: 'ab' }],
    [
      'a part of a larger buffer',
      new Uint8Array(Buffer.from('ff0a026162ff', 'hex')).subarray(1, 5),
      { event_id: 'ab' },
    ],
    [
      'fields in any order',
      Buffer.from('383f0a026162', 'hex'),
      { type: 'EVENT_TYPE_SYSTEM', event_id: 'ab' },
    ],
    ['a repeated field: the last one wins', Buffer.from('0a01610a0162', 'hex'), { event_id: 'b' }],
    [
      'a repeated message: both are merged',
      Buffer.from('e203020802e203021803', 'hex'),
      { retry: { attempt: 2, backoff_ms: 3 } },
    ],
    [
      'a repeated struct: both are merged',
      Buffer.from('d205090a070a016112022001d205090a070a016212022000', 'hex'),
      { metadata: { a: true, b: false } },
    ],
    ['two contents: the last one wins', Buffer.from('f20100aa0200', 'hex'), { error: {} }],
    [
      'fields of a newer specification',
      bytesOf((w) =>
        w
          .uint32((150 << 3) | 2)
          .string('x')
          .uint32((151 << 3) | 0)
          .uint32(9)
          .uint32((152 << 3) | 1)
          .double(1)
          .uint32((1 << 3) | 2)
          .string('a'),
      ),
      { event_id: 'a' },
    ],
    ['a known number with another wire type', Buffer.from('0805', 'hex'), {}],
    ['an enum number without a name', Buffer.from('384d', 'hex'), { type: 'EVENT_TYPE_77' }],
    ['an unset value in a struct', Buffer.from('d205070a050a01611200', 'hex'), { metadata: { a: null } }],
    ['an unset entry of a struct', Buffer.from('d205020a00', 'hex'), { metadata: { '': null } }],
    [
      'NaN in a struct, as a string',
      Buffer.from('d205100a0e0a0161120911000000000000f87f', 'hex'),
      { metadata: { a: 'NaN' } },
    ],
  ])('%s', (_what, bytes, expected) => {
    expect(decodeEvent(bytes)).toStrictEqual(expected);
  });

  function hostile(levels: number): Uint8Array {
    let value = Buffer.alloc(0);
    for (let level = 0; level < levels; level += 1) {
      const list = bytesOf((w) => w.uint32(0x0a).bytes(value));
      value = Buffer.from(bytesOf((w) => w.uint32(0x32).bytes(list)));
    }
    const entry = bytesOf((w) => w.uint32(0x0a).string('a').uint32(0x12).bytes(value));
    return bytesOf((w) =>
      w
        .uint32((90 << 3) | 2)
        .fork()
        .uint32(0x0a)
        .bytes(entry)
        .join(),
    );
  }

  it.each<[what: string, bytes: Uint8Array, problem: string]>([
    ['bytes that end early', Buffer.from('0a05', 'hex'), 'event.event_id cannot be read: premature EOF'],
    [
      'a message that is longer than the bytes',
      Buffer.from('e20305', 'hex'),
      'event.retry cannot be read: premature EOF',
    ],
    [
      'a field of a message that ends early',
      Buffer.from('e20303120561', 'hex'),
      'event.retry.strategy cannot be read: premature EOF',
    ],
    [
      'a field that ends after its message',
      Buffer.from('e203031203616200', 'hex'),
      'event.retry cannot be read: a field is longer than its message',
    ],
    ['the field 0', Buffer.from('0200', 'hex'), 'event cannot be read: a field has the number 0'],
    [
      'the end of a group without its start',
      Buffer.from('0c', 'hex'),
      'event cannot be read: cant skip wire type 4',
    ],
    [
      'invalid UTF-8',
      Buffer.from('0a01ff', 'hex'),
      'event.event_id cannot be read: The encoded data was not valid for encoding utf-8',
    ],
    [
      'a time out of range',
      bytesOf((w) =>
        w
          .uint32((11 << 3) | 2)
          .fork()
          .uint32(8)
          .int64(9_000_000_000_000)
          .join(),
      ),
      'event.timestamp is 9000000000000 s and 0 ns since 1970, which is not a time',
    ],
    [
      'nanoseconds beyond a second',
      bytesOf((w) =>
        w
          .uint32((11 << 3) | 2)
          .fork()
          .uint32(16)
          .int32(1_000_000_000)
          .join(),
      ),
      'event.timestamp is 0 s and 1000000000 ns since 1970, which is not a time',
    ],
    ['a struct of 5000 levels', hostile(5_000), 'event.metadata is nested deeper than 500 levels'],
    ['a string', 'abc' as unknown as Uint8Array, "event is 'abc'; it must be a Uint8Array"],
  ])('%s throws an error with the place and the problem', (_what, bytes, problem) => {
    expect(problemOf(() => decodeEvent(bytes))).toBe(problem);
  });
});
