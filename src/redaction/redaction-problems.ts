/** The rules of option `redaction`. */
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
import { DETECTOR_NAMES, PERSONAL_DATA_DETECTOR_NAMES } from './detectors/index.js';
import { fieldPathProblem } from './field-paths.js';
import {
  type CredentialNameOptions,
  REDACTION_ACCEPTED,
  type RedactionField,
  type RedactionMethod,
  type RedactionOptions,
  type RedactionPattern,
} from './redaction-options.js';

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

const OPTIONS = valueOr((value) => value === false, objectOf(RULES, REDACTION_ACCEPTED));

/** Returns a text for each problem with option `redaction`. */
export function redactionProblems(option: string, value: unknown): readonly string[] {
  const problems = OPTIONS.problems(option, value);
  return problems.length > 0 ? problems : missingSalt(option, value as RedactionOptions | false);
}

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
