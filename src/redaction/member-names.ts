import { SECRET_MEMBERS } from '../text/credential-shapes.js';
import { isLabel } from './credential-scan.js';
import type { TextContext } from './detectors/detector.js';
import type { FindingCollector, RedactionFinding } from './redaction-report.js';

/** Facts about the value of a member that follow from its name. */
export interface MemberName extends TextContext {
  /** The name after redaction: an object may be keyed by e-mail addresses. */
  readonly redacted: string;
  /** Findings in the name itself. */
  readonly found: readonly RedactionFinding[];
  /** Whether any value is a credential: `password`, `api_key`. */
  readonly isCredential: boolean;
  /** Whether a value is a credential if it looks like one: `token`, `secret`. The tokens of a model are words. */
  readonly mayBeCredential: boolean;
  /** Whether none of these facts applies, as for nearly all names. */
  readonly isPlain: boolean;
}

const LONGEST_LABEL = 64;
const MAX_CACHED_NAMES = 4096;

const PHONE =
  /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:tele)?(?:phone|mobile|fax|whatsapp|telefon|handy)(?:[_ -]?(?:number|no|nr))?$/i;
const SSN = /(?:^|[^a-z])(?:ssn|social[_ -]?security(?:[_ -]?(?:number|no))?)$/i;
const SECRET = new RegExp(
  `^(?:x[-_]?)?(?:${SECRET_MEMBERS.join('|')}|(?:api|bot|csrf|bearer)[-_]?(?:token|secret))$`,
  'i',
);
const LIKELY_SECRET = /^(?=[^\s]{12,}$)(?=.*\d)(?=.*[A-Za-z])/s;

/** Facts about a value without a name. */
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
 * Returns a function that reads names, with a cache, because the same names occur in every event.
 *
 * @param redact - redacts the name itself.
 */
export function memberNames(
  redact: (name: string, found: FindingCollector) => string,
): (name: string) => MemberName {
  const known = new Map<string, MemberName>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const facts = readName(name, redact);
    if (name.length <= LONGEST_LABEL) {
      if (known.size >= MAX_CACHED_NAMES) known.clear();
      known.set(name, facts);
    }
    return facts;
  };
}

export function looksSecret(value: string): boolean {
  return LIKELY_SECRET.test(value);
}

function readName(name: string, redact: (name: string, found: FindingCollector) => string): MemberName {
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
