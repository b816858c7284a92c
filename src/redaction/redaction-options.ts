import type { EventType } from '../chaukas/event.js';
import { asRecord, isRecord } from '../json/readers.js';
import {
  describedOption,
  listOf,
  missingOption,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  required,
  rule,
  TEXT,
  valueOr,
  wrongOption,
} from '../options/option-rules.js';
import { CREDENTIAL_DETECTORS } from './detectors/credentials.js';
import {
  DETECTOR_NAMES,
  PERSONAL_DATA_DETECTOR_NAMES,
  type PersonalDataDetectorName,
  type RedactionDetector,
} from './detectors/index.js';
import { fieldPathProblem } from './field-paths.js';

/**
 * The replacement of redacted text:
 *
 * - `mask`: a word such as `[REDACTED:email]`
 * - `hash`: a word that is the same for the same value (`[email_9f86d081884c7d65]`), so that events of one person can
 *   still be found together
 * - `drop`: no replacement
 */
export type RedactionMethod = 'mask' | 'hash' | 'drop';

/** A pattern for personal data of the application's own kind, such as customer numbers. */
export interface RedactionPattern {
  /** Name in `pii_categories` and in the mask: letters, digits, `_`, `-` and `.`. */
  category: string;
  /**
   * A literal text or a regular expression. It runs on every text of every event, so an expression that backtracks badly
   * (`(a+)+$`) blocks the application.
   */
  pattern: string | RegExp;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** A field that is redacted whatever it contains. */
export interface RedactionField {
  /** Path in the event, as in option `fields`. */
  path: string;
  /** Name in `pii_categories` and in the mask. */
  category?: string;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** Changes to the names whose values are credentials. */
export interface CredentialNameOptions {
  /** Names whose values are credentials, too. */
  add?: readonly string[];
  /** Names whose values are none. */
  remove?: readonly string[];
}

/** The event that contains the text passed to a {@link RedactionCallback}; without members for a text on a span. */
export interface RedactionEventInfo {
  readonly type?: EventType | undefined;
  readonly event_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly agent_name?: string | undefined;
}

/**
 * Redacts a text by the application's own code.
 *
 * @param value - the text after the detectors ran.
 * @param path - path of the text in the event: `llm_invocation.request.messages[0].content`. On a span it begins with the
 *   attribute: `["gen_ai.input.messages"][0].parts[0].content`.
 * @returns the text to record; `undefined` or the same text leaves it unchanged.
 */
export type RedactionCallback = (
  value: string,
  path: string,
  event: RedactionEventInfo,
) => string | undefined;

/**
 * Options for the redaction of events before they are stored or sent, and of content on spans and in log records.
 * Credentials (keys, tokens, passwords, private keys) are always redacted.
 *
 * All content of an event is searched, its metadata and extensions included, also inside of texts that are JSON.
 * Identifiers are not: an application that uses e-mail addresses as session ids publishes them.
 */
export interface RedactionOptions {
  /**
   * Kinds of personal data to search for: `email`, `phone`, `credit_card`, `iban`, `us_ssn`, `ip_address`. `api_key` and
   * `private_key` may be listed, but are always searched for.
   *
   * @defaultValue all
   */
  detectors?: readonly RedactionDetector[];
  /** @defaultValue none */
  patterns?: readonly RedactionPattern[];
  /**
   * Fields that are redacted whatever they contain, by their paths in the event: `tool_response.output.customer.*`,
   * `llm_invocation.request.messages[*].content`, `**.date_of_birth`.
   *
   * - `*` is any member, `[*]` any entry of a list, `**` any number of both.
   * - `["a.b"]` is a member whose name has other characters than letters, digits, `_`, `-`, `$` and `@`.
   * - A path may lead into a text that is JSON.
   * - A path in an event also names the content of spans that holds the same: that of a tool's result, for example,
   *   `gen_ai.tool.call.result`. A path may also begin with such an attribute: `["gen_ai.retrieval.documents"][*].content`.
   *
   * @defaultValue none
   */
  fields?: ReadonlyArray<string | RedactionField>;
  /**
   * Changes to the names of members whose values are masked as credentials, whatever they are. Known are names with a word
   * such as `password`, `secret`, `token`, `pin` or `auth`, or with `key` at the end, in any style (`dbPass`, `DB_PASS`):
   * `{ add: ['vault_ref'], remove: ['session_token'] }`.
   *
   * @defaultValue none
   */
  credentialNames?: CredentialNameOptions;
  /**
   * Method for everything that has no method of its own. Credentials are always masked.
   *
   * `drop` removes a match from its text. A dropped field is left out; in a list and inside of a JSON text it becomes
   * `null`.
   *
   * @defaultValue `'mask'`
   */
  method?: RedactionMethod;
  /** Methods by detector: `{ email: 'hash' }`. */
  methods?: Readonly<Partial<Record<PersonalDataDetectorName, RedactionMethod>>>;
  /**
   * Key of the hashes, at least 16 characters. Required for the method `hash`. The hash is HMAC-SHA-256, of which 16
   * hexadecimal digits are recorded. Keep the salt secret: with it, a hash can be matched to its value.
   */
  salt?: string;
  /** Name of the salt, in `redaction.salt_id`. Required for the method `hash`. Change it whenever the salt changes. */
  saltId?: string;
  /**
   * Called with each text of an event after all other redaction. It runs on the application's thread, so it must be fast.
   * If it throws or returns a value that is not a text, the whole field is masked.
   */
  callback?: RedactionCallback;
  /**
   * Maximum length of a text after redaction, in UTF-16 code units: at least 256, or `Infinity` for no limit. A longer
   * text keeps its beginning and gets a mark with its full length and the hash of the redacted text.
   *
   * @defaultValue 65,536
   */
  maxFieldLength?: number;
}

export const DEFAULT_MAX_FIELD_LENGTH = 65_536;
const LEAST_FIELD_LENGTH = 256;
const LEAST_SALT_LENGTH = 16;

const METHOD = oneOf(['mask', 'hash', 'drop'] satisfies RedactionMethod[]);

const CATEGORY = rule(
  'up to 64 letters, digits, "_", "-" and "."',
  (value) => typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value),
);

const PATTERN = objectOf(
  {
    category: required(CATEGORY),
    pattern: required(
      rule(
        'a non-empty string or a regular expression',
        (value) => value instanceof RegExp || (typeof value === 'string' && value !== ''),
      ),
    ),
    method: METHOD,
  } satisfies OptionRules<RedactionPattern>,
  'an object with "category" and "pattern"',
);

const PATH: OptionRule = {
  accepted: "a path, e.g. 'tool_response.output.customer.*'",
  problems: (option, value) => {
    const accepted = typeof value === 'string' ? fieldPathProblem(value) : PATH.accepted;
    return accepted === undefined ? [] : [wrongOption(option, value, accepted)];
  },
};

const FIELD_OBJECT = objectOf(
  { path: required(PATH), category: CATEGORY, method: METHOD } satisfies OptionRules<RedactionField>,
  'a path or an object with "path"',
);

const FIELD: OptionRule = {
  ...FIELD_OBJECT,
  problems: (option, value) => (typeof value === 'string' ? PATH : FIELD_OBJECT).problems(option, value),
};

const METHODS = objectOf(
  Object.fromEntries(PERSONAL_DATA_DETECTOR_NAMES.map((name) => [name, METHOD])),
  "an object by detector, e.g. { email: 'hash' }",
);

const NAMES = listOf(TEXT, "an array of names, e.g. ['vault_ref']");

const SALT_ACCEPTED = `a string of at least ${LEAST_SALT_LENGTH} characters`;

const RULES: OptionRules<RedactionOptions> = {
  detectors: listOf(oneOf(DETECTOR_NAMES), `an array of detectors (${DETECTOR_NAMES.join(', ')})`),
  patterns: listOf(PATTERN, "an array, e.g. [{ category: 'customer_id', pattern: /\\bC-\\d{6}\\b/ }]"),
  fields: listOf(FIELD, "an array of paths, e.g. ['tool_response.output.customer.*']"),
  credentialNames: objectOf(
    { add: NAMES, remove: NAMES } satisfies OptionRules<CredentialNameOptions>,
    "an object of names, e.g. { add: ['vault_ref'] }",
  ),
  method: METHOD,
  methods: {
    ...METHODS,
    problems: (option, value) => [
      ...credentialMethodProblems(option, value),
      ...METHODS.problems(option, withoutCredentials(value)),
    ],
  },
  salt: {
    accepted: SALT_ACCEPTED,
    problems: (option, value) => {
      if (typeof value !== 'string') return [wrongOption(option, value, SALT_ACCEPTED)];
      if (value.length >= LEAST_SALT_LENGTH) return [];
      // The salt is a secret, so the text does not show it.
      return [describedOption(option, `a string of ${value.length} characters`, SALT_ACCEPTED)];
    },
  },
  saltId: TEXT,
  callback: rule('a function of a text, its path and its event', (value) => typeof value === 'function'),
  maxFieldLength: rule(
    `a whole number of at least ${LEAST_FIELD_LENGTH}, or Infinity`,
    (value) =>
      value === Number.POSITIVE_INFINITY ||
      (Number.isSafeInteger(value) && Number(value) >= LEAST_FIELD_LENGTH),
  ),
};

const OPTIONS = valueOr(
  (value) => value === false,
  objectOf(
    RULES,
    "an object of options, e.g. { method: 'mask' }, or false, which leaves personal data as it is",
  ),
);

/** The rule for option `redaction`. */
export const REDACTION_RULE: OptionRule = {
  ...OPTIONS,
  problems: (option, value) => {
    const problems = OPTIONS.problems(option, value);
    return problems.length > 0 ? problems : missingSalt(option, value as RedactionOptions | false);
  },
};

function credentialMethodProblems(option: string, methods: unknown): string[] {
  return CREDENTIAL_DETECTORS.filter((name) => asRecord(methods)?.[name] !== undefined).map((name) =>
    wrongOption(
      `${option}.${name}`,
      asRecord(methods)?.[name],
      'left out, because credentials are always masked',
    ),
  );
}

function withoutCredentials(methods: unknown): unknown {
  if (!isRecord(methods)) return methods;
  return { ...methods, ...Object.fromEntries(CREDENTIAL_DETECTORS.map((name) => [name, undefined])) };
}

function missingSalt(option: string, options: RedactionOptions | false): string[] {
  if (options === false || !usesHash(options)) return [];
  return (['salt', 'saltId'] as const)
    .filter((name) => options[name] === undefined)
    .map((name) =>
      missingOption(`${option}.${name}`, `${RULES[name].accepted}, because the method 'hash' needs it`),
    );
}

function usesHash({ method, methods, patterns, fields }: RedactionOptions): boolean {
  return (
    method === 'hash' ||
    Object.values(methods ?? {}).includes('hash') ||
    (patterns ?? []).some((pattern) => pattern.method === 'hash') ||
    (fields ?? []).some((field) => typeof field === 'object' && field.method === 'hash')
  );
}
