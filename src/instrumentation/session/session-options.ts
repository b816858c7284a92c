import { isRecord } from '../../json/readers.js';
import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME } from '../../version.js';

/** Options of {@link withSession} and {@link startSession}. */
export interface SessionOptions {
  /**
   * Identifier of the session; the `session_id` of its events and the `session.id` of its spans. A session of an
   * earlier request goes on under the same identifier.
   *
   * @defaultValue a new UUIDv7
   */
  id?: string;
  /** Low in cardinality: it is part of the span's name. Goes into the SESSION_START event as well. */
  name?: string;
  /** Goes into the SESSION_START event, as JSON would carry it. */
  metadata?: object;
}

interface OptionRule {
  readonly accepted: string;
  accepts(value: unknown): boolean;
}

const TEXT: OptionRule = {
  accepted: 'a non-empty string',
  accepts: (value) => typeof value === 'string' && value !== '',
};

const RULES: Readonly<Record<keyof SessionOptions, OptionRule>> = {
  id: TEXT,
  name: TEXT,
  metadata: { accepted: 'an object', accepts: isRecord },
};

/**
 * @param caller - the function that was given the options.
 * @throws TypeError - naming every option that is unknown or not accepted.
 */
export function validateSessionOptions(options: unknown, caller: string): asserts options is SessionOptions {
  if (!isRecord(options)) {
    throw new TypeError(`${PACKAGE_NAME}: ${caller} needs an object of options first, e.g. { id, name }`);
  }
  const problems = Object.entries(options).flatMap(([name, value]) => {
    if (!Object.hasOwn(RULES, name)) {
      return [`unknown option "${name}"; known are: ${Object.keys(RULES).join(', ')}`];
    }
    const { accepted, accepts } = RULES[name as keyof SessionOptions];
    return value === undefined || accepts(value)
      ? []
      : [`option "${name}" is ${showValue(value)}; it must be ${accepted}`];
  });
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${caller}: ${problems.join('; ')}`);
}
