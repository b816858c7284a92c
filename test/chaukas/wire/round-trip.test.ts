import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { fromBinary, fromJson, type JsonValue as LibraryJson, toBinary, toJson } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { ChaukasEvent, EventBatch } from '../../../src/chaukas/event.js';
import { CONTENT_NAMES, CONTENT_SCHEMA } from '../../../src/chaukas/event-schema.js';
import { EventSchema } from '../../../src/chaukas/generated/chaukas/spec/common/v1/event_pb.js';
import {
  batchFromRestJson,
  batchToRestJson,
  decodeBatch,
  decodeEvent,
  decodeEventRequest,
  EventFormatError,
  encodeBatch,
  encodeEvent,
  encodeEventRequest,
  eventFromJson,
  eventFromRestJson,
  eventToJson,
  eventToRestJson,
} from '../../../src/chaukas/index.js';
import { contentHash, sealEvent } from '../../../src/chaukas/sealed-event.js';
import type { JsonValue } from '../../../src/json/json.js';
import { event, jsonValue, message, text } from './arbitrary-event.js';
import { MESSAGES } from './contract.js';

// Node's comparison is used, because vitest's takes a key `constructor` for the object's class.

const CASES = { numRuns: 10_000 };
const SLOW = { timeout: 120_000 };

const REQUIRED = {
  event_id: '019ab000-0000-7000-8000-000000000001',
  type: 'EVENT_TYPE_SYSTEM',
  status: 'EVENT_STATUS_COMPLETED',
  timestamp: '2026-11-21T18:00:00.123456Z',
  session_id: 'session-1',
} as const;

const asEvent = (json: unknown): ChaukasEvent => json as ChaukasEvent;

/** The event as the REST form gives it back: a required member of its content that is empty is absent. */
function throughRest(given: ChaukasEvent): ChaukasEvent {
  const contents = CONTENT_NAMES.flatMap((name): [string, unknown][] => {
    const content = given[name];
    if (content === undefined) return [];
    const required: readonly string[] = CONTENT_SCHEMA[name].restRequired;
    return [
      [
        name,
        Object.fromEntries(
          Object.entries(content).filter(([key, value]) => value !== '' || !required.includes(key)),
        ),
      ],
    ];
  });
  return { ...given, ...Object.fromEntries(contents) };
}

