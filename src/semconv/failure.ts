import { STATUS_CODES } from 'node:http';
import { types } from 'node:util';
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import { asNonEmptyString, isRecord, type UnknownRecord } from '../json/readers.js';
import { memberValue } from '../json/sdk-members.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { ATTR_ERROR_TYPE, ATTR_EXCEPTION_MESSAGE, ERROR_TYPE_OTHER } from './attributes.js';

/** The class of the SDK's error for a run that used up its turns. */
const ERROR_TYPE_MAX_TURNS = 'MaxTurnsExceededError';

/** A failure in the form that a span carries: `error.type` and a description, both without credentials. */
export interface Failure {
  readonly type: string;
  /** The error's own text, which may quote the conversation, a tool's data or a guardrail's verdict. */
  readonly message: string;
  /** A description that quotes nothing: words of this package or of the SDK, or an HTTP status. */
  readonly plainMessage?: string | undefined;
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
  if (!isObject) return failure(ERROR_TYPE_OTHER, String(error), undefined);
  if (types.isProxy(error) || !isRecord(error)) {
    return failure(ERROR_TYPE_OTHER, undefined, 'an error that cannot be read');
  }
  const name = className(error);
  const type = asNonEmptyString(memberValue(error, 'code')) ?? streamedType(error) ?? name;
  const message = asNonEmptyString(memberValue(error, 'message')) ?? name;
  const plain =
    httpStatusLine(memberValue(error, 'status')) ?? (REFUSED_UPGRADE.test(message) ? message : undefined);
  return withheldErrors.has(error) ? failure(type, undefined, plain ?? name) : failure(type, message, plain);
}

/** The words of the package `ws` for an HTTP status in place of a WebSocket. */
const REFUSED_UPGRADE = /^Unexpected server response: \d{3}$/;

/** An HTTP status with the words of the standard: `429 Too Many Requests`. */
export function httpStatusLine(status: unknown): string | undefined {
  const words = typeof status === 'number' ? STATUS_CODES[status] : undefined;
  return words === undefined ? undefined : `${status} ${words}`;
}

/** Errors of runs whose content may not be recorded. Whoever gets such an error next may not quote it either. */
const withheldErrors = new WeakSet<object>();

/** Keeps an error's text out of all records, because its run asked for traces without content. */
export function withholdMessage(error: unknown): void {
  if (isRecord(error)) withheldErrors.add(error);
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

/**
 * @param message - a text of a server, an SDK or the application; `undefined` if there is none.
 * @param plainMessage - a description that quotes no such text; `undefined` if there is none.
 */
export function failure(
  type: string,
  message: string | undefined,
  plainMessage: string | undefined,
): Failure {
  return {
    type: masked(type, MAX_TYPE_LENGTH),
    message: masked(message ?? plainMessage ?? type, MAX_MESSAGE_LENGTH),
    ...(plainMessage !== undefined && { plainMessage: masked(plainMessage, MAX_MESSAGE_LENGTH) }),
  };
}

/** A text without credentials, cut to a length. */
export function masked(text: string, maxLength: number): string {
  return maskSecrets(text.slice(0, READ_LENGTH)).slice(0, maxLength);
}

/**
 * Sets `error.type` and the error status, which the convention always wants together.
 *
 * @param withContent - whether the span may quote the error.
 */
export function recordFailure(span: Span, failure: Failure, withContent: boolean): void {
  const message = shownMessage(failure, withContent);
  span.setAttribute(ATTR_ERROR_TYPE, failure.type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

/**
 * The attributes of a span event about a failure that does not end its span.
 *
 * @param withContent - whether the span may quote the error.
 */
export function exceptionAttributes(failure: Failure, withContent: boolean): Attributes {
  const message = shownMessage(failure, withContent);
  return {
    [ATTR_ERROR_TYPE]: failure.type,
    ...(message !== undefined && { [ATTR_EXCEPTION_MESSAGE]: message }),
  };
}

function shownMessage({ message, plainMessage }: Failure, withContent: boolean): string | undefined {
  return withContent ? message : plainMessage;
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
  const message = asNonEmptyString(record.message);
  const plain = [cause, message].find((text) => text !== undefined && isWordingOfSdk(text));
  return failure(type, cause ?? message, plain);
}

/** The texts that the SDK itself writes on its spans (0.3.9 to 0.20.0). */
const WORDINGS_OF_SDK: ReadonlySet<string> = new Set([
  'Error in agent run',
  'Error in callModelInputFilter',
  'Error getting response',
  'Error running tool',
  'Error running tool (non-fatal)',
  'Error streaming response',
  'Guardrail tripwire triggered',
  'Max turns exceeded',
  'Multiple handoffs requested',
  'Tool execution failed. Error details are redacted.',
]);

function isWordingOfSdk(text: string): boolean {
  return (
    WORDINGS_OF_SDK.has(text) ||
    /^Tool execution for [\w-]{1,128} was manually rejected by user\.$/.test(text)
  );
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
