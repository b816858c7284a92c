import { TRAIT } from '../text-scan.js';
import { digitsOf, matchesOf, type PersonalDataDetector, type TextMatch } from './detector.js';

/** No character of a number, a word or a path may precede or follow. */
const BEFORE = String.raw`(?<![\w.+/:-])`;
const BEHIND = String.raw`(?!\w|[-.:/,]\d)`;
const SEPARATOR = '[ .\\u00A0-]';

interface Form {
  readonly pattern: RegExp;
  readonly least: number;
  readonly most: number;
}

const FORMS: readonly Form[] = [
  // With a country code: +49 (0)30 1234567, 0049 30 1234567
  {
    pattern: new RegExp(
      String.raw`${BEFORE}(?:\+[1-9]|00[1-9]\d{0,2}(?=[ /-]))(?:(?:${SEPARATOR}|[ ]?[()/][ ]?|\)-)?\d){6,14}(?!\d)${BEHIND}`,
      'g',
    ),
    least: 8,
    most: 17,
  },
  // North America: (212) 555-0123, 212-555-0123, 1.212.555.0123
  {
    pattern: new RegExp(
      String.raw`${BEFORE}(?:1[ .-])?(?:\([2-9]\d{2}\)[ ]?[2-9]\d{2}[ .-]|[2-9]\d{2}([.-])[2-9]\d{2}\1)\d{4}${BEHIND}`,
      'g',
    ),
    least: 10,
    most: 11,
  },
  { pattern: /(?<![\w.+/:-]|\d )[2-9]\d{2} [2-9]\d{2} \d{4}(?!\w|[-.:/,]\d| \d)/g, least: 10, most: 10 },
  // With a leading zero and a separator after the area code: 030 1234567, 0170/1234567, (089) 12 34 56
  {
    pattern: new RegExp(
      String.raw`${BEFORE}(?:\(0[1-9]\d{0,4}\)[ ]?|0[1-9]\d{0,4}(?:[ /-]|[ ][/-][ ]))\d{2,8}(?:[ -]\d{2,8}){0,4}${BEHIND}`,
      'g',
    ),
    least: 9,
    most: 12,
  },
  // France with dots: 06.12.34.56.78
  { pattern: new RegExp(String.raw`${BEFORE}0[1-9](?:\.\d{2}){4}${BEHIND}`, 'g'), least: 10, most: 10 },
];

/** Labels, behind which a number of any form is a phone number. */
const LABEL =
  '(?:phone|telephone|tel|mobile|cell|fax|whatsapp|telefon(?:nummer)?|handy|t\\u00e9l\\u00e9phone|tel\\u00e9fono|m\\u00f3vil)';
const LABELLED = new RegExp(
  // The digit is checked first. Looking back from each character would take several times as long.
  String.raw`(?=[+(]?\d)(?<=(?<![A-Za-z])${LABEL}(?:[ _-]?(?:number|no|nr))?[\s.:#="']{1,4}(?:is )?)` +
    String.raw`[+(]?\d(?:[ ().\/-]{0,2}\d){6,14}(?!\d)${BEHIND}`,
  'gi',
);
const WHOLE = /^\s*[+(]?\d(?:[ ()./-]{0,2}\d){6,14}\s*$/;

/** 03-04-2024, 09/12/1990 */
const DATE = /^0\d[-/. ]\d\d[-/. ](?:19|20)\d\d/;

/**
 * Finds phone numbers in a form that is not ambiguous: with a country code, in the groups of North America, or with a
 * leading zero and a separator. A number in any other form needs a label such as `phone` before it, or a member of that
 * name.
 */
export const phone: PersonalDataDetector = {
  traits: TRAIT.number | TRAIT.shortNumber,
  find(text, { isPhone }, traits) {
    if (isPhone && WHOLE.test(text)) return [{ start: 0, end: text.length }];
    const matches: TextMatch[] = [];
    // A short number may have only a + to recognise it by.
    if ((traits & TRAIT.number) !== 0 || text.includes('+')) {
      for (const { pattern, least, most } of FORMS)
        matches.push(...matchesOf(pattern, text, (found) => isNumber(found, least, most)));
    }
    matches.push(...matchesOf(LABELLED, text, (found) => isNumber(found, 7, 15)));
    return matches;
  },
  normalize: (found) => (found.trim().startsWith('+') ? '+' : '') + digitsOf(found),
};

function isNumber(found: string, least: number, most: number): boolean {
  const digits = digitsOf(found).length;
  return digits >= least && digits <= most && !DATE.test(found);
}
