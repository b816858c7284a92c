import { types } from 'node:util';
import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { asNonEmptyString, isRecord, type UnknownRecord } from '../json/readers.js';
import { memberValue } from '../json/sdk-members.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { ATTR_ERROR_TYPE, ERROR_TYPE_OTHER } from './attributes.js';

/** The class of the SDK's error for a run that used up its turns. */
const ERROR_TYPE_MAX_TURNS = 'MaxTurnsExceededError';

/** A failure in the form that a span carries: `error.type` and a description, both without credentials. */
export interface Failure {
  readonly type: string;
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 1024;
/** Limits types too, because a type that is the server's code can be any text. */
export const MAX_TYPE_LENGTH = 128;
/**
 * Length of text that is searched for credentials, since a server may send megabytes. Far more than is shown, so that
 * a credential at the cut is recognised.
 */
const READ_LENGTH = 16_384;

/**
 * Describes an error. The type follows the convention's order of preference: the provider's code
 * (`rate_limit_exceeded`), else the class name. `error.name` does not help, because it is `Error` for every class of
 * `openai` (5.0.1 to 7.55).
 *
 * An error of the application is read as data: no getter of it runs. Never throws, because the caller is about to end a
 * span with the result.
 */
export function describeFailure(error: unknown): Failure {
  const isObject = (typeof error === 'object' && error !== null) || typeof error === 'function';
  if (!isObject) return failure(ERROR_TYPE_OTHER, String(error));
  if (types.isProxy(error) || !isRecord(error)) {
    return failure(ERROR_TYPE_OTHER, 'an error that cannot be read');
  }
  return failure(
    asNonEmptyString(memberValue(error, 'code')) ?? streamedType(error) ?? className(error),
    asNonEmptyString(memberValue(error, 'message')) ?? className(error),
  );
}

/**
 * The type of an error that a server sent within a stream: gateways have the HTTP status of the server behind them as its
 * code, or only a type. The client throws it without a status of its own (openai 5.0.1 to 7.55).
 */
function streamedType(error: UnknownRecord): string | undefined {
  if (memberValue(error, 'status') !== undefined || !isRecord(memberValue(error, 'error'))) return undefined;
  const code = memberValue(error, 'code');
  return Number.isInteger(code) ? String(code) : asNonEmptyString(memberValue(error, 'type'));
}

export function failure(type: string, message: string): Failure {
  return { type: masked(type, MAX_TYPE_LENGTH), message: masked(message, MAX_MESSAGE_LENGTH) };
}

/** A text without credentials, cut to a length. */
export function masked(text: string, maxLength: number): string {
  return maskSecrets(text.slice(0, READ_LENGTH)).slice(0, maxLength);
}

/** Sets `error.type` and the error status, which the convention always wants together. */
export function recordFailure(span: Span, { type, message }: Failure): void {
  span.setAttribute(ATTR_ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Errors that an application gave as the reason of an abort, which may be of any class. */
const abortReasons = new WeakSet<object>();

/** Marks an error as the reason with which the application gave an operation up, for whoever gets the error next. */
export function markAsAbort(error: unknown): void {
  if (isRecord(error)) abortReasons.add(error);
}

/** Whether the application itself aborted the call, which is not an error of the model. Never throws. */
export function isCallerAbort(error: unknown): boolean {
  return (
    isRecord(error) &&
    (abortReasons.has(error) ||
      className(error) === 'APIUserAbortError' ||
      memberValue(error, 'name') === 'AbortError')
  );
}

/**
 * Describes an error of the Agents SDK's spans, which are texts:
 * `{ message: 'Error in agent run', data: { error: String(error) } }`. The class name stands before the first colon,
 * unless the class did not set its name (`Error: 500 …`).
 */
export function describeSpanError(error: unknown, fallbackType: string | undefined): Failure {
  const record = isRecord(error) ? error : {};
  const cause = spanErrorCause(error);
  const name = cause === undefined ? undefined : /^([A-Z]\w{0,80}): /.exec(cause)?.[1];
  const type = name === undefined || name === 'Error' ? (fallbackType ?? spanErrorType(record)) : name;
  return failure(type, cause ?? asNonEmptyString(record.message) ?? type);
}

/** Returns the text of the error behind an error of a span, as `String(error)`; adapters may write its members instead. */
export function spanErrorCause(error: unknown): string | undefined {
  const data = isRecord(error) && isRecord(error.data) ? error.data.error : undefined;
  if (!isRecord(data)) return asNonEmptyString(data);
  const message = asNonEmptyString(data.message);
  return message && `${asNonEmptyString(data.name) ?? 'Error'}: ${message}`;
}

/** Some errors can only be recognised by their data. */
function spanErrorType({ data }: UnknownRecord): string {
  return isRecord(data) && 'max_turns' in data ? ERROR_TYPE_MAX_TURNS : ERROR_TYPE_OTHER;
}

/** Returns the name of an object's class; that of a class without a name is `Error`. */
export function className(error: object): string {
  return asNonEmptyString(memberValue(memberValue(error, 'constructor'), 'name')) ?? 'Error';
}
