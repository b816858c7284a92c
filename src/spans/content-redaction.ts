/** Redaction of the content of spans and log records, if the application has asked for it. */
import type { JsonValue } from '../json/json.js';
import * as semconv from '../semconv/attributes.js';
import type { Failure } from '../semconv/failure.js';

/**
 * Removes from a value of content what must not leave the process.
 *
 * @param name - the attribute that the value stands in.
 * @returns the value to record; `undefined` if it is dropped.
 */
export type ContentRedaction = (name: string, value: JsonValue) => JsonValue | undefined;

/** The redaction of an instrumentation. */
export interface RedactedContent {
  /** `undefined` if spans and log records carry content as it is. */
  readonly redaction?: ContentRedaction | undefined;
}

/** Returns a value of content as it may be recorded; `undefined` if it is dropped. */
export function redactedValue(
  name: string,
  value: JsonValue,
  { redaction }: RedactedContent,
): JsonValue | undefined {
  return redaction === undefined ? value : redaction(name, value);
}

/** Returns a text of content as it may be recorded; `undefined` if it is dropped. */
export function redactedText(name: string, text: string, content: RedactedContent): string | undefined {
  const redacted = redactedValue(name, text, content);
  return typeof redacted === 'string' ? redacted : undefined;
}

/** A failure whose own text is redacted. The words of this package and of the SDK quote nothing. */
export function redactedFailure(failure: Failure, content: RedactedContent): Failure {
  if (content.redaction === undefined) return failure;
  const message = redactedText(semconv.ATTR_EXCEPTION_MESSAGE, failure.message, content);
  return { ...failure, message: message ?? failure.plainMessage ?? failure.type };
}
