import { createHash, createHmac } from 'node:crypto';
import { finished, type WorkSteps } from '../steps.js';
import { replaceEncodedWords } from '../text/encoded-words.js';
import { MASK, maskSecrets } from '../text/mask-secrets.js';
import { wellFormed } from '../text/well-formed.js';
import { withoutPrivateKeys, withoutPrivateMembers } from './detectors/credentials.js';
import type { PersonalDataDetector, TextContext, TextMatch } from './detectors/detector.js';
import { PERSONAL_DATA_DETECTOR_NAMES, PERSONAL_DATA_DETECTORS } from './detectors/index.js';
import { follow, type PathState } from './field-paths.js';
import { type JsonVisitor, mayBeJson, rewriteJson } from './json-text.js';
import { forgetTextsScannedAhead, LONGEST_PIECE } from './long-text-scan.js';
import { type MemberName, memberNames, NO_NAME } from './member-names.js';
import type { RedactionMethod, RedactionOptions } from './redaction-options.js';
import type { FindingCollector, RedactionFinding, RedactionReport } from './redaction-report.js';
import { changedWhereFound, NOTHING_TO_FIND, scanAhead, TRAIT, textTraits } from './text-scan.js';

/** The rule for a field that is redacted whatever it contains. */
export interface FieldRule {
  readonly category: string | undefined;
  readonly method: RedactionMethod;
}

interface Search {
  readonly category: string;
  readonly method: RedactionMethod;
  readonly traits: number;
  find(text: string, context: TextContext, traits: number): TextMatch[];
  normalize(found: string): string;
}

interface Found extends TextMatch {
  readonly search: Search;
}

/** Maximum depth of JSON texts within JSON texts. Each level at least doubles the backslashes, so real ones are not deep. */
const DEEPEST_JSON = 8;
const ANY_TRAIT = -1;
/** Traits of texts in which something may be found that does not appear literally. */
const HIDING_TRAITS =
  TRAIT.credential |
  TRAIT.dashes |
  TRAIT.backslash |
  TRAIT.percent |
  TRAIT.entity |
  TRAIT.secretName |
  TRAIT.shortNumber;
const ENCODED_TRAITS = TRAIT.percent | TRAIT.entity;
const CREDENTIAL_TRAITS = TRAIT.credential | TRAIT.dashes;

/** Redacts texts, numbers and names by detectors and patterns. Never changes what it has masked. */
export class TextRedaction {
  /** Whether every text must be searched, whatever its traits are. */
  readonly hasPatterns: boolean;
  readonly nameOf: (name: string) => MemberName;

  readonly #searches: readonly Search[];
  readonly #replace: Replace;
  /** Texts that were redacted ahead, with what was found in them. */
  readonly #ahead = new Map<string, { result: string; found: readonly RedactionFinding[] }>();

