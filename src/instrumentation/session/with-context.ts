import { context } from '@opentelemetry/api';
import { type JsonObject, toJsonObject } from '../../json/json.js';
import { OwnData } from '../../json/own-data.js';
import {
  functionProblems,
  OBJECT,
  type OptionRules,
  optionsProblems,
  rule,
  textWithin,
} from '../../options/option-rules.js';
import {
  type ApplicationContext,
  limitedMetadata,
  MAX_TAGS,
  withApplicationContext,
} from '../../signals/application-context.js';
import { PACKAGE_NAME } from '../../version.js';

/** Options of {@link withContext}. */
export interface ContextOptions {
  /**
   * Identifier of the user for whom the work is done, at most 256 characters: `user.id` of the spans,
   * `metadata.user_id` of the events.
   */
  userId?: string;
  /**
   * Words by which spans and events are found again, at most 64 with at most 256 characters each: `openai_agents.tags`
   * of the spans, `tags` of the events.
   */
  tags?: readonly string[];
  /** More facts about the work: `metadata.context` of the events, within 8,192 characters of JSON. Not on spans. */
  metadata?: object;
}

const MAX_TEXT_LENGTH = 256;

/** Rules for the options that a session has as well. */
export const CONTEXT_RULES: OptionRules<ContextOptions> = {
  userId: textWithin(MAX_TEXT_LENGTH),
  tags: rule(
    `an array of at most ${MAX_TAGS} non-empty strings of at most ${MAX_TEXT_LENGTH} characters`,
    (value) => Array.isArray(value) && value.length <= MAX_TAGS && value.every(isShortText),
  ),
  metadata: OBJECT,
};

const ACCEPTED = 'an object, e.g. { userId, tags }';

/**
 * Runs a function for a user: all spans and events that are made in it, also in its asynchronous work, in tools and in
 * agents, carry the user and the tags. Works with and without a session.
 *
 * Contexts nest. The inner user wins, tags are joined, and of metadata the inner value of each name wins.
 *
 * ```ts
 * app.post('/chat', (request) =>
 *   withContext({ userId: request.user.id, tags: ['beta'], metadata: { plan: 'gold' } }, () => run(agent, request.body)),
 * );
 * ```
 *
 * The values are copied when the function is called. User, tags and metadata are redacted in events as content is (option
 * `redaction` of `ChaukasSpanProcessor`), and on spans if the instrumentation has an option `redaction`.
 *
 * @returns the result of the function; an error of the function reaches the caller.
 * @throws TypeError - if an option is unknown or not accepted, or the function is missing.
 */
export function withContext<T>(options: ContextOptions, action: () => T): T {
  const given = ownOptions(options);
  const problems = [
    ...optionsProblems(CONTEXT_RULES, given, ACCEPTED),
    ...functionProblems(action, 'withContext({ userId }, () => run(agent, question))'),
  ];
  if (problems.length > 0) throw new TypeError(`${PACKAGE_NAME}: withContext: ${problems.join('; ')}`);
  return context.with(
    withApplicationContext(context.active(), applicationContext(given as ContextOptions)),
    action,
  );
}

/** A view of an options object in which reading runs no code of it. A value that is not an object is returned as it is. */
export function ownOptions(options: unknown): unknown {
  return typeof options === 'object' ? new OwnData().view(options) : options;
}

/** Options after validation. */
type Given<Options> = { readonly [Name in keyof Options]: Options[Name] | undefined };

/** @param options - a view by {@link ownOptions}, after validation. */
export function applicationContext({ userId, tags, metadata }: Given<ContextOptions>): ApplicationContext {
  return {
    userId,
    tags: tags && [...new Set(tags)],
    metadata: metadata && metadataJson(metadata),
  };
}

/** @param metadata - a member of a view by {@link ownOptions}. */
export function metadataJson(metadata: object): JsonObject {
  return limitedMetadata(toJsonObject(metadata, 'metadata'));
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH;
}
