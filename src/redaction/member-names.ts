import { SECRET_MEMBERS } from '../text/credential-shapes.js';
import { isLabel } from './credential-scan.js';
import type { TextContext } from './detectors/detector.js';
import type { Counted, RedactionFinding } from './redaction-report.js';

/** What the name of a member tells of the text or number in it. */
export interface MemberName extends TextContext {
  /** The name itself, where it holds something: an object may be keyed by e-mail addresses. */
  readonly redacted: string;
  /** What was taken out of it. */
  readonly found: readonly RedactionFinding[];
  /** `password`, `api_key`: all of it is a credential. */
  readonly isCredential: boolean;
  /** `token`, `secret`: a credential where it looks like one. The tokens of a model are words. */
  readonly mayBeCredential: boolean;
  /** None of these, as nearly all names. */
  readonly isPlain: boolean;
}

const LONGEST_LABEL = 64;
const MOST_KNOWN = 4096;

const PHONE =
  /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:tele)?(?:phone|mobile|fax|whatsapp|telefon|handy)(?:[_ -]?(?:number|no|nr))?$/i;
const SSN = /(?:^|[^a-z])(?:ssn|social[_ -]?security(?:[_ -]?(?:number|no))?)$/i;
const SECRET = new RegExp(
  `^(?:x[-_]?)?(?:${SECRET_MEMBERS.join('|')}|(?:api|bot|csrf|bearer)[-_]?(?:token|secret))$`,
  'i',
);
const LIKELY_SECRET = /^(?=[^\s]{12,}$)(?=.*\d)(?=.*[A-Za-z])/s;

/** A text for a member of which nothing is known. */
export const NO_NAME: MemberName = {
  redacted: '',
  found: [],
  isCredential: false,
  mayBeCredential: false,
  isPhone: false,
  isSsn: false,
  isPlain: true,
};

/**
 * Reads each name once: the same ones come with every event.
 *
 * @param redact - takes out what a name holds.
 */
export function memberNames(redact: (name: string, found: Counted) => string): (name: string) => MemberName {
  const known = new Map<string, MemberName>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const facts = readName(name, redact);
    if (name.length <= LONGEST_LABEL) {
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(name, facts);
    }
    return facts;
  };
}

export function looksSecret(value: string): boolean {
  return LIKELY_SECRET.test(value);
}

function readName(name: string, redact: (name: string, found: Counted) => string): MemberName {
  const found: RedactionFinding[] = [];
  const redacted = redact(name, { add: (category, method) => found.push({ category, method }) });
  const isShort = name.length <= LONGEST_LABEL;
  const isCredential = isShort && isLabel(name);
  const mayBeCredential = isShort && SECRET.test(name);
  const isPhone = isShort && PHONE.test(name);
  const isSsn = isShort && SSN.test(name);
  return {
    redacted,
    found,
    isCredential,
    mayBeCredential,
    isPhone,
    isSsn,
    isPlain: redacted === name && !isCredential && !mayBeCredential && !isPhone && !isSsn,
  };
}
