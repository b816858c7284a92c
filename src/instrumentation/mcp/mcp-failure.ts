import { asInteger, asRecord, isRecord } from '../../json/readers.js';
import { describeFailure, type Failure, failure } from '../../semconv/failure.js';

/** Why a request failed, or the tool that it called. */
export interface McpFailure extends Failure {
  /** The JSON-RPC error code that the server answered with. */
  readonly statusCode?: string;
}

/** `error.type` of a tool that answered, and says that it failed. */
const ERROR_TYPE_TOOL = 'tool_error';

/** The SDK's errors that carry a JSON-RPC code: of 2.x and of 1.x. Other errors have codes of HTTP, or words. */
const JSON_RPC_ERRORS: ReadonlySet<unknown> = new Set(['ProtocolError', 'McpError']);

/** Codes that 1.x also gives to what never was answered: the connection was closed, the time was up. */
const LOCAL_CODES: ReadonlySet<number> = new Set([-32000, -32001]);

/** What a rejected request says; see `describeFailure`. */
export function describeMcpFailure(error: unknown): McpFailure {
  const described = describeFailure(error);
  const code = jsonRpcCode(error);
  if (code === undefined) return described;
  const type = String(code);
  const answered = asRecord(error)?.name !== 'McpError' || !LOCAL_CODES.has(code);
  return { ...described, type, ...(answered && { statusCode: type }) };
}

/** The answer of a tool that failed is an answer like any other, marked with `isError`. */
export function toolFailure(result: unknown): McpFailure | undefined {
  if (asRecord(result)?.isError !== true) return undefined;
  // What went wrong stands in its content, which is for those who may have content.
  return failure(ERROR_TYPE_TOOL, 'the tool answered with an error (isError)');
}

/**
 * Whether the caller gave the request up: by the signal that it passed in the request's options. A signal that stands
 * for a time limit did not give up.
 *
 * @param args - of the client's `request()`; the options are its second argument or, behind a schema, its third.
 */
export function isGivenUp(args: readonly unknown[]): boolean {
  const signals = args.slice(1).map((options) => asRecord(asRecord(options)?.signal));
  return signals.some((signal) => signal?.aborted === true && !isTimeLimit(signal.reason));
}

function isTimeLimit(reason: unknown): boolean {
  return isRecord(reason) && typeof reason.name === 'string' && reason.name.includes('Timeout');
}

function jsonRpcCode(error: unknown): number | undefined {
  try {
    return isRecord(error) && JSON_RPC_ERRORS.has(error.name) ? asInteger(error.code) : undefined;
  } catch {
    return undefined;
  }
}
