import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/redaction/redactor.js';
import { changedWhereFound, textTraits } from '../../src/redaction/text-scan.js';
import { finished } from '../../src/steps.js';
import { POSITIVES } from './corpus/positives.js';
import { messageEvent } from './message-event.js';

const options = { method: 'hash', salt: 'a salt of a test, no secret', saltId: 'test' } as const;
/** Searches long texts by windows. */
const redact = createRedactor(options);
/** A pattern of the application gets whole texts, and so do the searches of this package. */
const redactWhole = createRedactor({ ...options, patterns: [{ category: 'none', pattern: '\u0001' }] });

function expectSame(text: string): void {
  const expected = redactWhole(messageEvent(text));
  expect(redact(messageEvent(text))).toEqual(expected);
  expect(finished(redact.inSteps(messageEvent(text)))).toEqual(expected);
}

const PROSE = [
  'The parcel left our warehouse in Hamburg and should be with you soon. ',
  'Ask for the "blue" one, it costs 12 or 13, and the key is under the mat. ',
  'one line\nand another,\n\nthen a list: a, b, c\n',
  'word ',
  'const next = list.map((entry) => entry.name ?? "none");\n',
  'no-blank-at-all,',
  'été à la plage ',
];

/** Beginnings whose match goes on as far as the text behind it lets it. */
const OPEN = [
  'password: "',
  "apiKey = '",
  'Cookie: a=b; ',
  'cookie=',
  'Headers.append: "Bearer ',
  'Authorization: Digest ',
  '<password>',
  '-----BEGIN PRIVATE KEY-----\nMIIE',
  'the password is ',
  'https://user:',
  ' -u ada:',
  'token=',
  '"api-key","',
];
const ENDS = [
  '"',
  "'",
  '\n',
  '\r\n',
  '</password>',
  '-----END PRIVATE KEY-----',
  '@host ',
  '\\',
  '[REDACTED]',
  '%40',
  '&#64;',
];
const FINDS = [
  ...Object.values(POSITIVES).flatMap((rows) => rows.map(([text]) => text)),
  'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
  'ada@example.com',
  '4111 1111 1111 1111',
  '+49 30 1234567',
  '10.1.22.133',
  'DE89 3704 0044 0532 0130 00',
  'phone: 555 1234',
  'SSN is 123 45 6789',
  'version 10.1.22.133',
  'ada%40example.com',
  'ada&#64;example.com',
  String.raw`ada\u0040example.com`,
  'cGFzc3dvcmQ6IGh1bnRlcjIgaXMgbXkgcGFzc3dvcmQ=',
];

const prose = fc
  .tuple(fc.array(fc.constantFrom(...PROSE), { minLength: 1, maxLength: 3 }), fc.nat(20_000))
  .map(([parts, length]) => parts.join('').repeat(20_000).slice(0, length));
const part = fc.oneof(
  { arbitrary: prose, weight: 3 },
  { arbitrary: fc.constantFrom(...FINDS), weight: 2 },
  { arbitrary: fc.constantFrom(...OPEN), weight: 2 },
  { arbitrary: fc.constantFrom(...ENDS), weight: 2 },
  fc.constantFrom(' ', ' a ', '\n', '.'),
  fc.string(),
);

describe('A long text that is searched by windows', () => {
  it.each(FINDS)('is redacted as a whole one, wherever a find stands: %j', (found) => {
    for (const before of [0, 1_024, 12_280, 13_312]) {
      for (const filler of [PROSE[0] as string, 'word ']) {
        const lead = filler.repeat(Math.ceil(before / filler.length)).slice(0, before);
        expectSame(`${lead} ${found} ${filler.repeat(20_000 / filler.length)}`);
      }
    }
  });

  it.each(OPEN)('is redacted as a whole one, if a match goes on for long: %j', (open) => {
    for (const length of [100, 3_000, 20_000]) {
      for (const end of ['', ...ENDS]) {
        const filler = 'word and word '.repeat(length / 14);
        expectSame(`${PROSE[0]?.repeat(200)}${open}${filler}${end} ${PROSE[0]?.repeat(300)}`);
      }
    }
  });

  it('is searched around what is found, in a step of its own for each', () => {
    const filler = PROSE[0]?.repeat(2_000);
    const text = `${filler}my key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789 `.repeat(3);
    const windows: string[] = [];
    const steps = changedWhereFound(text, textTraits(text), (window) => {
      windows.push(window);
      return { result: window, keep: () => {} };
    });
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(windows).toHaveLength(3);
    expect(Math.max(...windows.map(({ length }) => length))).toBeLessThan(6_000);
    expect(count).toBeGreaterThan(30);
  });

  it('is redacted as a whole one, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 4, maxLength: 30 }), (parts) => expectSame(parts.join(''))),
      { numRuns: 100 },
    );
  }, 600_000);
});
