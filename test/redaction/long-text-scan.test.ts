import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecewiseTraits } from '../../src/redaction/long-text-scan.js';
import { scannedTraits, textTraits } from '../../src/redaction/text-scan.js';
import { finished } from '../../src/steps.js';

/** Texts with something to find, of each kind that a scan looks for. */
const FINDS = [
  'Authorization: Bearer abcdef0123456789abcdef0123456789',
  'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
  'write to ada@example.com today',
  'https://user:password@example.com/',
  'call +49 30 1234567 or 555 123 4567',
  'card 4111 1111 1111 1111',
  '10.1.22.133',
  'fe80::1ff:fe23:4567:890a',
  'DE89370400440532013000',
  '-----BEGIN PRIVATE KEY-----',
  'ada%40example.com',
  'ada&#64;example.com',
  '{\\"token\\":\\"abc\\"}',
  'cGFzc3dvcmQ6IGh1bnRlcjIgaXMgbXkgcGFzc3dvcmQ=',
  'password is hunter2',
  '\ud800',
];

const FILLER = 'The parcel left our warehouse in Hamburg and should be with you soon. ';

describe('A long text', () => {
  it.each(FINDS)('has the traits that one scan finds, wherever the pieces meet: %j', (found) => {
    for (const before of [0, 11_000, 12_200, 12_280, 12_288, 13_300, 16_384, 24_560]) {
      const filler = FILLER.repeat(Math.ceil(before / FILLER.length)).slice(0, before);
      const text = `${filler} ${found} ${FILLER.repeat(300)}`;
      expect(textTraits(text)).toBe(scannedTraits(text));
    }
  });

  it('has the traits that one scan finds, if it is made of any words', () => {
    const word = fc.oneof(
      fc.constantFrom(...FINDS),
      fc.constantFrom(' ', '\n', 'order 12', '1 ', 'aGVsbG8gd29ybGQ'),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 400 }),
        (words, repeats) => {
          const text = `${words.join(' ')} ${FILLER}`.repeat(repeats);
          const traits = textTraits(text);
          expect(traits).toBe(scannedTraits(text));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is scanned in pieces of a limited length', () => {
    const lengths: number[] = [];
    const steps = piecewiseTraits(FILLER.repeat(5_000), (piece) => lengths.push(piece.length) && 0);
    finished(steps);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16_384);
    expect(lengths.length).toBeGreaterThan(25);
  });
});
