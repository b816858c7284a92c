import * as semconv from '../../semconv/attributes.js';
import { numberAttribute, type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

export type RetryReason = 'rate_limit' | 'timeout' | 'conflict' | 'connection' | 'server_error';

/** A failure after which a caller may try the same call again. */
export interface RetryableFailure {
  readonly reason: RetryReason;
  /** `error.type` of the span that failed. */
  readonly errorCode: string | undefined;
  /** `undefined` if no response came, or its status is not known. */
  readonly httpStatus: number | undefined;
}

/**
 * The values of `error.type` that say so: classes of the SDKs' errors, codes of servers, of Node and of undici. They are
 * the failures that the client of `openai` retries itself (408, 409, 429, 5xx, timeouts and connections; 5.0.1 to 7.55).
 */
const TYPES: Readonly<Record<RetryReason, RegExp>> = {
  rate_limit: /^(?:RateLimitError|rate_limit|rate_limit_(?:exceeded|error)|too_many_requests|slow_down|429)$/,
  timeout:
    /^(?:APIConnectionTimeoutError|APITimeoutError|TimeoutError|(?:request_)?timeout|E(?:SOCKET)?TIMEDOUT|UND_ERR_\w+_TIMEOUT|408)$/,
  conflict: /^(?:ConflictError|409)$/,
  connection:
    /^(?:APIConnectionError|ECONN(?:RESET|REFUSED|ABORTED)|EPIPE|ENOTFOUND|EAI_AGAIN|ENET(?:DOWN|UNREACH)|EHOST(?:DOWN|UNREACH)|UND_ERR_SOCKET)$/,
  server_error:
    /^(?:InternalServerError|(?:internal_)?server_error|internal_error|service_unavailable|(?:engine_)?overloaded(?:_error)?|5\d\d)$/,
};

const REASONS = Object.keys(TYPES) as RetryReason[];

/**
 * Returns the failure of a span if it is one after which the call may be tried again. The status of the response decides;
 * without an error status, as in a stream that fails, the type of the error does.
 *
 * @param status - the status of the call's last response, if a signal reported it.
 */
export function retryableFailure(
  span: SpanSnapshot,
  status: number | undefined,
): RetryableFailure | undefined {
  const errorCode = textAttribute(span, semconv.ATTR_ERROR_TYPE);
  const httpStatus = status ?? numberAttribute(span, semconv.ATTR_HTTP_RESPONSE_STATUS_CODE);
  const reason =
    httpStatus !== undefined && httpStatus >= 400 ? reasonOfStatus(httpStatus) : reasonOfType(errorCode);
  return reason && { reason, errorCode, httpStatus };
}

function reasonOfStatus(status: number): RetryReason | undefined {
  if (status === 408) return 'timeout';
  if (status === 409) return 'conflict';
  if (status === 429) return 'rate_limit';
  return status >= 500 ? 'server_error' : undefined;
}

function reasonOfType(errorType: string | undefined): RetryReason | undefined {
  // Other instrumentations write the module before the class: `openai.RateLimitError`.
  const name = errorType?.slice(errorType.lastIndexOf('.') + 1);
  return name === undefined ? undefined : REASONS.find((reason) => TYPES[reason].test(name));
}