describe('any event', () => {
  it('is the same after JSON, after bytes (with the same hash) and after the REST form', SLOW, () => {
    fc.assert(
      fc.property(event, (given) => {
        const line = eventToJson(given);
        deepStrictEqual(eventFromJson(line), given);
        const decoded = decodeEvent(encodeEvent(given));
        deepStrictEqual(decoded, given);
        strictEqual(contentHash(decoded), contentHash(given));
        strictEqual(eventToJson(decoded), line);
        const whole = { ...REQUIRED, ...given };
        strictEqual(eventToJson(eventFromRestJson(eventToRestJson(whole))), eventToJson(throughRest(whole)));
      }),
      CASES,
    );
  });

  it('is sealed into the line that eventToJson writes', SLOW, () => {
    fc.assert(
      fc.property(event, ({ hash_prev, content_hash, worm_proof_id, ...given }) => {
        const { event: sealed, line } = sealEvent({ ...REQUIRED, ...given }, '');
        strictEqual(eventToJson(sealed), line);
        strictEqual(contentHash(eventFromJson(line)), sealed.content_hash);
      }),
    );
  });

  it('has the bytes that the protobuf library writes, and can be read by it', SLOW, () => {
    fc.assert(
      fc.property(event, ({ extensions, ...given }) => {
        // The library loses this key: see struct-codec.ts.
        fc.pre(!canonicalJson(given as unknown as JsonValue).includes('"__proto__"'));
        const expected = toBinary(EventSchema, fromJson(EventSchema, given as unknown as LibraryJson));
        const bytes = encodeEvent(given);
        strictEqual(Buffer.from(bytes).toString('hex'), Buffer.from(expected).toString('hex'));
        deepStrictEqual(eventFromJson(toJson(EventSchema, fromBinary(EventSchema, bytes))), given);
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(Object.keys(MESSAGES).filter((name) => !['Event', 'EventBatch'].includes(name)))(
  'any %s',
  (name) => {
    const field = fieldOf(name);

    it('is the same after JSON, bytes and the REST form', () => {
      fc.assert(
        fc.property(message(name), (part) => {
          const given = asEvent({ ...REQUIRED, [field]: part });
          deepStrictEqual(eventFromJson(eventToJson(given)), given);
          deepStrictEqual(decodeEvent(encodeEvent(given)), given);
          deepStrictEqual(eventFromRestJson(eventToRestJson(given)), throughRest(given));
        }),
        { numRuns: 200 },
      );
    });
  },
);

describe('any batch', () => {
  const batch = fc
    .tuple(message('EventBatch'), fc.array(event, { maxLength: 3 }))
    .map(([members, events]) => ({ ...members, events }) as EventBatch);

  it('is the same after a binary request and after the REST form', SLOW, () => {
    fc.assert(
      fc.property(batch, (given) => {
        deepStrictEqual(decodeBatch(encodeBatch(given)), given);
        deepStrictEqual(decodeBatch(encodeBatch(given.events)), { events: given.events });
        const whole = { ...given, events: given.events.map((one) => ({ ...REQUIRED, ...one })) };
        const read = { ...whole, events: whole.events.map(throughRest) };
        deepStrictEqual(batchFromRestJson(batchToRestJson(whole)), read);
        for (const one of given.events) deepStrictEqual(decodeEventRequest(encodeEventRequest(one)), one);
      }),
      { numRuns: 200 },
    );
  });
});

describe('Input that is not an event', () => {
  it('throws an error with a path, or is read and can be written again, as JSON', SLOW, () => {
    const names = Object.keys(MESSAGES).flatMap((name) => (MESSAGES[name] ?? []).map(nameOfLine));
    const json = fc.dictionary(fc.oneof(fc.constantFrom(...names), text), jsonValue.value, { maxKeys: 5 });
    fc.assert(
      fc.property(json, (given) => {
        const read = resultOf(() => eventFromJson(given));
        if (read === undefined) return;
        deepStrictEqual(eventFromJson(eventToJson(read)), read);
        const bytes = resultOf(() => encodeEvent(read));
        if (bytes !== undefined) decodeEvent(bytes);
      }),
      CASES,
    );
  });

  it('throws an error, or is read and can be written again, as bytes', SLOW, () => {
    const whole = fc.sample(event, 100).map(encodeEvent);
    const change = fc.tuple(fc.nat(), fc.nat(255));
    const damaged = fc
      .tuple(fc.constantFrom(...whole), fc.array(change, { maxLength: 3 }), fc.option(fc.nat(), { freq: 2 }))
      .map(([bytes, changes, end]) => {
        const damage = bytes.slice(0, end === null ? undefined : end % (bytes.length + 1));
        for (const [at, byte] of changes) if (damage.length > 0) damage[at % damage.length] = byte;
        return damage;
      });
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), damaged);
    let read = 0;
    fc.assert(
      fc.property(bytes, (given) => {
        const decoded = resultOf(() => decodeEvent(given));
        if (decoded === undefined) return;
        read += 1;
        deepStrictEqual(decodeEvent(encodeEvent(decoded)), decoded);
      }),
      CASES,
    );
    expect(read).toBeGreaterThan(1_000);
  });
});

/** @throws every error other than an EventFormatError. */
function resultOf<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof EventFormatError) || !error.path.startsWith('event')) throw error;
    return undefined;
  }
}

function nameOfLine(line: string): string {
  return /^\d+ (\w+):/.exec(line)?.[1] ?? '';
}

/** The place of such a message in an event. */
function fieldOf(name: string): string {
  const line = MESSAGES.Event?.find((one) => new RegExp(`: ${name}( |$)`).test(one));
  if (line === undefined) throw new Error(`no field of an event has a ${name}`);
  return nameOfLine(line);
}
