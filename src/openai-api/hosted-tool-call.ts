import type { JsonValue } from '../json/json.js';
import type { UnknownRecord } from '../json/readers.js';
import type { Failure } from '../semconv/failure.js';

/** A call of a tool that the provider runs itself, within a response. */
export interface HostedToolCall {
  /** The provider's identifier of the call. */
  readonly id: string | undefined;
  /** The request to an MCP server that the call is, where it is one. */
  readonly mcp?: HostedMcpRequest | undefined;
  /** Absent for a request that asks for no tool. */
  readonly toolName: string | undefined;
  readonly arguments?: JsonValue | undefined;
  readonly result?: JsonValue | undefined;
  readonly failure?: Failure | undefined;
}

interface HostedMcpRequest {
  /** The JSON-RPC method. */
  readonly method: string;
  /** What the request to the model calls the server. */
  readonly server: string | undefined;
}

/** What a chunk tells of such a call. */
export interface HostedStep {
  /** Tells the calls of one response apart. */
  readonly index: number;
  /** It was announced, the model has written what it is called with, or it is over. */
  readonly step: 'announced' | 'written' | 'ended';
  /** As far as this chunk says. */
  readonly call?: HostedToolCall | undefined;
  readonly arguments?: JsonValue | undefined;
}

/** How an operation tells of such calls. All functions are pure and take what the SDK gives, unchecked. */
export interface HostedCallReader {
  /** Whether a response to this request can have such calls at all. */
  expects(request: UnknownRecord): boolean;
  /** The addresses of the MCP servers that the request names, by what it calls them; without credentials. */
  serverUrls(request: UnknownRecord): ReadonlyMap<string, string>;
  ofResponse(value: unknown): readonly HostedToolCall[];
  ofChunk(chunk: unknown): HostedStep | undefined;
}