  constructor(options: RedactionOptions) {
    this.#searches = [...patternSearches(options), ...detectorSearches(options)];
    this.#replace = replaceWith(options.salt);
    this.hasPatterns = (options.patterns ?? []).length > 0;
    this.nameOf = memberNames((name, found) => this.#redactedName(name, found), options.credentialNames);
  }

  /** @param state - paths of fields that may continue into a text of JSON. */
  text(
    text: string,
    ownTraits: number,
    name: MemberName,
    state: PathState<FieldRule> | undefined,
    findings: RedactionReport,
    depth = 0,
  ): string {
    const traits = name.isPhone || name.isSsn ? ownTraits | TRAIT.shortNumber : ownTraits;
    if (isCredential(text, name)) {
      findings.add('api_key', 'mask');
      return MASK;
    }
    if ((traits & TRAIT.secretName) !== 0) {
      const masked = withoutPrivateMembers(text, mask('private_key'));
      if (masked !== text) {
        findings.add('private_key', 'mask');
        return this.text(masked, ownTraits, name, state, findings, depth);
      }
    }
    const isSought = (traits & ~NOTHING_TO_FIND) !== 0 || this.hasPatterns || state !== undefined;
    if (!isSought) return text;
    const isJson = depth < DEEPEST_JSON && mayBeJson(text);
    if (!isJson && text.length > LONGEST_PIECE) return this.#plainText(text, traits, name, findings);
    if (state === undefined && this.#isPlainlyNothing(text, traits, name)) return text;
    if (isJson) {
      const before = findings.count;
      const rewritten = rewriteJson(
        text,
        state,
        this.#jsonVisitor(findings, depth, text.includes('"logprob"')),
      );
      if (rewritten !== undefined) {
        // Some credentials are recognised only by several texts together, such as a list of headers.
        const isLeft = (traits & CREDENTIAL_TRAITS) !== 0 && findings.count === before;
        return isLeft ? this.#jsonWithoutCredentials(rewritten, findings) : rewritten;
      }
    }
    return this.#plainText(text, traits, name, findings);
  }

  /**
   * Whether a search of the plain text is enough to find nothing. Most texts with a trait contain only a date or an order
   * number, and need not be parsed as JSON.
   */
  #isPlainlyNothing(text: string, traits: number, name: MemberName): boolean {
    if ((traits & HIDING_TRAITS) !== 0) return false;
    for (const search of this.#searches) {
      const isApt = search.traits === ANY_TRAIT || (search.traits & traits) !== 0;
      if (isApt && search.find(text, name, traits).length > 0) return false;
    }
    return true;
  }

  /** Redacts an identifier, which may contain a credential but is not personal data. */
  credentials(text: string, traits: number, findings: FindingCollector): string {
    let result = text;
    if ((traits & TRAIT.dashes) !== 0) {
      result = withoutPrivateKeys(result, mask('private_key'));
      if (result !== text) findings.add('private_key', 'mask');
    }
    if ((traits & TRAIT.credential) !== 0) {
      const masked = maskSecrets(result);
      if (masked !== result) findings.add('api_key', 'mask');
      result = masked;
    }
    return result;
  }

  /** Returns the text that replaces a number; `undefined` if the number stays. */
  number(source: string, name: MemberName, findings: RedactionReport): string | undefined {
    if (name.isSecretNumber) {
      findings.add('api_key', 'mask');
      return MASK;
    }
    const redacted = this.#personalData(source, TRAIT.number, name, findings);
    return redacted === source ? undefined : redacted;
  }

  /** Returns the replacement of a whole field; unused if the method is `drop`. */
  field(value: string, { category, method }: FieldRule, findings: RedactionReport): string {
    findings.add(category, method);
    return this.#replace(value, category, method);
  }

  #redactedName(name: string, found: FindingCollector): string {
    const traits = textTraits(name);
    if ((traits & ~NOTHING_TO_FIND) === 0 && !this.hasPatterns) return wellFormed(name);
    return wellFormed(this.#plainText(name, traits, NO_NAME, found));
  }

  /**
   * Redacts a long text in steps, ahead of {@link TextRedaction.text}, which then finds it done. Not a text of JSON, and
   * not for an application's patterns.
   */
  *ahead(text: string): WorkSteps<void> {
    if (text.length <= LONGEST_PIECE) return;
    yield* scanAhead(text);
    const traits = textTraits(text);
    if ((traits & ~NOTHING_TO_FIND) === 0 || isSearchedWhole(traits) || mayBeJson(text)) return;
    if (this.#ahead.has(text)) return;
    const found: RedactionFinding[] = [];
    const collector: FindingCollector = { add: (category, method) => found.push({ category, method }) };
    const result = yield* byWindows(text, traits, collector, (window, windowFound) =>
      this.#decodedText(window, traits, NO_NAME, windowFound),
    );
    this.#ahead.set(text, { result, found });
  }

  /** Forgets what was done ahead, because its event is redacted. */
  forgetAhead(): void {
    this.#ahead.clear();
    forgetTextsScannedAhead();
  }

  #plainText(text: string, traits: number, name: MemberName, findings: FindingCollector): string {
    const isNumber = name.isPhone || name.isSsn;
    const ahead = isNumber ? undefined : this.#ahead.get(text);
    if (ahead !== undefined) addAll(ahead.found, findings);
    const result =
      ahead?.result ??
      this.#whereFound(text, traits, isNumber, findings, (window, found) =>
        this.#decodedText(window, traits, name, found),
      );
    if ((traits & TRAIT.backslash) === 0) return result;
    const plain = unescaped(result);
    if (plain === result) return result;
    const plainTraits = textTraits(plain);
    const redacted = this.#whereFound(plain, plainTraits, isNumber, findings, (window, found) =>
      this.#unescapedText(window, plainTraits, name, found),
    );
    return redacted === plain ? result : redacted;
  }

  /** Redacts a text, a long one only where the scan finds something. */
  #whereFound(
    text: string,
    traits: number,
    isNumber: boolean,
    findings: FindingCollector,
    redact: RedactWindow,
  ): string {
    const isWhole = isNumber || this.hasPatterns || isSearchedWhole(traits);
    if (isWhole || text.length <= LONGEST_PIECE) return redact(text, findings);
    return finished(byWindows(text, traits, findings, redact));
  }

  #decodedText(text: string, traits: number, name: MemberName, findings: FindingCollector): string {
    return this.#withoutEncoded(this.#unescapedText(text, traits, name, findings), traits, findings);
  }

  /** Words in which something is percent-encoded or written as an entity of HTML are decoded if something is found. */
  #withoutEncoded(text: string, traits: number, findings: FindingCollector): string {
    if ((traits & ENCODED_TRAITS) === 0) return text;
    return replaceEncodedWords(text, (plain) => {
      const redacted = this.#unescapedText(plain, textTraits(plain), NO_NAME, findings);
      return redacted === plain ? undefined : redacted;
    });
  }

  #unescapedText(text: string, traits: number, name: MemberName, findings: FindingCollector): string {
    const result = (traits & CREDENTIAL_TRAITS) === 0 ? text : this.credentials(text, traits, findings);
    return this.#personalData(result, traits, name, findings);
  }

  #personalData(text: string, traits: number, context: TextContext, findings: FindingCollector): string {
    const found: Found[] = [];
    for (const search of this.#searches) {
      if (search.traits !== ANY_TRAIT && (search.traits & traits) === 0) continue;
      for (const { start, end } of search.find(text, context, traits)) found.push({ start, end, search });
    }
    if (found.length === 0) return text;
    let result = '';
    let copied = 0;
    for (const { start, end, search } of withoutOverlaps(found)) {
      findings.add(search.category, search.method);
      const value = search.normalize(text.slice(start, end));
      result += text.slice(copied, start) + this.#replace(value, search.category, search.method);
      copied = end;
    }
    return result + text.slice(copied);
  }

  #jsonWithoutCredentials(text: string, findings: RedactionReport): string {
    const masked = maskSecrets(text);
    if (masked === text || rewriteJson(masked, undefined, UNCHANGED) === undefined) return text;
    findings.add('api_key', 'mask');
    return masked;
  }

  #jsonVisitor(
    findings: RedactionReport,
    depth: number,
    hasTokensOfModel: boolean,
  ): JsonVisitor<PathState<FieldRule> | undefined, MemberName> {
    return {
      enter: (parent, key, source) => {
        const { rule, state } = follow(parent, key);
        if (rule === undefined) return { state };
        const replacement = this.field(source(), rule, findings);
        return { replacement: rule.method === 'drop' ? 'null' : JSON.stringify(replacement) };
      },
      name: (name) => {
        if (hasTokensOfModel && name === 'token') return TOKEN_OF_MODEL;
        const known = this.nameOf(name);
        for (const { category, method } of known.found) findings.add(category, method);
        return known;
      },
      string: (value, { name, state }) =>
        this.text(value, textTraits(value), name ?? NO_NAME, state, findings, depth + 1),
      number: (source, { name }) => {
        const redacted = this.number(source, name ?? NO_NAME, findings);
        return redacted === undefined ? undefined : redacted === '' ? 'null' : JSON.stringify(redacted);
      },
    };
  }
}

