import { createReadStream } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OwnData, ownValue } from '../../src/json/own-data.js';

const never = (): never => {
  throw new Error('code of the application ran');
};
const trapped = <T extends object>(target: T): T =>
  new Proxy(target, {
    get: never,
    has: never,
    ownKeys: never,
    getPrototypeOf: never,
    getOwnPropertyDescriptor: never,
  });

class Prompt {
  role = 'user';
  get content(): never {
    return never();
  }
}
class Money {
  toJSON(): never {
    return never();
  }
}
class Upload extends File {}
Object.defineProperty(Upload.prototype, 'name', { get: never });

describe('A view', () => {
  it.each<[what: string, value: unknown, view: unknown, complete: boolean]>([
    ['data', { a: 1, b: [true, null, { c: 'x' }] }, { a: 1, b: [true, null, { c: 'x' }] }, true],
    [
      'a getter',
      {
        a: 1,
        get b() {
          return never();
        },
      },
      { a: 1 },
      false,
    ],
    [
      'a nested getter',
      {
        a: [
          {
            get b() {
              return never();
            },
          },
        ],
      },
      { a: [{}] },
      false,
    ],
    ['a Proxy', trapped({ a: 1 }), undefined, false],
    ['a nested Proxy', { a: trapped([1]) }, { a: undefined }, false],
    ['an own toJSON', { a: { toJSON: never } }, { a: undefined }, false],
    ['an inherited toJSON', { a: new Money() }, { a: undefined }, false],
    ['a date', { a: new Date(0) }, { a: '1970-01-01T00:00:00.000Z' }, true],
    ['an invalid date', { a: new Date(Number.NaN) }, { a: null }, true],
    ['a date with a toJSON', { a: Object.assign(new Date(0), { toJSON: never }) }, { a: undefined }, false],
    ['a date of a derived class', { a: new (class extends Date {})(0) }, { a: undefined }, false],
    ['a Proxy as the prototype', { a: Object.create(trapped({})) }, { a: undefined }, false],
    ['a class with an inherited getter', new Prompt(), { role: 'user' }, true],
    ['members that JSON leaves out', { a: never, b: Symbol('b'), [Symbol('c')]: 1 }, {}, true],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }, true],
    ['a list whose iterator is its own', Object.assign([1, 2], { [Symbol.iterator]: never }), [1, 2], true],
    ['a list with a hole', Object.assign([1], { 2: 2 }), [1, null, 2], true],
    ['a boxed primitive', { a: Object('x') }, { a: undefined }, false],
    ['bytes', { a: Buffer.from('x') }, { a: {} }, true],
  ])('of %s', (_what, value, view, complete) => {
    const own = new OwnData();
    expect(JSON.parse(JSON.stringify(own.view(value) ?? null))).toEqual(
      JSON.parse(JSON.stringify(view ?? null)),
    );
    expect(own.complete).toBe(complete);
  });

  it('of a cycle is a cycle', () => {
    const loop: Record<string, unknown> = { a: 1 };
    loop.self = loop;
    const view = new OwnData().record(loop);
    expect(view.self).toBe(view);
  });

  it('of an upload has its name, size and type, past what a derived class has in their place', () => {
    const own = new OwnData();
    expect(own.record(new Upload(['abc'], 'a.wav', { type: 'audio/wav' }))).toMatchObject({
      name: 'a.wav',
      size: 3,
      type: 'audio/wav',
    });
    expect(own.record(createReadStream(import.meta.filename))).toMatchObject({ path: import.meta.filename });
    expect(own.record(Object.create(File.prototype))).toEqual({});
  });

  it.each([16, 17, 600])('has each of %i nested members, also beside another view', (count) => {
    const nested = (sign: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, { at: sign * index }]));
    const own = new OwnData();
    const [some, others] = [own.record(nested(1)), own.record(nested(-1))];
    expect([{ ...some }, { ...others }]).toEqual([nested(1), nested(-1)]);
    expect(some.m1).toBe(some.m1);
    expect(own.complete).toBe(true);
  });

  it('takes the name __proto__ for a member', () => {
    const view = new OwnData().record(JSON.parse('{"__proto__":{"a":1}}'));
    expect(Object.keys(view)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(view)).toBe(Object.prototype);
  });
});

it('ownValue reads data of the object itself', () => {
  expect(ownValue({ a: 1 }, 'a')).toBe(1);
  expect(ownValue(Object.create({ a: 1 }), 'a')).toBeUndefined();
  expect(
    ownValue(
      {
        get a() {
          return never();
        },
      },
      'a',
    ),
  ).toBeUndefined();
  expect(ownValue(trapped({ a: 1 }), 'a')).toBeUndefined();
});
