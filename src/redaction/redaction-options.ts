import type { EventType } from '../chaukas/event.js';
import { showValue } from '../text/show-value.js';
import {
  CREDENTIAL_DETECTORS,
  DETECTOR_NAMES,
  PERSONAL_DATA_DETECTOR_NAMES,
  type PersonalDataDetectorName,
  type RedactionDetector,
} from './detectors/index.js';
import { fieldPathProblem } from './field-paths.js';

/**
 * What stands in the place of what is taken out: `mask` a word such as `[REDACTED:email]`, `hash` the same word for the
 * same value (`[email_9f86d081884c7d65]`), so that events of one person can still be told together, `drop` nothing.
 */
export type RedactionMethod = 'mask' | 'hash' | 'drop';

/** Something of the application's own that is personal: the numbers of its customers. */
export interface RedactionPattern {
  /** In `pii_categories`, and in the mask: letters, digits, `_`, `-` and `.`. */
  category: string;
  /**
   * A text that is looked for as it stands, or a regular expression. It runs on every text of every event: one that
   * backtracks badly (`(a+)+$`) holds up the application.
   */
  pattern: string | RegExp;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** A field that is taken out whatever it holds. */
export interface RedactionField {
  /** As in `fields`. */
  path: string;
  /** In `pii_categories`, and in the mask. */
  category?: string;
  /** @defaultValue the option `method` */
  method?: RedactionMethod;
}

/** Where the text that a callback is given stands. */
export interface RedactionEventInfo {
  readonly type: EventType;
  readonly event_id: string;
  readonly session_id: string;
  readonly agent_name?: string | undefined;
}

/**
 * @param value - a text as the detectors have left it.
 * @param path - where it stands in the event: `llm_invocation.request.messages[0].content`.
 * @returns the text to record; `undefined` or the same text leaves it.
 */
export type RedactionCallback = (
  value: string,
  path: string,
  event: RedactionEventInfo,
) => string | undefined;

/**
 * What is taken out of events before they are stored or sent. Credentials always are: keys, tokens, passwords, private
 * keys.
 *
 * Looked at is all content of an event, its metadata and extensions, texts of JSON within texts, too; not its
 * identifiers: an application that names its sessions by e-mail addresses publishes them.
 */
export interface RedactionOptions {
  /**
   * Kinds of personal data that are looked for: `email`, `phone`, `credit_card`, `iban`, `us_ssn`, `ip_address`;
   * `api_key` and `private_key` are looked for in any case.
   *
   * @defaultValue all
   */
  detectors?: readonly RedactionDetector[];
  /** @defaultValue none */
  patterns?: readonly RedactionPattern[];
  /**
   * Fields that are taken out whatever they hold, by their paths in the event: `tool_response.output.customer.*`,
   * `llm_invocation.request.messages[*].content`, `**.date_of_birth`. `*` is any member, `[*]` any entry of a list, `**`
   * any number of both, `["a.b"]` a member whose name has other characters than letters, digits, `_`, `-`, `$` and `@`. A
   * path may lead into a text that is JSON.
   *
   * @defaultValue none
   */
  fields?: ReadonlyArray<string | RedactionField>;
  /**
   * For all that has no method of its own. Credentials are masked in any case.
   *
   * `drop` cuts what was found out of its text; a field is left out, in a list and within a text of JSON it becomes
   * `null`.
   *
   * @defaultValue `'mask'`
   */
  method?: RedactionMethod;
  /** Methods by detector: `{ email: 'hash' }`. */
  methods?: Readonly<Partial<Record<PersonalDataDetectorName, RedactionMethod>>>;
  /**
   * Key of the hashes (HMAC-SHA-256, of which 16 hexadecimal digits are recorded), 16 characters at least. Needed for
   * the method `hash`. Who has it can find out which value a hash is of.
   */
  salt?: string;
  /** Name of the salt, for `redaction.salt_id`. Needed for the method `hash`; change it when the salt changes. */
  saltId?: string;
  /**
   * Called with each text of an event after everything else, on the application's thread: it must be fast. Where it
   * throws or returns no text, the whole field is masked.
   */
  callback?: RedactionCallback;
  /**
   * Characters (UTF-16 code units) of a text, after redaction; of a longer one the beginning is kept, with a mark that
   * has the length before and the hash of the redacted text. `Infinity` for no limit; else 256 at least.
   *
   * @defaultValue 65,536
   */
  maxFieldLength?: number;
}

export const DEFAULT_MAX_FIELD_LENGTH = 65_536;
const LEAST_FIELD_LENGTH = 256;
const LEAST_SALT_LENGTH = 16;

const METHODS: readonly string[] = ['mask', 'hash', 'drop'] satisfies RedactionMethod[];
const ANY_METHOD = "'mask', 'hash' or 'drop'";
const CATEGORY = /^[A-Za-z0-9_.-]{1,64}$/;
const ANY_CATEGORY = 'up to 64 letters, digits, "_", "-" and "."';

type OptionName = keyof RedactionOptions;

const PROBLEMS: Readonly<Record<OptionName, (value: unknown) => string[]>> = {
  detectors: (value) =>
    !Array.isArray(value)
      ? [wrong('detectors', value, `an array of detectors (${DETECTOR_NAMES.join(', ')})`)]
      : value
          .filter((name) => !DETECTOR_NAMES.includes(name))
          .map(
            (name) =>
              `option "redaction.detectors" has ${showValue(name)}; known are: ${DETECTOR_NAMES.join(', ')}`,
          ),
  patterns: (value) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => patternProblems(`patterns[${index}]`, entry))
      : [wrong('patterns', value, "an array, e.g. [{ category: 'customer_id', pattern: /\\bC-\\d{6}\\b/ }]")],
  fields: (value) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => fieldProblems(`fields[${index}]`, entry))
      : [wrong('fields', value, "an array of paths, e.g. ['tool_response.output.customer.*']")],
  method: (value) => methodProblems('method', value),
  methods: (value) => {
    if (!isObject(value)) return [wrong('methods', value, "an object by detector, e.g. { email: 'hash' }")];
    return Object.entries(value).flatMap(([name, method]) => {
      if ((CREDENTIAL_DETECTORS as readonly string[]).includes(name))
        return [
          `option "redaction.methods.${name}" is not accepted; credentials are always masked: remove it`,
        ];
      if (!(PERSONAL_DATA_DETECTOR_NAMES as readonly string[]).includes(name))
        return [
          `unknown option "redaction.methods.${name}"; known are: ${PERSONAL_DATA_DETECTOR_NAMES.join(', ')}`,
        ];
      return methodProblems(`methods.${name}`, method);
    });
  },
  salt: (value) =>
    typeof value === 'string' && value.length >= LEAST_SALT_LENGTH
      ? []
      : [
          // Not shown: a salt is a secret.
          `option "redaction.salt" is ${typeof value === 'string' ? `a string of ${value.length} characters` : showValue(value)}; ` +
            `it must be a string of ${LEAST_SALT_LENGTH} characters at least`,
        ],
  saltId: (value) =>
    typeof value === 'string' && value !== '' ? [] : [wrong('saltId', value, 'a non-empty string')],
  callback: (value) =>
    typeof value === 'function'
      ? []
      : [wrong('callback', value, 'a function of a text, its path and its event')],
  maxFieldLength: (value) =>
    value === Number.POSITIVE_INFINITY ||
    (Number.isSafeInteger(value) && (value as number) >= LEAST_FIELD_LENGTH)
      ? []
      : [wrong('maxFieldLength', value, `a whole number of at least ${LEAST_FIELD_LENGTH}, or Infinity`)],
};

