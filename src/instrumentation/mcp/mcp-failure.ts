import { ownValue } from '../../json/own-data.js';
import { asInteger } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { describeFailure, type Failure, failure } from '../../semconv/failure.js';

/** The failure of a request, or of the tool that it called. */
export interface McpFailure extends Failure {
  /** The JSON-RPC error code that the server answered with. */
  readonly statusCode?: string;
}

/** `error.type` of a tool whose answer says that it failed. */
const ERROR_TYPE_TOOL = 'tool_error';

/** The SDK's errors that carry a JSON-RPC code, in 2.x and 1.x. Other errors have HTTP codes or words. */
const JSON_RPC_ERRORS: ReadonlySet<unknown> = new Set(['ProtocolError', 'McpError']);

/** Codes that 1.x also gives to requests without an answer. */
const LOCAL_CODES: ReadonlyMap<number, string> = new Map([
  [-32000, 'Connection closed'],
  [-32001, 'Request timed out'],
]);

/** Describes the error of a rejected request; see `describeFailure`. */
export function describeMcpFailure(error: unknown): McpFailure {
  const described = describeFailure(error);
  const code = jsonRpcCode(error);
  if (code === undefined) return described;
  const type = String(code);
  const answered = memberValue(error, 'name') !== 'McpError' || !LOCAL_CODES.has(code);
  const words = JSON_RPC_WORDS.get(code) ?? (answered ? undefined : LOCAL_CODES.get(code));
  return {
    ...described,
    type,
    ...(words !== undefined && { plainMessage: words }),
    ...(answered && { statusCode: type }),
  };
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
