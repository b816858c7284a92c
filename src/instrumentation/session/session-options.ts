import { OBJECT, type OptionRules, optionsProblems, TEXT } from '../../options/option-rules.js';
import { PACKAGE_NAME } from '../../version.js';

/** Options of {@link withSession} and {@link startSession}. */
export interface SessionOptions {
  /**
   * Identifier of the session: `session_id` of its events, `session.id` of its spans. Pass the identifier of an earlier
   * request to continue that session.
   *
   * @defaultValue a new UUIDv7
   */
  id?: string;
  /** Part of the span's name, so it must have a low cardinality. Also in the SESSION_START event. */
  name?: string;
  /** `metadata` of the SESSION_START event, converted to JSON. */
  metadata?: object;
}

const RULES: OptionRules<SessionOptions> = { id: TEXT, name: TEXT, metadata: OBJECT };

/**
 * @param caller - the function that the application called.
 * @throws TypeError - naming every option that is unknown or not accepted.
 */
export function validateSessionOptions(options: unknown, caller: string): asserts options is SessionOptions {
  const problems = optionsProblems(RULES, options, 'an object, e.g. { id, name }');
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: ${caller}: ${problems.join('; ')}`);
}