/** What is wrong with the option `redaction`, in words; nothing where it is accepted. */
export function redactionProblems(value: unknown): string[] {
  if (value === false) return [];
  if (!isObject(value)) {
    return [
      `option "redaction" is ${showValue(value)}; it must be an object of options, ` +
        `e.g. { method: 'mask' }, or false, which leaves personal data as it is`,
    ];
  }
  const problems = Object.entries(value).flatMap(([name, option]) => {
    if (!Object.hasOwn(PROBLEMS, name)) {
      return [`unknown option "redaction.${name}"; known are: ${Object.keys(PROBLEMS).join(', ')}`];
    }
    return option === undefined ? [] : PROBLEMS[name as OptionName](option);
  });
  return problems.length > 0 ? problems : missingSalt(value as RedactionOptions);
}

function missingSalt(options: RedactionOptions): string[] {
  if (!usesHash(options)) return [];
  return (['salt', 'saltId'] as const)
    .filter((name) => options[name] === undefined)
    .map(
      (name) =>
        `option "redaction.${name}" is undefined; the method 'hash' needs it to be ` +
        (name === 'salt'
          ? `a secret string of ${LEAST_SALT_LENGTH} characters at least`
          : 'the name of the salt'),
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

function patternProblems(option: string, value: unknown): string[] {
  if (!isObject(value)) return [wrong(option, value, 'an object with "category" and "pattern"')];
  const { category, pattern, method, ...others } = value;
  return [
    ...unknownMembers(option, others, 'category, pattern, method'),
    ...(isCategory(category) ? [] : [wrong(`${option}.category`, category, ANY_CATEGORY)]),
    ...(pattern instanceof RegExp || (typeof pattern === 'string' && pattern !== '')
      ? []
      : [wrong(`${option}.pattern`, pattern, 'a non-empty string or a regular expression')]),
    ...(method === undefined ? [] : methodProblems(`${option}.method`, method)),
  ];
}

function fieldProblems(option: string, value: unknown): string[] {
  if (typeof value === 'string') return pathProblems(option, value);
  if (!isObject(value)) return [wrong(option, value, 'a path or an object with "path"')];
  const { path, category, method, ...others } = value;
  return [
    ...unknownMembers(option, others, 'path, category, method'),
    ...pathProblems(`${option}.path`, path),
    ...(category === undefined || isCategory(category)
      ? []
      : [wrong(`${option}.category`, category, ANY_CATEGORY)]),
    ...(method === undefined ? [] : methodProblems(`${option}.method`, method)),
  ];
}

function pathProblems(option: string, path: unknown): string[] {
  if (typeof path !== 'string')
    return [wrong(option, path, "a path, e.g. 'tool_response.output.customer.*'")];
  const problem = fieldPathProblem(path);
  return problem === undefined ? [] : [wrong(option, path, problem)];
}

function methodProblems(option: string, value: unknown): string[] {
  return typeof value === 'string' && METHODS.includes(value) ? [] : [wrong(option, value, ANY_METHOD)];
}

function unknownMembers(option: string, others: object, known: string): string[] {
  return Object.keys(others).map(
    (name) => `unknown option "redaction.${option}.${name}"; known are: ${known}`,
  );
}

function wrong(option: string, value: unknown, accepted: string): string {
  return `option "redaction.${option}" is ${showValue(value)}; it must be ${accepted}`;
}

function isCategory(value: unknown): boolean {
  return typeof value === 'string' && CATEGORY.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}
