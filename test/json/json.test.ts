import { describe, expect, it } from 'vitest';
import { parseJson, toJsonObject, toJsonValue } from '../../src/json/json.js';

class Money {
  constructor(readonly cents: number) {}
  toJSON() {
    return { cents: this.cents };
  }
}

const circular: Record<string, unknown> = { name: 'loop' };
circular.self = circular;
circular.list = [circular, { back: circular }];

/** An object whose toJSON returns another such object, and so on. */
const endless = (): object => ({ toJSON: endless });

const shared = { city: 'Paris' };

const throwingGetter = {
  before: 1,
  get broken(): never {
    throw new Error('no');
  },
};

const throwingProxy = new Proxy(
  {},
  {
    get() {
      throw new Error('no');
    },
    ownKeys() {
      throw new Error('no');
    },
    getPrototypeOf() {
      throw new Error('no');
    },
  },
);

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = { in: value };
  return value;
}

// biome-ignore lint/suspicious/noSparseArray: the hole is the subject.
const sparse = [1, , 3];

const VALUES: [what: string, value: unknown, expected: unknown][] = [
  ['a string', 'text', 'text'],
  ['an empty string', '', ''],
  ['a number', 1.5, 1.5],
  ['true', true, true],
  ['null', null, null],
  ['undefined', undefined, null],
  ['a function', () => 1, null],
  ['a symbol', Symbol('s'), null],
  ['a BigInt', 12345678901234567890n, '12345678901234567890'],
  ['NaN', Number.NaN, 'NaN'],
  ['Infinity', Number.POSITIVE_INFINITY, 'Infinity'],
  ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['an invalid date', new Date(Number.NaN), null],
  ['an object with toJSON', new Money(250), { cents: 250 }],
  [
    'such an object within another',
    { price: new Money(1), when: [new Date(0)] },
    {
      price: { cents: 1 },
      when: ['1970-01-01T00:00:00.000Z'],
    },
  ],
  ['a toJSON that returns undefined', { a: { toJSON: () => undefined }, b: 1 }, { b: 1 }],
  [
    'a toJSON that returns values that JSON cannot represent',
    { toJSON: () => ({ n: 7n, f: () => 1 }) },
    { n: '7' },
  ],
  [
    'a toJSON that returns its own object',
    {
      toJSON() {
        return this;
      },
    },
    {},
  ],
  ['toJSON that gives ever new objects', { a: endless(), b: 1 }, { a: {}, b: 1 }],
  ['toJSON with the key', { a: { toJSON: (key: string) => key } }, { a: 'a' }],
  ['toJSON of a list', { a: Object.assign([1], { toJSON: () => 'list' }) }, { a: 'list' }],
  [
    'boxed primitives',
    { a: Object(1), b: Object('x'), c: Object(true), d: Object(2n) },
    { a: 1, b: 'x', c: true, d: '2' },
  ],
  [
    'a toJSON that throws, next to a readable member',
    {
      bad: {
        toJSON() {
          throw new Error('no');
        },
      },
      good: 1,
    },
    { bad: '[Unreadable]', good: 1 },
  ],
  ['a toJSON that is not a function', { toJSON: 5, a: 1 }, { toJSON: 5, a: 1 }],
  [
    'members that JSON leaves out',
    { a: undefined, b: () => 1, c: Symbol('s'), [Symbol('k')]: 1, d: 0 },
    { d: 0 },
  ],
  [
    'such entries of an array, which keeps its length',
    [undefined, () => 1, Symbol('s'), 0],
    [null, null, null, 0],
  ],
  ['members that are null, which are not absent', { a: null, b: [null] }, { a: null, b: [null] }],
  ['an array with a hole', sparse, [1, null, 3]],
  ['a circle', circular, { name: 'loop', self: '[Circular]', list: ['[Circular]', { back: '[Circular]' }] }],
  [
    'one object in two places, which is not a circle',
    { a: shared, b: [shared] },
    { a: { city: 'Paris' }, b: [{ city: 'Paris' }] },
  ],
  ['a getter that throws', { ok: 1, inner: throwingGetter }, { ok: 1, inner: '[Unreadable]' }],
  ['a getter that works', Object.defineProperty({}, 'a', { enumerable: true, get: () => 1 }), { a: 1 }],
  ['a proxy whose traps throw', [throwingProxy, 1], ['[Unreadable]', 1]],
  ['a revoked proxy of an object', { p: revoked({}) }, { p: '[Unreadable]' }],
  ['a revoked proxy of an array', revoked([]), '[Unreadable]'],
  ['a Buffer', { file: Buffer.from('secret') }, { file: '[Binary: 6 bytes]' }],
  ['a typed array', new Float64Array(2), '[Binary: 16 bytes]'],
  ['an ArrayBuffer', new ArrayBuffer(3), '[Binary: 3 bytes]'],
  ['a DataView', new DataView(new ArrayBuffer(8), 4), '[Binary: 4 bytes]'],
  [
    'a Map and a Set, which JSON cannot represent',
    { m: new Map([['a', 1]]), s: new Set([1]) },
    { m: {}, s: {} },
  ],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [
    'an instance, without inherited members',
    Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }),
    { own: 2 },
  ],
  ['a member that is not enumerable', Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }), { a: 1 }],
  ['a lone surrogate', 'a\ud800b', 'a\ud800b'],
];

