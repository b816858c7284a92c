import { asNonEmptyString } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL } from '../semconv/operations.js';

/** `https://…`, or behind the name of the transport. */
const ADDRESS = /^((?:sse|streamable-http): )?(https?:\/\/\S+)$/;

/**
 * What an agent calls a server. Without a name from the application that is its address, which up to 0.14 has the
 * credentials and the query in it.
 */
export function readServerName(value: unknown): string | undefined {
  const name = asNonEmptyString(value);
  const [, transport = '', address = ''] = name?.match(ADDRESS) ?? [];
  return URL.canParse(address) ? transport + publicAddress(new URL(address)) : name;
}

/** An address without what may give access to it. */
export function publicAddress({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** The requests of an MCP client that ask a server for something of its own: each is one span. */

export const METHOD_TOOLS_CALL = 'tools/call';
export const METHOD_TOOLS_LIST = 'tools/list';

export interface McpOperation {
  /** The JSON-RPC method. */
  readonly method: string;
  /** `gen_ai.operation.name`, where the convention has one. */
  readonly operationName?: string;
  /** The parameter that says which one is asked for, and the attribute that tells it. */
  readonly target?: {
    readonly parameter: 'name' | 'uri';
    readonly attribute: string;
    /** A URI is not: names of spans have to be few. */
    readonly inSpanName: boolean;
  };
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

/** `undefined` for what keeps a connection alive: `initialize`, `ping`, `logging/setLevel` … */
export function mcpOperation(method: unknown): McpOperation | undefined {
  return BY_METHOD.get(method);
}
