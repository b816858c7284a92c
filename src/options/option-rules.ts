/**
 * Rules for the options that an application passes, and the one wording of every problem with them:
 *
 * - `option "maxQueueSize" is 0; it must be a whole number above 0`
 * - `option "sinks" is missing; it must be a non-empty array of sinks`
 * - `unknown option "sink"; known options: sinks, tenantId`
 *
 * ```ts
 * const RULES: OptionRules<SessionOptions> = { id: required(TEXT), tags: TEXTS, mode: oneOf(['file', 'api']) };
 * const problems = optionsProblems(RULES, options, 'an object, e.g. { id }');
 * ```
 */
import { isRecord, type UnknownRecord } from '../json/readers.js';
import { showValue } from '../text/show-value.js';

/** A rule for the value of one option. */
export interface OptionRule {
  /** The fix, as it follows "it must be": `a non-empty string`. */
  readonly accepted: string;
  /** Whether the option may not be left out. */
  readonly required?: true;
  /**
   * Returns a text for each problem with a value that is not `undefined`.
   *
   * @param option - path of the option, as the texts name it: `redaction.method`.
   */
  problems(option: string, value: unknown): readonly string[];
}

/** A rule for each option of an options object. */
export type OptionRules<Options> = Readonly<Record<keyof Options & string, OptionRule>>;

type AnyOptionRules = Readonly<Record<string, OptionRule>>;

/**
 * Returns the problems with an options object: unknown options first, then the others in the order of their rules.
 *
 * @param accepted - the fix if it is not an object: `an object, e.g. { id, name }`.
 */
export function optionsProblems(rules: AnyOptionRules, options: unknown, accepted: string): string[] {
  return isOptionsObject(options) ? membersProblems(rules, options, '') : [wrongOptions(options, accepted)];
}

/** Returns the problems with the value of one option, which may be missing. */
export function optionProblems(option: string, rule: OptionRule, value: unknown): readonly string[] {
  if (value !== undefined) return rule.problems(option, value);
  return rule.required ? [missingOption(option, rule.accepted)] : [];
}

/* Texts */

/** @param accepted - the fix, as it follows "it must be". */
export function wrongOption(option: string, value: unknown, accepted: string): string {
  return describedOption(option, showValue(value), accepted);
}

/** Like {@link wrongOption}, for a value that is described instead of shown. */
export function describedOption(option: string, description: string, accepted: string): string {
  return `option "${option}" is ${description}; it must be ${accepted}`;
}

export function missingOption(option: string, accepted: string): string {
  return describedOption(option, 'missing', accepted);
}

/** @param known - names of the options at that place. */
export function unknownOption(option: string, known: readonly string[]): string {
  return `unknown option "${option}"; known options: ${known.join(', ')}`;
}

export function wrongOptions(options: unknown, accepted: string): string {
  return `the options are ${showValue(options)}; they must be ${accepted}`;
}

/** Returns the problem of a call without the function that it is to run, such as `withSession({ id })`. */
export function functionProblems(action: unknown, example: string): string[] {
  if (typeof action === 'function') return [];
  return [`the second argument is ${showValue(action)}; it must be the function to run, e.g. ${example}`];
}

/* Rules for single values */

/** @param accepts - whether a value that is not `undefined` is accepted. */
export function rule(accepted: string, accepts: (value: unknown) => boolean): OptionRule {
  return {
    accepted,
    problems: (option, value) => (accepts(value) ? [] : [wrongOption(option, value, accepted)]),
  };
}

export function required(optional: OptionRule): OptionRule {
  return { ...optional, required: true };
}

export function oneOf(values: ReadonlyArray<string | boolean>): OptionRule {
  const shown = values.map(showValue);
  const last = shown.pop();
  return rule(`${shown.join(', ')} or ${last}`, (value) => values.some((accepted) => accepted === value));
}

export const BOOLEAN = oneOf([true, false]);

export const TEXT = rule('a non-empty string', isText);

/** A text that is not longer than `most` characters. */
export function textWithin(most: number): OptionRule {
  return rule(
    `a non-empty string of at most ${most} characters`,
    (value) => isText(value) && String(value).length <= most,
  );
}

export const TEXTS = rule(
  'an array of non-empty strings',
  (value) => Array.isArray(value) && value.every(isText),
);

export const OBJECT = rule('an object', isRecord);

export const FUNCTION = rule('a function', (value) => typeof value === 'function');

export const WHOLE_NUMBER = rule(
  'a whole number above 0',
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
);

/* Rules for values that contain others */

/** An object of options with a rule for each name. */
export function objectOf(rules: AnyOptionRules, accepted: string): OptionRule {
  return container(accepted, isOptionsObject, (option, value) => membersProblems(rules, value, `${option}.`));
}

/** An object whose keys are the application's own: `option['key']`. */
export function mapOf(member: OptionRule, accepted: string): OptionRule {
  return container(accepted, isOptionsObject, (option, value) =>
    Object.entries(value).flatMap(([key, entry]) => member.problems(`${option}['${key}']`, entry)),
  );
}

/** An array with one rule for all entries: `option[0]`. */
export function listOf(entry: OptionRule, accepted: string): OptionRule {
  return container(accepted, isList, (option, value) =>
    value.flatMap((item, index) => entry.problems(`${option}[${index}]`, item)),
  );
}

/**
 * Values that are accepted beside those of another rule.
 *
 * @param accepted - the fix for a value that neither accepts.
 */
export function valueOr(accepts: (value: unknown) => boolean, other: OptionRule): OptionRule {
  return {
    ...other,
    problems: (option, value) => (accepts(value) ? [] : other.problems(option, value)),
  };
}

function container<Value>(
  accepted: string,
  isContainer: (value: unknown) => value is Value,
  problems: (option: string, value: Value) => readonly string[],
): OptionRule {
  return {
    accepted,
    problems: (option, value) =>
      isContainer(value) ? problems(option, value) : [wrongOption(option, value, accepted)],
  };
}

function membersProblems(rules: AnyOptionRules, options: UnknownRecord, path: string): string[] {
  const unknown = Object.keys(options).filter(
    (name) => options[name] !== undefined && !Object.hasOwn(rules, name),
  );
  return [
    ...unknown.map((name) => unknownOption(path + name, Object.keys(rules))),
    ...Object.entries(rules).flatMap(([name, member]) => optionProblems(path + name, member, options[name])),
  ];
}

/** A regular expression is an object, but never one of options. */
function isOptionsObject(value: unknown): value is UnknownRecord {
  return isRecord(value) && !(value instanceof RegExp);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
