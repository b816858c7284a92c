/** Wrong answers of a server: JSON of any shape, and valid answers with wrong values in them. */
import fc from 'fast-check';

/** The path of a member within a value. */
type Place = readonly string[];

/** A path and the JSON to put there, as text: some of it cannot be written by `JSON.stringify`. */
interface Wrong {
  readonly at: Place;
  readonly json: string;
}

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** Values that are nearly always wrong, the first ones that a reader has to handle. */
const WRONG_JSON = ['null', '{}', '[null]', '"x"'];

/** Values that a reader may not expect. */
const ODD_JSON = [
  ...WRONG_JSON,
  'true',
  '-1',
  '0.5',
  '1e400',
  '-1e400',
  '9007199254740993',
  '4294967296',
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '[[]]',
  '[{}]',
  '{"toJSON":1,"then":1,"toString":1,"valueOf":1,"length":-1,"constructor":1}',
  '{"__proto__":{"type":"text","text":"polluted"},"type":"__proto__"}',
  '{"type":"constructor","constructor":{"prototype":{}}}',
  '{"type":"toString","index":"0","id":{},"role":[],"name":1e9,"status":"valueOf"}',
  '{"0":{"message":{}},"length":1}',
  `"${'x'.repeat(100_000)}"`,
  `[${'0,'.repeat(20_000)}0]`,
  nested(50, '[', ']'),
  nested(50, '{"type":"message","content":', '}'),
  nested(50, '{"tools":[', ']}'),
];

export const anyJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_JSON),
  fc.json({ maxDepth: 4, stringUnit: 'binary' }),
);

/** Each path in turn with each of the wrong values. */
export function eachWrong(value: unknown): Wrong[] {
  return placesIn(value).flatMap((at) => WRONG_JSON.map((json) => ({ at, json })));
}

/** Several paths at once, with any JSON. */
export function someWrong(value: unknown): fc.Arbitrary<readonly Wrong[]> {
  const wrong = fc.record({ at: fc.constantFrom(...placesIn(value)), json: anyJson });
  return fc.array(wrong, { minLength: 1, maxLength: 6 });
}

/** The value's JSON with other values at these paths, as far as the paths still exist. */
export function withWrong(value: unknown, wrongs: readonly Wrong[]): string {
  return wrongs.reduce((json, { at, json: wrong }) => {
    const holed = JSON.stringify(withHole(JSON.parse(json), at));
    // With a function, because the replacement may contain `$&`.
    return holed.replace(JSON.stringify(HOLE), () => wrong);
  }, JSON.stringify(value));
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([key, member]) =>
    placesIn(member).map((place) => [key, ...place]),
  );
  return [[], ...below];
}

const HOLE = '\u0001hole\u0001';

function withHole(value: unknown, [key, ...rest]: Place): unknown {
  if (key === undefined) return HOLE;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const changed = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    name === key ? withHole(member, rest) : member,
  ]);
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed);
}
