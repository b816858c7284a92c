/** The `error` event of the Realtime API: which request it refuses, and whether the session can go on after it. */
import { asNonEmptyString, type UnknownRecord } from '../json/readers.js';

/** An error of the provider, as far as it decides about requests and the session. */
export interface RealtimeServerError {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly param: string;
  /** The `event_id` of the client's event that caused the error. */
  readonly requestId: string | undefined;
}

export function readServerError(error: UnknownRecord): RealtimeServerError {
  return {
    code: asNonEmptyString(error.code) ?? '',
    type: asNonEmptyString(error.type) ?? '',
    message: asNonEmptyString(error.message) ?? '',
    param: asNonEmptyString(error.param) ?? '',
    requestId: asNonEmptyString(error.event_id),
  };
}

/** Errors after which the provider ends the session, whichever code it then closes the connection with. */
const FATAL_CODES: ReadonlySet<string> = new Set([
  'session_expired',
  'invalid_api_key',
  'invalid_ephemeral_token',
  'account_deactivated',
  'insufficient_quota',
  'model_not_found',
  'invalid_model',
]);

export function endsSession({ code }: RealtimeServerError): boolean {
  return FATAL_CODES.has(code);
}

/** Whether the error is about a request of the client, not about the connection or the provider. */
export function isAboutRequest({ type, requestId }: RealtimeServerError): boolean {
  return requestId !== undefined || type === 'invalid_request_error';
}

/** The ids that the Agents SDK gives to its requests for a response (0.20.0). */
const SDK_REQUEST_ID = 'agents_js_response_create_';

/** Whether an id is that of a request for a response, even if the request is not known here. */
export function isResponseRequestId(id: string): boolean {
  return id.startsWith(SDK_REQUEST_ID);
}

/** Words for the limits of an account and for faults of the provider. */
const OVERLOAD = /rate_limit|quota|server_error|overloaded/;

/**
 * Whether an error that names no request refuses a response: the response that is due cannot come. Without an id, an
 * error about anything else, such as a cancellation that came too late, must not be taken for that.
 */
export function refusesResponse({ code, type, message }: RealtimeServerError): boolean {
  return (
    code === 'conversation_already_has_active_response' ||
    code.includes('response_create') ||
    message.includes('response.create') ||
    OVERLOAD.test(code) ||
    OVERLOAD.test(type)
  );
}

/** Whether an error that names no request is about an item that the client adds to the conversation. */
export function refusesItem({ code, param, message }: RealtimeServerError): boolean {
  return (
    /\bitem\b|^item/.test(param) ||
    /^(?:invalid_)?item/.test(code) ||
    message.includes('conversation.item.create')
  );
}
