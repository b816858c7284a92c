import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonVisitor, rewriteJson } from '../../src/redaction/json-text.js';

const json = fc.jsonValue({ maxDepth: 5 });

/** A visitor that enters every place and changes nothing. */
const following: JsonVisitor<string, { redacted: string }> = {
  enter: (parent, key) => ({ state: `${parent}/${key}` }),
  name: (name) => ({ redacted: name }),
  string: (value) => value,
  number: () => undefined,
};

describe('rewriteJson', () => {
  it('returns the same text, with all its blanks, if nothing changes', () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const isHeld = typeof value === 'string' || (typeof value === 'object' && value !== null);
        expect(rewriteJson(text, '', following)).toBe(isHeld ? text : undefined);
      }),
    );
  });

  it('visits every string with its place', () => {
    fc.assert(
      fc.property(json, (given) => {
        // Zero has one sign in JSON.
        const value: unknown = JSON.parse(JSON.stringify(given));
        const seen: string[] = [];
        const visitor = {
          ...following,
          string: (text: string, place: { state: string }) => {
            seen.push(`${place.state}=${text}`);
            return `<${text}>`;
          },
        };
        const expected: string[] = [];
        const rewritten = rewriteJson(JSON.stringify(value), '', visitor);
        const marked = mark(value, '', expected);
        if (rewritten !== undefined) {
          expect(JSON.parse(rewritten)).toEqual(marked);
          expect(seen).toEqual(expected);
        }
      }),
    );
  });

  it('replaces whole values by other JSON', () => {
    const text = '{"a": {"b": [1, "}"]}, "c": [ [], {}, "\\"" , -1.5e+3], "d": true}';
    const visitor: typeof following = {
      ...following,
      enter: (parent, key) =>
        ['a', 3, 'd', 2].includes(key)
          ? { replacement: `"${parent}/${key}"` }
          : { state: `${parent}/${key}` },
    };
    expect(rewriteJson(text, '', visitor)).toBe('{"a": "/a", "c": [ [], {}, "/c/2" , "/c/3"], "d": "/d"}');
  });

  it.each(['', '1', 'null', '{', '{"a":1}x', "{'a':1}", 'text'])(
    'leaves alone what is no JSON: %s',
    (text) => {
      expect(rewriteJson(text, '', following)).toBeUndefined();
    },
  );
});

function mark(value: unknown, place: string, seen: string[]): unknown {
  if (typeof value === 'string') {
    seen.push(`${place}=${value}`);
    return `<${value}>`;
  }
  if (Array.isArray(value)) return value.map((entry, index) => mark(entry, `${place}/${index}`, seen));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mark(member, `${place}/${key}`, seen)]),
  );
}
