import { ownValue } from '../../json/own-data.js';
import { asInteger, asNonEmptyString } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { ERROR_TYPE_TOOL } from '../../semconv/attributes.js';
import { className, describeFailure, type Failure, failure, httpStatusLine } from '../../semconv/failure.js';

/** The failure of a request, or of the tool that it called. */
export interface McpFailure extends Failure {
  /** The JSON-RPC error code that the server answered with. */
  readonly statusCode?: string;
}

/** `error.type` of an answer that the client rejects, because it does not have the form that the tool declares. */
const ERROR_TYPE_OUTPUT_SCHEMA = 'output_schema_mismatch';

/** The SDK's errors that carry a JSON-RPC code, in 2.x and 1.x. Other errors have HTTP codes or words. */
const JSON_RPC_ERRORS: ReadonlySet<unknown> = new Set(['ProtocolError', 'McpError']);

/** The SDK's errors of 1.x and of SSE whose `code` is the status of HTTP. */
const HTTP_ERRORS: ReadonlySet<string> = new Set(['StreamableHTTPError', 'SseError']);

/** The code of a request that was never sent, because the connection had ended before. */
const CODE_NOT_CONNECTED = 'NOT_CONNECTED';

/** The errors of requests without an answer: words of 1.x, with the codes that 2.x has for them. */
const UNANSWERED: ReadonlyMap<string, string> = new Map([
  ['MCP error -32000: Connection closed', 'CONNECTION_CLOSED'],
  ['MCP error -32001: Request timed out', 'REQUEST_TIMEOUT'],
  ['MCP error -32001: Maximum total timeout exceeded', 'REQUEST_TIMEOUT'],
  // The words are the same in 2.x.
  ['Not connected', CODE_NOT_CONNECTED],
]);

/** The words of both for a handshake in which the server chose a version that the client does not know. */
const UNSUPPORTED_VERSION = /^Server's protocol version is not supported: /;

/** The class that 2.x has for the same refusal by the server. */
const ERROR_TYPE_VERSION = 'UnsupportedProtocolVersionError';

/** How many causes of an error are read. */
const MAX_CAUSES = 4;

/**
 * Describes the error of a rejected request; see `describeFailure`. The type tells apart, in this order: the code of a
 * JSON-RPC answer, a request without an answer, the status of an HTTP answer, the network's code, the error's own.
 */
export function describeMcpFailure(error: unknown): McpFailure {
  const described = describeFailure(error);
  const unanswered = UNANSWERED.get(asNonEmptyString(memberValue(error, 'message')) ?? '');
  if (unanswered !== undefined) {
    const plainMessage = described.message.replace(/^MCP error -\d+: /, '');
    return { ...described, type: unanswered, plainMessage };
  }
  const code = jsonRpcCode(error);
  if (code !== undefined) {
    const type = String(code);
    const words = JSON_RPC_WORDS.get(code);
    return { ...described, type, ...(words !== undefined && { plainMessage: words }), statusCode: type };
  }
  const causes = withCauses(error);
  const status = firstOf(causes, httpStatus);
  if (status !== undefined) {
    return { ...described, type: String(status), plainMessage: httpStatusLine(status) ?? `HTTP ${status}` };
  }
  const network = firstOf(causes, networkCode);
  if (network !== undefined) return { ...described, type: network };
  return UNSUPPORTED_VERSION.test(described.message) ? { ...described, type: ERROR_TYPE_VERSION } : described;
}

/** Describes the error with which a client rejects an answer because of the tool's output schema. */
export function describeRejectedOutput(error: unknown): McpFailure {
  const plainMessage = "the answer does not match the tool's output schema";
  return { ...describeFailure(error), type: ERROR_TYPE_OUTPUT_SCHEMA, plainMessage };
}

/** The error and the errors behind it: `fetch failed` has its reason there. */
function withCauses(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (
    let next = error;
    next !== undefined && causes.length < MAX_CAUSES;
    next = memberValue(next, 'cause')
  ) {
    causes.push(next);
  }
  return causes;
}

function firstOf<T>(errors: readonly unknown[], read: (error: unknown) => T | undefined): T | undefined {
  for (const error of errors) {
    const found = read(error);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The status of the HTTP answer that an error of a transport stands for (1.32 and 2.4). */
function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const name = className(error);
  const status = HTTP_ERRORS.has(name)
    ? ownValue(error, 'code')
    : ownValue(ownValue(error, 'data'), 'status');
  const known = asInteger(status) ?? statusInWords(memberValue(error, 'message'));
  if (known !== undefined && known >= 400 && known <= 599) return known;
  // The server asked for an authorization that the application's provider did not get.
  return name === 'UnauthorizedError' ? 401 : undefined;
}

/** The SSE transport has the status only in its message. */
function statusInWords(message: unknown): number | undefined {
  const text = asNonEmptyString(message)?.slice(0, MAX_READ_WORDS);
  const [, status] = /^Error POSTing to endpoint \(HTTP (\d{3})\)/.exec(text ?? '') ?? [];
  return status === undefined ? undefined : Number(status);
}

const MAX_READ_WORDS = 64;

/** A code of the platform: `ECONNREFUSED`, `ENOENT`, `UND_ERR_SOCKET`. */
function networkCode(error: unknown): string | undefined {
  const code = asNonEmptyString(memberValue(error, 'code'));
  return code !== undefined &&
    /^(?:E[A-Z0-9]{2,}|(?:UND_ERR|ERR|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)_[A-Z_]+)$/.test(code)
    ? code
    : undefined;
}

/** The words of the JSON-RPC specification, for spans that may not quote the server. */
const JSON_RPC_WORDS: ReadonlyMap<number, string> = new Map([
  [-32700, 'Parse error'],
  [-32600, 'Invalid Request'],
  [-32601, 'Method not found'],
  [-32602, 'Invalid params'],
  [-32603, 'Internal error'],
]);

/** The failure that a tool's answer reports with `isError`; `undefined` if the tool succeeded. */
export function toolFailure(result: unknown): McpFailure | undefined {
  if (ownValue(result, 'isError') !== true) return undefined;
  // The reason stands in the content of the answer.
  return failure(ERROR_TYPE_TOOL, undefined, 'the tool answered with an error (isError)');
}

/**
 * Whether the caller gave the request up with the signal that it passed in the request's options. A signal of a time
 * limit does not count: that is a failure.
 *
 * @param args - of the client's `request()`; the options are its second argument or, after a schema, its third.
 */
export function isAbortedByCaller(args: readonly unknown[]): boolean {
  const signals = args.slice(1).map((options) => ownValue(options, 'signal'));
  return signals.some(
    (signal) => memberValue(signal, 'aborted') === true && !isTimeLimit(memberValue(signal, 'reason')),
  );
}

function isTimeLimit(reason: unknown): boolean {
  const name = memberValue(reason, 'name');
  return typeof name === 'string' && name.includes('Timeout');
}

function jsonRpcCode(error: unknown): number | undefined {
  return JSON_RPC_ERRORS.has(memberValue(error, 'name')) ? asInteger(memberValue(error, 'code')) : undefined;
}
