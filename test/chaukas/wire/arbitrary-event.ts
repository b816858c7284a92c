/** Generates events of every shape that the specification allows, from its tables and not from the generated code. */
import fc from 'fast-check';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { timestampOf } from '../../../src/events/spans/span-snapshot.js';
import { defineMember, type JsonObject, type JsonValue } from '../../../src/json/json.js';
import { ENUMS, MESSAGES } from './contract.js';

const NOT_EMPTY = { minLength: 1, maxLength: 3 };

/** Any string that UTF-8 can encode: planes beyond the first, controls, a byte order mark. */
export const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom('', '\ufeffBOM', '\u0000', '💶'.repeat(40), 'é'.repeat(127)) },
);

const number = fc
  .oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(5e-324, 1.7976931348623157e308, 0.1 + 0.2),
  )
  // JSON does not keep the sign of a zero.
  .map((value) => value + 0);

const key = fc.oneof(
  { weight: 4, arbitrary: text },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', '', '10', '2', 'kind', 'fields'),
  },
);

export const jsonValue = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.constant('12345678901234567890')),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => {
    const object: JsonObject = {};
    for (const [name, value] of entries) defineMember(object, name, value);
    return object;
  }),
}));

export const struct = jsonValue.object;

/** Timestamps in the form of `formatTimestamp`, with up to nine fractional digits. */
const timestamp = fc
  .tuple(
    fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
    fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999_999 })),
    fc.boolean(),
  )
  .map(([seconds, nanos, precise]) => {
    const written = timestampOf([seconds, nanos]);
    return precise && nanos % 1000 !== 0
      ? `${timestampOf([seconds, 0]).slice(0, -1)}.${String(nanos).padStart(9, '0')}Z`
      : written;
  });

const extension: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constant({}),
  struct.map((value) => ({ '@type': 'type.googleapis.com/google.protobuf.Struct', value })),
  fc.uint8Array({ maxLength: 10 }).map((bytes) => ({
    '@type': 'type.example.com/their.own.Message',
    value: Buffer.from(bytes).toString('base64'),
  })),
  fc.tuple(fc.integer({ min: 0, max: 5 }), text).map(([attempt, strategy]) => ({
    '@type': 'type.googleapis.com/chaukas.spec.common.v1.RetryInfo',
    attempt,
    strategy,
  })),
);

const SCALARS: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  string: text,
  bool: fc.boolean(),
  int32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  double: number,
  Struct: struct,
  Timestamp: timestamp,
  Any: extension,
};

const FIELD = /^\d+ (?<name>\w+): (?<repeated>repeated )?(?<type>\w+)(?<oneof> in content)?$/;

function anyOf(type: string): fc.Arbitrary<JsonValue> {
  const names = ENUMS[type];
  if (names !== undefined) return fc.constantFrom(...Object.keys(names));
  return SCALARS[type] ?? message(type);
}

/** Any fields of the message, with at most one of a oneof. */
export function message(name: string): fc.Arbitrary<JsonObject> {
  const fields: Record<string, fc.Arbitrary<JsonValue>> = {};
  const contents: fc.Arbitrary<JsonObject>[] = [];
  for (const line of MESSAGES[name] ?? []) {
    const { name: field = '', repeated, type = '', oneof } = FIELD.exec(line)?.groups ?? {};
    const value = anyOf(type);
    if (oneof !== undefined) contents.push(value.map((content) => ({ [field]: content })));
    else fields[field] = repeated === undefined ? value : fc.array(value, NOT_EMPTY);
  }
  // About half of the fields, because missing fields matter as much as present ones.
  const members = fc
    .record(
      mapValues(fields, (value) => fc.option(value, { nil: undefined, freq: 2 })),
      {
        noNullPrototype: true,
      },
    )
    .map(withoutUnset);
  if (contents.length === 0) return members;
  return fc
    .tuple(members, fc.oneof(fc.constant({}), ...contents))
    .map(([others, content]) => ({ ...others, ...content }));
}

function mapValues<T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function withoutUnset(members: Record<string, JsonValue | undefined>): JsonObject {
  const set: JsonObject = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) set[name] = value;
  return set;
}

export const event: fc.Arbitrary<ChaukasEvent> = message('Event').map(
  (json) => json as unknown as ChaukasEvent,
);
