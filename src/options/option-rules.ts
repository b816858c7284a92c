import { type JsonObject, toJsonObject } from '../json/json.js';
import { asNonEmptyString, isRecord } from '../json/readers.js';
import { showValue } from '../text/show-value.js';

/** What one option may be. */
export interface OptionRule {
  readonly accepted: string;
  /** A copy of what was given, or `undefined` where it is not accepted. */
  read(value: unknown): unknown;
  /** Without it there is nothing to record. */
  readonly required?: true;
}

/** The options once they are read: of the types that the caller declares, and objects as JSON. */
export type ReadOptions<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends readonly unknown[] | string | undefined
    ? Options[Name]
    : JsonObject | Extract<Options[Name], undefined>;
};

export const TEXT: OptionRule = { accepted: 'a non-empty string', read: asNonEmptyString };

export const TEXTS: OptionRule = {
  accepted: 'an array of non-empty strings',
  read: (value) =>
    Array.isArray(value) && value.every((member) => asNonEmptyString(member) !== undefined)
      ? [...value]
      : undefined,
};

export const OBJECT: OptionRule = {
  accepted: 'an object',
  read: (value) => (isRecord(value) ? toJsonObject(value, 'value') : undefined),
};

export function oneOf(words: readonly string[]): OptionRule {
  return {
    accepted: `one of ${words.map((word) => `'${word}'`).join(', ')}`,
    read: (value) => words.find((word) => word === value),
  };
}

/**
 * What can be taken of the options: all that is accepted, so that as little as possible is lost of what happened.
 *
 * @param warn - told of every option that is unknown, missing or not accepted; the option's name comes first.
 * @returns `undefined` where a required one is missing or not accepted.
 */
export function readOptions(
  rules: Readonly<Record<string, OptionRule>>,
  given: unknown,
  warn: (option: string, problem: string) => void,
): Readonly<Record<string, unknown>> | undefined {
  if (!isRecord(given)) {
    const required = Object.keys(rules).filter((name) => rules[name]?.required);
    warn('', `it needs an object of options with ${required.join(' and ')}; nothing is recorded`);
    return undefined;
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(rules, name)) continue;
    warn(name, `unknown option "${name}" is ignored; known are: ${Object.keys(rules).join(', ')}`);
  }
  const options: Record<string, unknown> = {};
  let complete = true;
  for (const [name, { accepted, read, required = false }] of Object.entries(rules)) {
    const value = given[name];
    if (value === undefined && !required) continue;
    options[name] = value === undefined ? undefined : read(value);
    if (options[name] !== undefined) continue;
    const loss = required ? 'nothing is recorded' : 'it is recorded without';
    warn(name, `option "${name}" is ${showValue(value)}; it must be ${accepted}; ${loss}`);
    delete options[name];
    if (required) complete = false;
  }
  return complete ? options : undefined;
}