/** Whether a text may have a private key, whose end may be anywhere. */
function isSearchedWhole(traits: number): boolean {
  return (traits & TRAIT.dashes) !== 0;
}

type RedactWindow = (window: string, found: FindingCollector) => string;

function byWindows(
  text: string,
  traits: number,
  findings: FindingCollector,
  redact: RedactWindow,
): WorkSteps<string> {
  return changedWhereFound(text, traits, (window) => {
    const found: RedactionFinding[] = [];
    const result = redact(window, { add: (category, method) => found.push({ category, method }) });
    return { result, keep: () => addAll(found, findings) };
  });
}

function addAll(found: readonly RedactionFinding[], findings: FindingCollector): void {
  for (const { category, method } of found) findings.add(category, method);
}

/** The name `token` beside `logprob`. The tokens of a model are words. */
const TOKEN_OF_MODEL: MemberName = { ...NO_NAME, redacted: 'token' };

const UNCHANGED: JsonVisitor<undefined, { redacted: string }> = {
  enter: () => ({ state: undefined }),
  name: (name) => ({ redacted: name }),
  string: (value) => value,
  number: () => undefined,
};

/** Words that say that there is no credential, or of which kind it is. */
const NO_CREDENTIAL = /^(?:true|false|null|none|undefined|n\/a|yes|no|required|optional|string|number)?$/i;

