import { TRAIT } from '../text-scan.js';
import { digitsOf, matchesOf, type PersonalDataDetector } from './detector.js';

const WITH_HYPHENS = /(?<![\w-])(?<!\d[./])\d{3}-\d{2}-\d{4}(?![\w-]|[./]\d)/g;
/** A number without hyphens needs a label. The digit is checked first, because digits are rare. */
const LABELLED =
  /(?=\d)(?<=(?:SSN|social security(?: (?:number|no\.?|#))?)[\s"':=#]{0,4}(?:is )?)\d{3}[ ]?\d{2}[ ]?\d{4}(?!\w)/gi;
const WHOLE = /^\d{9}$|^\d{3} \d{2} \d{4}$/;

/** Finds social security numbers of the United States, except for areas, groups and serials that were never assigned. */
export const usSsn: PersonalDataDetector = {
  traits: TRAIT.number | TRAIT.shortNumber,
  find(text, { isSsn }, traits) {
    if (isSsn && WHOLE.test(text) && wasAssigned(text)) return [{ start: 0, end: text.length }];
    const labelled = matchesOf(LABELLED, text, wasAssigned);
    return (traits & TRAIT.number) === 0
      ? labelled
      : [...matchesOf(WITH_HYPHENS, text, wasAssigned), ...labelled];
  },
  normalize: digitsOf,
};

function wasAssigned(found: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(digitsOf(found));
}
