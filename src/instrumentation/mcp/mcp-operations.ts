/** The requests of an MCP client that ask a server for something of its own: each is one span. */
import {
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_MCP_RESOURCE_URI,
} from '../../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL } from '../../semconv/operations.js';

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
    target: { parameter: 'name', attribute: ATTR_GEN_AI_TOOL_NAME, inSpanName: true },
  },
  { method: 'prompts/list' },
  {
    method: 'prompts/get',
    target: { parameter: 'name', attribute: ATTR_GEN_AI_PROMPT_NAME, inSpanName: true },
  },
  { method: 'resources/list' },
  { method: 'resources/templates/list' },
  {
    method: 'resources/read',
    target: { parameter: 'uri', attribute: ATTR_MCP_RESOURCE_URI, inSpanName: false },
  },
];

const BY_METHOD: ReadonlyMap<unknown, McpOperation> = new Map(
  OPERATIONS.map((operation) => [operation.method, operation]),
);

/** `undefined` for what keeps a connection alive: `initialize`, `ping`, `logging/setLevel` … */
export function mcpOperation(method: unknown): McpOperation | undefined {
  return BY_METHOD.get(method);
}
