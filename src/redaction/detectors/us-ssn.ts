import { TRAIT } from '../text-scan.js';
import { digitsOf, matchesOf, type PersonalDataDetector } from './detector.js';

const WITH_HYPHENS = /(?<![\w-])(?<!\d[./])\d{3}-\d{2}-\d{4}(?![\w-]|[./]\d)/g;
/** Without hyphens it is a number like any other, so somebody must have said what it is. The digit first: it is rare. */
const LABELLED =
  /(?=\d)(?<=(?:SSN|social security(?: (?:number|no\.?|#))?)[\s"':=#]{0,4}(?:is )?)\d{3}[ ]?\d{2}[ ]?\d{4}(?!\w)/gi;
const WHOLE = /^\d{9}$|^\d{3} \d{2} \d{4}$/;

/** Social security numbers of the United States; not areas, groups and serials that were never given out. */
export const usSsn: PersonalDataDetector = {
  traits: TRAIT.number | TRAIT.shortNumber,
  find(text, { isSsn }, traits) {
    if (isSsn && WHOLE.test(text) && wasGivenOut(text)) return [{ start: 0, end: text.length }];
    const labelled = matchesOf(LABELLED, text, wasGivenOut);
    return (traits & TRAIT.number) === 0
      ? labelled
      : [...matchesOf(WITH_HYPHENS, text, wasGivenOut), ...labelled];
  },
  normalize: digitsOf,
};

function wasGivenOut(found: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digitsOf(found));
}
