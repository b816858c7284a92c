// The scan of a line's bytes may never accept what the check of the parsed line rejects: an auditor relies on it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/chaukas/canonical-json.js';
import type { ChaukasEvent } from '../../../src/chaukas/event.js';
import { contentHash } from '../../../src/chaukas/sealed-event.js';
import { BlockScan, textOf } from '../../../src/chaukas/verify/block-scan.js';
import { EventVerifier } from '../../../src/chaukas/verify/event-verifier.js';
import { checkLine } from '../../../src/chaukas/verify/line-check.js';
import { LineScan, NOT_PASSED, NUMBERS_PER_LINE, PLACES } from '../../../src/chaukas/verify/line-scan.js';
import { READ_METADATA, ScannedEvent } from '../../../src/chaukas/verify/placed-event.js';
import { EVERY_TYPE } from '../../cli/run-command.js';
import { event as arbitraryEvent } from '../wire/arbitrary-event.js';
import { PUBLIC_KEY, SIGNING, WRITERS, written } from './sample-files.js';

const everyType = readFileSync(EVERY_TYPE, 'utf8').trimEnd().split('\n');

const scan = new LineScan();
const blocks = new BlockScan();
const placed = new ScannedEvent();
const numbers = new Int32Array(NUMBERS_PER_LINE);

function passes(line: Buffer | string): boolean {
  const bytes = Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]);
  const before = Buffer.from(bytes);
  const hasPassed = scan.passes(bytes, 0, bytes.length - 1, false, numbers.fill(0), 0);
  if (!bytes.equals(before)) throw new Error('the scan has changed the line');
  return hasPassed;
}

/** Whether the check of the parsed line has nothing to say. */
function isAccepted(line: string): boolean {
  const verdict = checkLine(line);
  return verdict.kind === 'event' && verdict.form.length === 0 && verdict.hash === undefined;
}

/** Expects that the scan accepts nothing else than the check, and returns whether it does accept the line. */
function expectSound(line: Buffer | string): boolean {
  const bytes = Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]);
  const hasPassed = passes(line);
  if (!hasPassed) return false;
  const text = textOf(bytes, 0, bytes.length - 1);
  expect(isAccepted(text), text).toBe(true);
  const parsed = JSON.parse(text) as ChaukasEvent;
  placed.setBytes(bytes, undefined);
  placed.read(numbers, 0, 0);
  const { metadata = {}, type } = placed;
  expect(type).toBe(parsed.type);
  for (const name of READ_METADATA[type] ?? []) expect(metadata[name]).toEqual(parsed.metadata?.[name]);
  for (const name of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    if (name !== 'metadata') expect(placed[name]).toEqual(parsed[name]);
  }
  return true;
}

const HASH = /"content_hash":"[0-9a-f]{64}",?/;

