/** What a server may answer in place of what it should: JSON of any shape, and good answers with something wrong in them. */
import fc from 'fast-check';

/** Where something stands in a value. */
type Place = readonly string[];

/** A place, and the JSON that stands there instead: as a text, since not all of it is what a value would give again. */
interface Wrong {
  readonly at: Place;
  readonly json: string;
}

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** What is nearly always wrong, and what a reader has to think of first. */
const WRONG_JSON = ['null', '{}', '[null]', '"x"'];

/** Whatever a reader may not have thought of. */
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

/** Each place in turn with each of what is nearly always wrong there. */
export function eachWrong(value: unknown): Wrong[] {
  return placesIn(value).flatMap((at) => WRONG_JSON.map((json) => ({ at, json })));
}

/** Some places at once, with anything. */
export function someWrong(value: unknown): fc.Arbitrary<readonly Wrong[]> {
  const wrong = fc.record({ at: fc.constantFrom(...placesIn(value)), json: anyJson });
  return fc.array(wrong, { minLength: 1, maxLength: 6 });
}

/** The value's JSON with something else at these places, as far as there still are. */
export function withWrong(value: unknown, wrongs: readonly Wrong[]): string {
  return wrongs.reduce((json, { at, json: wrong }) => {
    const holed = JSON.stringify(withHole(JSON.parse(json), at));
    // By a function: what is put in may hold `$&`.
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