describe('toJsonValue', () => {
  it.each(VALUES)('converts %s', (_what, value, expected) => {
    expect(toJsonValue(value)).toStrictEqual(expected);
  });

  it.each(VALUES)('returns a value that survives JSON unchanged: %s', (_what, value) => {
    const json = toJsonValue(value);
    expect(JSON.parse(JSON.stringify(json))).toStrictEqual(json);
  });

  it('keeps a key `__proto__` as a key', () => {
    const json = toJsonValue(JSON.parse('{"__proto__": {"admin": true}, "a": 1}'));
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
    expect((json as { admin?: unknown }).admin).toBeUndefined();
    expect(JSON.stringify(json)).toBe('{"__proto__":{"admin":true},"a":1}');
  });

  it('follows 32 levels and names deeper values', () => {
    const deepest = JSON.stringify(toJsonValue(nested(31)));
    expect(deepest).toContain('bottom');
    const tooDeep = JSON.stringify(toJsonValue(nested(100_000)));
    expect(tooDeep).toContain('[Nested too deep]');
    expect(tooDeep.match(/"in"/g)).toHaveLength(32);
  });

  it('follows arrays to the same depth as objects', () => {
    let value: unknown = 'bottom';
    for (let level = 0; level < 100_000; level += 1) value = [value];
    expect(JSON.stringify(toJsonValue(value))).toBe(`${'['.repeat(32)}"[Nested too deep]"${']'.repeat(32)}`);
  });

  it('keeps a huge string whole', () => {
    const huge = 'x'.repeat(5_000_000);
    expect(toJsonValue({ huge })).toStrictEqual({ huge });
  });

  it('returns a copy, which does not follow later changes of the original', () => {
    const original = { list: [{ n: 1 }], when: new Date(0) };
    const json = toJsonValue(original);
    original.list.push({ n: 2 });
    original.list[0] = { n: 9 };
    original.when.setTime(1);
    expect(json).toStrictEqual({ list: [{ n: 1 }], when: '1970-01-01T00:00:00.000Z' });
  });

  it('leaves the original unchanged', () => {
    const original = Object.freeze({ a: Object.freeze([1, undefined]), b: undefined });
    toJsonValue(original);
    expect(original).toStrictEqual({ a: [1, undefined], b: undefined });
  });
});

describe('toJsonObject', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    ['an object stays', { a: 1n }, { a: '1' }],
    ['a text is wrapped', 'hello', { output: 'hello' }],
    ['a number is wrapped', 0, { output: 0 }],
    ['false is wrapped', false, { output: false }],
    ['an array is wrapped', [1, 2], { output: [1, 2] }],
    ['null is wrapped', null, { output: null }],
    ['undefined is wrapped as null', undefined, { output: null }],
    ['an object whose JSON is a string is wrapped', new Date(0), { output: '1970-01-01T00:00:00.000Z' }],
    ['an unreadable object is wrapped', revoked({}), { output: '[Unreadable]' }],
  ])('%s', (_what, value, expected) => {
    expect(toJsonObject(value, 'output')).toStrictEqual(expected);
  });
});

