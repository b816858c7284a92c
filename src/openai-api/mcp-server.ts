/**
 * Requests to MCP servers, whether this process or the provider sends them: how a server is named, and which requests
 * are recorded.
 */
import { asNonEmptyString } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL } from '../semconv/operations.js';
import { MASK, maskSecrets } from '../text/mask-secrets.js';

/** `https://…`, or the same after the name of the transport. */
const ADDRESS = /^((?:sse|streamable-http): )?(https?:\/\/\S+)$/;

/** Far more than a name needs. */
const MAX_NAME_LENGTH = 1024;

/** `--token abc` in the command of a server. */
const SECRET_FLAG = /(--?[\w-]{0,32}(?:key|password|passwd|secret|token)[\w-]{0,32} )(?!-)\S+/gi;

/**
 * Reads the application's name for a server. If the application gave none it is the server's address, which includes
 * credentials and the query in versions up to 0.14 of the Agents SDK, or the command that starts the server. The query
 * is removed, and so are credentials wherever they stand.
 */
export function readServerLabel(value: unknown): string | undefined {
  const name = asNonEmptyString(value);
  const [, transport = '', address = ''] = name?.match(ADDRESS) ?? [];
  if (URL.canParse(address)) return transport + publicAddress(new URL(address));
  return readServerName(name?.slice(0, MAX_NAME_LENGTH).replace(SECRET_FLAG, `$1${MASK}`));
}

/** Reads the name that a server gave itself, which can be any text. */
export function readServerName(value: unknown): string | undefined {
  const name = asNonEmptyString(value);
  return name && maskSecrets(name.slice(0, MAX_NAME_LENGTH));
}

/** An address without its credentials and query, which may grant access. */
export function publicAddress({ protocol, host, pathname }: URL): string {
  return maskSecrets(`${protocol}//${host}${pathname}`);
}

export const METHOD_INITIALIZE = 'initialize';
/** Takes the place of `initialize` from version 2026-07-28 on. */
export const METHOD_DISCOVER = 'server/discover';
export const METHOD_TOOLS_CALL = 'tools/call';
export const METHOD_TOOLS_LIST = 'tools/list';

/** A request of an MCP client that uses what the server offers. */
export interface McpOperation {
  /** The JSON-RPC method. */
  readonly method: string;
  /** Value of `gen_ai.operation.name`; absent if the convention has none. */
  readonly operationName?: string;
  readonly target?: McpTarget;
}

/** The parameter that names the tool, prompt or resource, and the attribute that records it. */
export interface McpTarget {
  readonly parameter: 'name' | 'uri';
  readonly attribute: string;
  /** Whether it is part of the span's name. A URI is not, because span names must have low cardinality. */
  readonly inSpanName: boolean;
}

const OPERATIONS: readonly McpOperation[] = [
  { method: METHOD_TOOLS_LIST },
  {
    method: METHOD_TOOLS_CALL,
    operationName: OPERATION_EXECUTE_TOOL,
    target: { parameter: 'name', attribute: semconv.ATTR_GEN_AI_TOOL_NAME, inSpanName: true },
  },
  { method: 'prompts/list' },
  {
    method: 'prompts/get',
    target: { parameter: 'name', attribute: semconv.ATTR_GEN_AI_PROMPT_NAME, inSpanName: true },
  },
  { method: 'resources/list' },
  { method: 'resources/templates/list' },
  {
    method: 'resources/read',
    target: { parameter: 'uri', attribute: semconv.ATTR_MCP_RESOURCE_URI, inSpanName: false },
  },
];

const BY_METHOD: ReadonlyMap<unknown, McpOperation> = new Map(
  OPERATIONS.map((operation) => [operation.method, operation]),
);

/** Returns `undefined` for requests that only maintain a connection: `initialize`, `ping`, `logging/setLevel` … */
export function mcpOperation(method: unknown): McpOperation | undefined {
  return BY_METHOD.get(method);
}