function isCredential(text: string, name: MemberName): boolean {
  return name.isCredential && !text.includes(MASK) && !NO_CREDENTIAL.test(text);
}

function detectorSearches({ detectors, method = 'mask', methods = {} }: RedactionOptions): Search[] {
  return PERSONAL_DATA_DETECTOR_NAMES.filter((name) => detectors?.includes(name) ?? true).map((name) => {
    const detector: PersonalDataDetector = PERSONAL_DATA_DETECTORS[name];
    return {
      category: name,
      method: methods[name] ?? method,
      traits: detector.traits,
      find: detector.find,
      normalize: detector.normalize,
    };
  });
}

function patternSearches({ patterns = [], method = 'mask' }: RedactionOptions): Search[] {
  return patterns.map(({ category, pattern, method: own }) => ({
    category,
    method: own ?? method,
    traits: ANY_TRAIT,
    find: typeof pattern === 'string' ? textFinder(pattern) : patternFinder(pattern),
    normalize: (found) => found,
  }));
}

function textFinder(sought: string): (text: string) => TextMatch[] {
  return (text) => {
    const matches: TextMatch[] = [];
    for (let start = text.indexOf(sought); start >= 0; start = text.indexOf(sought, start + sought.length)) {
      matches.push({ start, end: start + sought.length });
    }
    return matches;
  };
}

function patternFinder(pattern: RegExp): (text: string) => TextMatch[] {
  // A copy, because the application's own use of the pattern would move its lastIndex. It is not sticky, because a sticky
  // pattern finds only a match at the beginning of the text.
  const global = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`);
  return (text) => {
    const matches: TextMatch[] = [];
    for (const { 0: found, index } of text.matchAll(global)) {
      if (found !== '') matches.push({ start: index, end: index + found.length });
    }
    return matches;
  };
}

/**
 * Sorts the matches by position. A match within another is dropped, as is the later of two equal matches. Two matches that
 * overlap become one.
 */
function withoutOverlaps(found: readonly Found[]): Found[] {
  const sorted = found.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const kept: Found[] = [];
  for (const match of sorted) {
    const previous = kept.at(-1);
    if (previous === undefined || match.start >= previous.end) kept.push(match);
    else if (match.end > previous.end) kept[kept.length - 1] = { ...previous, end: match.end };
  }
  return kept;
}

/** 64 bits. Among a billion values, two have the same hash with a probability of 3 percent. */
const HASH_DIGITS = 16;

/** Returns the replacement of a value: for `drop`, the empty text. */
type Replace = (value: string, category: string | undefined, method: RedactionMethod) => string;

function replaceWith(salt: string | undefined): Replace {
  return (value, category, method) => {
    if (method === 'drop') return '';
    if (method === 'mask' || salt === undefined) return mask(category);
    const hash = createHmac('sha256', salt).update(value).digest('hex').slice(0, HASH_DIGITS);
    // The underscore makes it one word, so that no detector takes the digits for a number.
    return `[${category ?? 'redacted'}_${hash}]`;
  };
}

function mask(category: string | undefined): string {
  return category === undefined ? MASK : `[REDACTED:${category}]`;
}

const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))/g;

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Replaces the escapes of JSON in a text that is or contains a piece of JSON. `\u0040` hides an @, and the n of `\n` would
 * join the word behind it.
 */
function unescaped(text: string): string {
  return text.replace(ESCAPE, (_escape, code: string | undefined, letter: string | undefined) =>
    code === undefined
      ? (LETTERS[letter ?? ''] ?? letter ?? '')
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/**
 * Cuts a text to at most `most` characters, including a mark with the original length and a hash. The hash is that of the
 * redacted text: from a hash of the original, names and numbers could be guessed.
 *
 * @param originalLength - length before redaction.
 */
export function limitLength(text: string, most: number, originalLength: number): string {
  if (text.length <= most) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  const mark = `…[truncated: ${originalLength} characters, sha256 ${hash}]`;
  const end = most - mark.length;
  return text.slice(0, isWithinPair(text, end) ? end - 1 : end) + mark;
}

function isWithinPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const behind = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && behind >= 0xdc00 && behind <= 0xdfff;
}
