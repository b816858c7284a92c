import {
  type CredentialName,
  credentialName,
  LONGEST_CREDENTIAL_NAME,
  NO_CREDENTIAL_NAME,
  wordsOf,
} from './credential-names.js';
import { isLabel } from './credential-scan.js';
import type { TextContext } from './detectors/detector.js';
import type { CredentialNameOptions } from './redaction-options.js';
import type { FindingCollector, RedactionFinding } from './redaction-report.js';

/** Facts about the value of a member that follow from its name. */
export interface MemberName extends TextContext {
  /** The name after redaction: an object may be keyed by e-mail addresses. */
  readonly redacted: string;
  /** Findings in the name itself. */
  readonly found: readonly RedactionFinding[];
  /** Whether a text is a credential: `password`, `DB_PASS`, `token`. */
  readonly isCredential: boolean;
  /** Whether a number is a credential: `pin`, `cvv`. */
  readonly isSecretNumber: boolean;
  /** Whether none of these facts applies, as for nearly all names. */
  readonly isPlain: boolean;
}

const MAX_CACHED_NAMES = 4096;

const PHONE =
  /(?:^|[^a-z]|(?<=[a-z])(?=[A-Z]))(?:tele)?(?:phone|mobile|fax|whatsapp|telefon|handy)(?:[_ -]?(?:number|no|nr))?$/i;
const SSN = /(?:^|[^a-z])(?:ssn|social[_ -]?security(?:[_ -]?(?:number|no))?)$/i;

/** Facts about a value without a name. */
export const NO_NAME: MemberName = {
  redacted: '',
  found: [],
  isCredential: false,
  isSecretNumber: false,
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
  { add = [], remove = [] }: CredentialNameOptions = {},
): (name: string) => MemberName {
  const added = new Set(add.map(spelled));
  const removed = new Set(remove.map(spelled));
  const known = new Map<string, MemberName>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const facts = readName(name, redact, (known) => {
      const spelling = spelled(known);
      if (added.has(spelling)) return ADDED;
      return removed.has(spelling) ? NO_CREDENTIAL_NAME : namedCredential(known);
    });
    if (name.length <= LONGEST_CREDENTIAL_NAME) {
      if (known.size >= MAX_CACHED_NAMES) known.clear();
      known.set(name, facts);
    }
    return facts;
  };
}

/** The same text for all styles of a name. */
function spelled(name: string): string {
  return wordsOf(name).join(' ');
}

const ADDED: CredentialName = { isText: true, isNumber: true };

function namedCredential(name: string): CredentialName {
  return isLabel(name) ? ADDED : credentialName(name);
}

function readName(
  name: string,
  redact: (name: string, found: FindingCollector) => string,
  credentialOf: (name: string) => CredentialName,
): MemberName {
  const found: RedactionFinding[] = [];
  const redacted = redact(name, { add: (category, method) => found.push({ category, method }) });
  const isShort = name.length <= LONGEST_CREDENTIAL_NAME;
  const { isText: isCredential, isNumber: isSecretNumber } = isShort
    ? credentialOf(name)
    : NO_CREDENTIAL_NAME;
  const isPhone = isShort && PHONE.test(name);
  const isSsn = isShort && SSN.test(name);
  return {
    redacted,
    found,
    isCredential,
    isSecretNumber,
    isPhone,
    isSsn,
    isPlain: redacted === name && !isCredential && !isPhone && !isSsn,
  };
}

/** Keeps names distinct that redaction has made equal. */
export class UnusedNames {
  readonly #taken: Set<string>;
  readonly #counts = new Map<string, number>();

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken);
  }

  take(name: string): string {
    let count = this.#counts.get(name) ?? 0;
    let candidate = name;
    do {
      count += 1;
      candidate = count === 1 ? name : `${name}#${count}`;
    } while (this.#taken.has(candidate));
    this.#counts.set(name, count);
    this.#taken.add(candidate);
    return candidate;
  }
}