describe('parseJson', () => {
  const TEXTS: [what: string, value: unknown, expected: unknown][] = [
    ['an object', '{"city":"Paris","n":[1,null]}', { city: 'Paris', n: [1, null] }],
    ['a number', '5', 5],
    ['null', 'null', null],
    ['a quoted text', '"yes"', 'yes'],
    ['a plain text, which stays', 'It is 21 degrees.', 'It is 21 degrees.'],
    ['the empty text, which stays', '', ''],
    ['truncated JSON, which stays a text', '{"city":"Par', '{"city":"Par'],
    [
      'a number beyond a double, which JSON could not carry again',
      '[1e400,-1e400]',
      ['Infinity', '-Infinity'],
    ],
    [
      'the largest integers that a number holds',
      '[9007199254740991,-9007199254740991]',
      [9007199254740991, -9007199254740991],
    ],
    ['an integer beyond them, as the text of its digits', '9007199254740992', '9007199254740992'],
    [
      'such integers within values, and others beside them',
      '{"id": -12345678901234567890,"n":[1,18446744073709551615 , 2.5]}',
      { id: '-12345678901234567890', n: [1, '18446744073709551615', 2.5] },
    ],
    [
      'such digits in a text or a key, which stay',
      '{"12345678901234567890":"a 12345678901234567890, \\"12345678901234567890"}',
      { '12345678901234567890': 'a 12345678901234567890, "12345678901234567890' },
    ],
    [
      'a text that ends in backslashes before such an integer',
      '["\\\\",12345678901234567890,"\\\\\\"",12345678901234567891]',
      ['\\', '12345678901234567890', '\\"', '12345678901234567891'],
    ],
    [
      'fractions and exponents of many digits, which are numbers',
      '[0.12500000000000000000,1125899906842624.00000000000000,1e21,1000000000000000000e1]',
      [0.125, 1125899906842624, 1e21, 1e19],
    ],
    ['many digits in a text that is not JSON', '12345678901234567890 apples', '12345678901234567890 apples'],
    ['many digits with a leading zero, which is not JSON', '012345678901234567890', '012345678901234567890'],
    ['a value that is not a text, which is copied', { n: 1n }, { n: '1' }],
    ['undefined', undefined, null],
    ['a function', () => 1, null],
    ['an unreadable value', throwingProxy, '[Unreadable]'],
  ];

  it.each(TEXTS)('reads %s', (_what, value, expected) => {
    expect(parseJson(value)).toStrictEqual(expected);
  });

  it.each(TEXTS)('returns a value that survives JSON unchanged: %s', (_what, value) => {
    const json = parseJson(value);
    expect(JSON.parse(JSON.stringify(json))).toStrictEqual(json);
  });

  it('keeps a key `__proto__` as a key', () => {
    const json = parseJson('{"__proto__": {"admin": true}}');
    expect((json as { admin?: unknown }).admin).toBeUndefined();
    expect(JSON.stringify(json)).toBe('{"__proto__":{"admin":true}}');
  });

  it('reads a long text with large integers in linear time', () => {
    const long = 'x\\"'.repeat(500_000);
    const ids = Array.from({ length: 100_000 }, (_, index) => `123456789012345${100_000 + index}`);
    const json = parseJson(`{"text":"${long}","ids":[${ids.join(',')}]}`);
    expect(json).toStrictEqual({ text: 'x"'.repeat(500_000), ids });
  });

  // A model may answer anything as a tool's arguments. JSON.parse reads this; writing it again overflows the stack.
  it('returns a value that JSON can carry, however deep the text is', () => {
    const depth = 200_000;
    const json = parseJson('['.repeat(depth) + ']'.repeat(depth));
    expect(JSON.stringify(json)).toContain('[Nested too deep]');
  });
});
