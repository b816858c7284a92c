import { TRAIT } from '../text-scan.js';
import { digitsOf, matchesOf, type PersonalDataDetector } from './detector.js';

/**
 * A number in one piece, or in the groups that are printed on a card, with the same separator between all groups. With a
 * digit before or after it, it is a part of another number.
 */
const CARD = new RegExp(
  String.raw`(?<![\w.])(?<!\d-)(?:` +
    String.raw`[2-689]\d{11,18}` +
    String.raw`|[2-689]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?` +
    String.raw`|3\d{3}([ -])\d{6}\2\d{4,5}` +
    String.raw`)(?![\w]|[.-]\d)`,
  'g',
);

/** First digits of each issuer's numbers, and their lengths. Most numbers in texts begin with other digits. */
const ISSUERS: ReadonlyArray<readonly [RegExp, readonly number[]]> = [
  [/^4/, [13, 16, 19]], // Visa, Elo
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^220[0-4]/, [16, 17, 18, 19]], // Mir
  [/^(?:6011|64[4-9]|65|60|8[12]|508)/, [16, 19]], // Discover, RuPay
  [/^(?:5041|506[0-9]|5078|509|6277|6362|6363)/, [16, 18, 19]], // Elo, Verve
  [/^9792/, [16]], // Troy
  [/^(?:5019|4571)/, [16]], // Dankort
  [/^63[6-9]/, [16, 17, 18, 19]], // InterPayment, InstaPayment
  [/^3(?:0[0-5]|[689])/, [14, 16]], // Diners Club
  [/^35(?:2[89]|[3-8])/, [16, 19]], // JCB
  [/^62/, [16, 17, 18, 19]], // UnionPay
  [/^(?:5018|5020|5038|5612|5893|6304|6390|67)/, [12, 13, 14, 15, 16, 17, 18, 19]], // Maestro
];

export const creditCard: PersonalDataDetector = {
  traits: TRAIT.number,
  find: (text) => matchesOf(CARD, text, (found) => isCardNumber(digitsOf(found))),
  normalize: digitsOf,
};

/** @param digits - the number without separators. */
function isCardNumber(digits: string): boolean {
  return (
    ISSUERS.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length)) &&
    hasLuhnCheckDigit(digits) &&
    // A number of zeros passes every checksum.
    !/^(\d)\1*$/.test(digits)
  );
}

function hasLuhnCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    const counted = index % 2 === 0 ? digit : digit * 2;
    sum += counted > 9 ? counted - 9 : counted;
  }
  return sum % 10 === 0;
}
