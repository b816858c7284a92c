/**
 * The application's own words about the work in the current code: for which user it is done, under which tags. They are
 * carried in OpenTelemetry's context, and span processors see them in the parent context of a span.
 */
import { type Context, createContextKey } from '@opentelemetry/api';
import type { JsonObject } from '../json/json.js';
import { limitJson } from '../json/limit-json.js';
import { PACKAGE_NAME } from '../version.js';

export interface ApplicationContext {
  readonly userId?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Only in events. */
  readonly metadata?: JsonObject | undefined;
}

/** The number of tags, given at once or joined from several contexts. */
export const MAX_TAGS = 64;

/** Maximum size of the metadata of several contexts together, in characters of JSON. */
const MAX_METADATA_LENGTH = 8192;

const APPLICATION_CONTEXT_KEY = createContextKey(`${PACKAGE_NAME} application context`);

export function getApplicationContext(context: Context): ApplicationContext | undefined {
  return context.getValue(APPLICATION_CONTEXT_KEY) as ApplicationContext | undefined;
}

/** Adds to what the context has: the inner user wins, tags are joined, and of metadata the inner value of each name wins. */
export function withApplicationContext(context: Context, inner: ApplicationContext): Context {
  const outer = getApplicationContext(context);
  const merged: ApplicationContext = {
    userId: inner.userId ?? outer?.userId,
    tags: inner.tags === undefined ? outer?.tags : joinedTags(outer?.tags, inner.tags),
    metadata: joinedMetadata(outer?.metadata, inner.metadata),
  };
  const isEmpty = Object.values(merged).every((value) => value === undefined);
  return isEmpty ? context : context.setValue(APPLICATION_CONTEXT_KEY, merged);
}

/** Returns the target with the application context of another context. */
export function withApplicationContextOf(source: Context, target: Context): Context {
  const application = getApplicationContext(source);
  return application === undefined || application === getApplicationContext(target)
    ? target
    : target.setValue(APPLICATION_CONTEXT_KEY, application);
}

/** Joins two lists of tags. If they are too many together, the first ones of the outer list are left out. */
export function joinedTags(
  outer: readonly string[] | undefined,
  inner: readonly string[],
): readonly string[] {
  return outer === undefined ? inner : [...new Set([...outer, ...inner])].slice(-MAX_TAGS);
}

function joinedMetadata(
  outer: JsonObject | undefined,
  inner: JsonObject | undefined,
): JsonObject | undefined {
  if (outer === undefined || inner === undefined) return inner ?? outer;
  return limitedMetadata({ ...outer, ...inner });
}

/** Shortens metadata to the size that events carry: long texts first, then members. */
export function limitedMetadata(metadata: JsonObject): JsonObject {
  return limitJson(metadata, MAX_METADATA_LENGTH) as JsonObject;
}