/** The same text with a hash of its bytes, as somebody would forge it who wants no member to be missing. */
function withHashOfText(line: Buffer): Buffer {
  const text = line.toString('latin1');
  const hashed = text.replace(HASH, '').replace(/,}$/, '}');
  const hash = createHash('sha256').update(hashed, 'latin1').digest('hex');
  return Buffer.from(text.replace(/(?<="content_hash":")[0-9a-f]{64}/, hash), 'latin1');
}

/** The same text with the hash of the event in it, if it has one. */
function withHashOfEvent(line: Buffer): Buffer {
  try {
    const hash = contentHash(JSON.parse(line.toString()) as ChaukasEvent);
    return Buffer.from(line.toString('latin1').replace(/(?<="content_hash":")[0-9a-f]{64}/, hash), 'latin1');
  } catch {
    return line;
  }
}

const sealed = (members: object): string => {
  const event = JSON.parse(everyType[3] ?? '') as ChaukasEvent;
  const changed = { ...event, ...members } as ChaukasEvent;
  return canonicalize({ ...changed, content_hash: contentHash(changed) }) ?? '';
};

/** The members of an event that have a form of their own. */
const PLACE = (({ event_id, type, timestamp, session_id, trace_id, span_id, parent_span_id, hash_prev }) => ({
  event_id,
  type,
  timestamp,
  session_id,
  trace_id,
  span_id,
  parent_span_id,
  hash_prev,
  worm_proof_id: undefined,
}))(JSON.parse(everyType[3] ?? '') as ChaukasEvent);

describe('The scan of a line', () => {
  it.each(Object.keys(SIGNING).flatMap((signing) => Object.keys(WRITERS).map((writer) => [writer, signing])))(
    'accepts each line of a process but the signed END: %s, %s',
    (writer = '', signing = '') => {
      for (const line of written(writer, SIGNING[signing])) {
        expect(passes(line)).toBe(!line.includes('"worm_proof_id"'));
      }
    },
  );

  it('accepts each type of event', () => {
    expect(everyType.filter((line) => !expectSound(line))).toEqual([]);
  });

  it.each([
    [
      'members that proto3 does not carry',
      {
        tags: [],
        is_final: false,
        branch: '',
        status: null,
        llm_invocation: { max_tokens: 0, model: 'm', provider: '', top_p: 0 },
      },
    ],
    ['a message of which nothing is left', { retry: { attempt: 0, reason: '' }, cost: {} }],
    [
      'a message that begins and ends with such members',
      { tool_call: { arguments: {}, auth_required: false, id: '', name: null } },
    ],
    ['texts beyond ASCII', { metadata: { é: 'München 東京 💶', a: '\u2028\u007f\ufeff' } }],
    ['escapes', { metadata: { a: '"\\\b\f\n\r\t\u0000\u001f\u000b' } }],
    [
      'numbers',
      {
        metadata: {
          a: [0, -1, 0.1, 1e21, 1e-7, 5e-324, 123456789012345, 0.000001, 2 ** 60, 1 / 3, -0.5, 1e300],
        },
      },
    ],
    ['names of digits', { metadata: { 1: 1, 10: 1, 2: 1, '': 1 } }],
  ])('accepts %s', (_what, members) => {
    expect(expectSound(sealed(members))).toBe(true);
  });

  const member = '"metadata":{"a":1}';
  it.each([
    ['a member twice', '"metadata":{"a":1,"a":1}'],
    ['a member twice in two spellings', '"metadata":{"a":1,"\\u0061":1}'],
    ['members in another order', '"metadata":{"b":1,"a":1}'],
    ['a space', '"metadata": {"a":1}'],
    ['a tab between members', '"metadata":{"a":1\t}'],
    ['-0', '"metadata":{"a":-0}'],
    ['1.0', '"metadata":{"a":1.0}'],
    ['01', '"metadata":{"a":01}'],
    ['1e3', '"metadata":{"a":1e3}'],
    ['1E400', '"metadata":{"a":1E400}'],
    ['a number that loses digits', '"metadata":{"a":9007199254740993}'],
    ['a number that needs an exponent', '"metadata":{"a":0.0000001}'],
    ['a fraction with too many digits', '"metadata":{"a":0.10000000000000000001}'],
    ['a lone minus', '"metadata":{"a":-}'],
    ['a long escape', '"metadata":{"a":"\\u0041"}'],
    ['a long escape of a newline', '"metadata":{"a":"\\u000a"}'],
    ['an escape in upper case', '"metadata":{"a":"\\u001F"}'],
    ['an escaped slash', '"metadata":{"a":"\\/"}'],
    ['an escaped pair', '"metadata":{"a":"\\ud83d\\ude00"}'],
    ['an unknown escape', '"metadata":{"a":"\\q"}'],
    ['a control character', '"metadata":{"a":"\u0001"}'],
    ['a trailing comma', '"metadata":{"a":1,}'],
    ['a missing value', '"metadata":{"a":}'],
    ['a word that is none', '"metadata":{"a":nulL}'],
    ['a bracket that does not match', '"metadata":{"a":[1}}'],
    ['deep nesting', `"metadata":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['bytes that are not UTF-8', '"metadata":{"a":"\\xff"}'],
    ['a surrogate in UTF-8', '"metadata":{"a":"\\xed\\xa0\\x80"}'],
    ['a text that is not finished', '"metadata":{"a":"'],
  ])('accepts nothing else than the check if a line has %s, whatever its hash is of', (_what, source) => {
    const line = sealed({ metadata: { a: 1 } });
    expect(line).toContain(member);
    const text = source.replace(/\\x([0-9a-f]{2})/g, (_all, digits) =>
      String.fromCharCode(parseInt(digits, 16)),
    );
    const changed = Buffer.from(line.replace(member, text), 'latin1');
    for (const forged of [changed, withHashOfText(changed), withHashOfEvent(changed)]) {
      expect(expectSound(forged)).toBe(false);
    }
  });

  it('accepts nothing else than the check after any change of bytes', () => {
    const samples = [...everyType, ...written('a restart', SIGNING['with a key'])];
    const alphabet = [...'"\\{}[],:.-0123456789abefnrtuE_ \t\u0000é\u00ff'].map((one) => one.charCodeAt(0));
    const edit = fc.record({
      at: fc.nat(),
      drop: fc.nat(3),
      insert: fc.array(fc.constantFrom(...alphabet), { maxLength: 3 }),
    });
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        (sample, edits) => {
          let bytes = Buffer.from(sample);
          for (const { at, drop, insert } of edits) {
            const place = at % bytes.length;
            bytes = Buffer.concat([
              bytes.subarray(0, place),
              Buffer.from(insert),
              bytes.subarray(place + drop),
            ]);
          }
          // A newline would make two lines of it.
          if (bytes.includes(10)) return;
          for (const line of [bytes, withHashOfText(bytes), withHashOfEvent(bytes)]) {
            if (expectSound(line)) accepted += 1;
          }
        },
      ),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('accepts nothing else than the check of any event, and most that are canonical', () => {
    let accepted = 0;
    let lines = 0;
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        const placed = { ...event, ...PLACE } as unknown as ChaukasEvent;
        const line = canonicalJson({ ...placed, content_hash: contentHash(placed) } as never);
        lines += 1;
        if (expectSound(line)) accepted += 1;
        else expect(passes(line)).toBe(false);
      }),
      { numRuns: 150 },
    );
    expect(lines).toBe(150);
    expect(accepted).toBeGreaterThan(20);
  });
});

/** The report on lines that were added in four ways, which must be the same. */
function reports(lines: readonly string[]): unknown[] {
  const options = { publicKeys: [PUBLIC_KEY] };
  const block = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const asLines = new EventVerifier(options);
  for (const [index, line] of lines.entries()) asLines.add(line, index + 1);
  const asBlock = new EventVerifier(options);
  asBlock.addBlock(block, blocks.scan(block), 1);
  // No line passes, so each is parsed.
  const parsed = new EventVerifier(options);
  const numbers = new Int32Array(lines.length * NUMBERS_PER_LINE).fill(NOT_PASSED);
  let start = 0;
  for (const [index, line] of lines.entries()) {
    numbers[index * NUMBERS_PER_LINE] = start;
    start += Buffer.byteLength(line) + 1;
  }
  const verdicts = lines.map(checkLine);
  parsed.addBlock(block, { lineCount: lines.length, numbers, leaves: undefined, verdicts }, 1);
  const withLeaves = new EventVerifier(options);
  withLeaves.addBlock(block, blocks.scan(block, true), 1);
  return [parsed, asBlock, withLeaves, asLines].map((verifier) => verifier.end());
}

describe('A verification', () => {
  it.each(Object.keys(SIGNING).flatMap((signing) => Object.keys(WRITERS).map((writer) => [writer, signing])))(
    'finds the same with the scan as without it: %s, %s',
    (writer = '', signing = '') => {
      const file = written(writer, SIGNING[signing]);
      const places = [1, Math.floor(file.length / 2), file.length - 2];
      const changes = places.flatMap((at) => {
        const line = file[at] ?? '';
        return [
          file.toSpliced(at, 1),
          file.toSpliced(at, 0, line),
          file.toSpliced(at, 2, file[at + 1] ?? '', line),
          file.with(at, line.replace('"type":', '"type": ')),
          file.with(at, line.replace(/[0-9a-f](?=",)/, 'x')),
          file.with(at, line.slice(0, -7)),
          file.with(at, line.replace('EVENT_TYPE_', 'EVENT_TYPE_NEW_')),
          file.with(at, '  '),
        ];
      });
      for (const lines of [file, ...changes]) {
        const [parsed, ...others] = reports(lines);
        expect(others).toHaveLength(3);
        for (const other of others) expect(other).toEqual(parsed);
      }
    },
  );
});
