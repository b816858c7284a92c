import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, objectTexts, writeCanonicalJson } from '../../src/chaukas/canonical-json.js';
import type { JsonValue } from '../../src/json/json.js';
import { finished, LongText } from '../../src/steps.js';

/** Names that are likely to be in the wrong order, or that the engine reorders. */
const names = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.nat().map(String),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '10', '9', '-1', 'é', '\u{1F600}', '\uFB33'),
);

const { value: anyJson } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.boolean(), fc.constant(null)),
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 8 }).map((members) => Object.fromEntries(members)),
  ),
}));

describe('canonicalJson', () => {
  it('gives the same text as another implementation of RFC 8785', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[what: string, value: JsonValue, json: string]>([
    ['members in the order of their names', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['names that are numbers, as strings', { 10: 'ten', 9: 'nine', '-': 0 }, '{"-":0,"10":"ten","9":"nine"}'],
    ['a list in its own order', [3, { b: 1, a: 2 }, null], '[3,{"a":2,"b":1},null]'],
    ['numbers as ECMAScript writes them', [1e21, 1e-7, -0, 0.1, 100.0], '[1e+21,1e-7,0,0.1,100]'],
    [
      'by UTF-16 code units, not by code points',
      { '\uFB33': 1, '\u{1F600}': 2 },
      '{"\u{1F600}":2,"\uFB33":1}',
    ],
  ])('writes %s', (_what, value, json) => {
    expect(canonicalJson(value)).toBe(json);
  });

  it('leaves out undefined members', () => {
    expect(canonicalJson({ b: undefined, a: 1 } as never)).toBe('{"a":1}');
    expect(canonicalJson({ a: undefined, b: 1 } as never)).toBe('{"b":1}');
  });
});

describe('writeCanonicalJson', () => {
  const large = {
    z: Array.from({ length: 3_000 }, (_, index) => ({
      role: 'user',
      content: `${index} ${'"text" '.repeat(100)}`,
    })),
    a: 'x'.repeat(400_000),
    empty: [],
    10: { b: null, a: [undefined as unknown as JsonValue, 'y'.repeat(300_000)] },
  } satisfies JsonValue;

  it('writes what canonicalJson writes', () => {
    const text = new LongText();
    finished(writeCanonicalJson(large, text));
    finished(text.endPiece());
    const whole = text.pieces.join('');
    expect(whole).toBe(canonicalJson(large));
    expect(text.bytes).toBe(Buffer.byteLength(whole));
    expect(text.digest()).toBe(createHash('sha256').update(whole).digest('hex'));
  });

  it('takes entries of lists that are known', () => {
    const text = new LongText();
    const list: JsonValue[] = [{ a: 1 }, { b: 2 }, { c: 3 }];
    finished(writeCanonicalJson({ list, other: [1] }, text, new Map([[list, ['"known",1', '2']]])));
    finished(text.endPiece());
    expect(text.pieces.join('')).toBe('{"list":["known",1,2],"other":[1]}');
  });

  it('writes a limited part of a long list in one step', () => {
    const steps = writeCanonicalJson(large, new LongText());
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThan(8);
  });
});

describe('objectTexts', () => {
  it.each<[what: string, objects: JsonValue[]]>([
    ['one object', [{ b: 1, a: '},{"' }]],
    ['objects in and out of order', [{ a: 1 }, { b: { d: 1, c: 2 }, a: 'x' }, { a: '},{"b":1' }]],
    ['objects with the separator in a list', [{ a: [{ b: 1 }, { c: 2 }] }, { a: 1 }]],
    ['an empty object beside such a list', [{ a: [{}, { c: 2 }] }, {}]],
    ['empty objects', [{}, { a: 1 }, {}]],
    ['names that cannot be ordered', [{ b: 1, 10: 2 }, { a: 1 }]],
    ['other values', [[1], 'text', null, { a: 1 }]],
  ])('writes %s as canonicalJson does', (_what, objects) => {
    const texts = objects.map(canonicalJson);
    const { entries, lines } = objectTexts(objects);
    expect({ entries, lines: lines() }).toEqual({ entries: texts.join(','), lines: texts.join('\n') });
  });

  it('writes any objects as canonicalJson does', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(names, fc.jsonValue()), { minLength: 1 }), (objects) => {
        const texts = objects.map((object) => canonicalJson(object as JsonValue));
        const { entries, lines } = objectTexts(objects as JsonValue[]);
        expect([entries, lines()]).toEqual([texts.join(','), texts.join('\n')]);
      }),
    );
  });
});
