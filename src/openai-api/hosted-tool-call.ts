import type { JsonValue } from '../json/json.js';
import type { UnknownRecord } from '../json/readers.js';
import type { Failure } from '../semconv/failure.js';

/** A call of a tool that the provider runs itself, within a response. */
export interface HostedToolCall {
  /** The provider's identifier for the call. */
  readonly id: string | undefined;
  /** Set if the call is a request to an MCP server. */
  readonly mcp?: HostedMcpRequest | undefined;
  /** `undefined` for an MCP request that does not call a tool. */
  readonly toolName: string | undefined;
  readonly arguments?: JsonValue | undefined;
  readonly result?: JsonValue | undefined;
  readonly failure?: Failure | undefined;
}

interface HostedMcpRequest {
  /** The JSON-RPC method. */
  readonly method: string;
  /** The server's label in the request to the model. */
  readonly server: string | undefined;
  /** The request for an approval that the call followed. */
  readonly approvalRequestId?: string | undefined;
}

/** The progress of such a call that one chunk reports. */
export interface HostedStep {
  /** Distinguishes the calls of one response. */
  readonly index: number;
  /** The call was announced, the model has written its arguments, or the call has ended. */
  readonly step: 'announced' | 'written' | 'ended';
  /** The call, as far as this chunk describes it. */
  readonly call?: HostedToolCall | undefined;
  readonly arguments?: JsonValue | undefined;
}

/**
 * Reads such calls from an operation's requests, responses and chunks. All functions are pure and take unchecked
 * values.
 */
export interface HostedCallReader {
  /** Whether a response to this request can contain such calls at all. */
  expects(request: UnknownRecord): boolean;
  /** Addresses of the request's MCP servers by their labels, without credentials. */
  serverUrls(request: UnknownRecord): ReadonlyMap<string, string>;
  ofResponse(value: unknown): readonly HostedToolCall[];
  ofChunk(chunk: unknown): HostedStep | undefined;
}
