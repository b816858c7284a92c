/** What a server may answer in place of what it should: JSON of any shape, and good answers with something wrong in them. */
import fc from 'fast-check';

type Path = readonly number[];

/** Something wrong at a place; places are counted, so that a case stays a case when the answer grows. */
interface Wrong {
  readonly at: Path;
  /** JSON, as a text: some of it no value of JavaScript would give again, such as `1e400`. */
  readonly json: string;
}

function nested(depth: number, open: string, close: string): string {
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** Whatever a reader of JSON may not have thought of. */
const ODD_JSON = [
  'null',
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
  '{}',
  '[[]]',
  '[null]',
  '[{}]',
  '{"toJSON":1,"then":1,"toString":1,"valueOf":1,"length":-1,"constructor":1}',
  '{"__proto__":{"type":"text","text":"polluted"},"type":"__proto__"}',
  '{"type":"constructor","constructor":{"prototype":{}}}',
  '{"type":"toString","index":"0","id":{},"role":[],"name":1e9,"status":"valueOf"}',
  '{"0":{"message":{}},"length":1}',
  `"${'x'.repeat(100_000)}"`,
  `[${'0,'.repeat(20_000)}0]`,
  nested(200, '[', ']'),
  nested(200, '{"type":"message","content":', '}'),
  nested(200, '{"tools":[', ']}'),
];

export const anyJson: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_JSON),
  fc.json({ maxDepth: 4, stringUnit: 'binary' }),
);

export function wrongAt(): fc.Arbitrary<readonly Wrong[]> {
  const at = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 7 });
  return fc.array(fc.record({ at, json: anyJson }), { minLength: 1, maxLength: 4 });
}

/** The value's JSON with something else at these places. */
export function withWrong(value: unknown, wrongs: readonly Wrong[]): string {
  return wrongs.reduce((json, wrong) => replaced(json, wrong), JSON.stringify(value));
}

const HOLE = '\u0001hole\u0001';

function replaced(json: string, { at, json: replacement }: Wrong): string {
  const value = withHole(JSON.parse(json), at);
  // By a function: the replacement may hold `$&`.
  return JSON.stringify(value).replace(JSON.stringify(HOLE), () => replacement);
}

/** Each step chooses one of the members there are, until there are none to choose from. */
function withHole(value: unknown, [step, ...rest]: Path): unknown {
  if (typeof value !== 'object' || value === null || step === undefined) return HOLE;
  const entries = Object.entries(value);
  if (entries.length === 0) return HOLE;
  const chosen = step % entries.length;
  const changed = entries.map(([key, member], index): [string, unknown] => [
    key,
    index === chosen ? withHole(member, rest) : member,
  ]);
  return Array.isArray(value) ? changed.map(([, member]) => member) : Object.fromEntries(changed);
}
