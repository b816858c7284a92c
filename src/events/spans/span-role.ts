import * as semconv from '../../semconv/attributes.js';
import {
  MODEL_OPERATIONS,
  MODEL_SPAN_TYPES,
  OPERATION_EXECUTE_TOOL,
  OPERATION_FETCH_RESPONSE,
  OPERATION_INVOKE_AGENT,
  OPERATION_INVOKE_WORKFLOW,
  OPERATION_RETRIEVAL,
  SPAN_TYPE_CONVERSATION_ITEMS,
  SPAN_TYPE_REALTIME,
  SPAN_TYPE_SERVER_TOOL_CALL,
} from '../../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from './span-snapshot.js';

/** The meaning of a span for the audit stream. It depends on attributes only, not on the library that made the span. */
export type SpanRole =
  | 'session'
  | 'workflow'
  | 'agent'
  | 'model'
  | 'tool'
  | 'mcp'
  | 'handoff'
  | 'guardrail'
  | 'retrieval'
  /** Stored data is read or changed. A signal reports which of the two. */
  | 'stored-data';

/** The roles that make a START and an END event, so that other events can be their children. */
export type PairedRole = Extract<SpanRole, 'agent' | 'model' | 'tool' | 'mcp'>;

/** `SpanKind.CLIENT`. */
const KIND_CLIENT = 2;

const PAIRED: ReadonlySet<SpanRole> = new Set<PairedRole>(['agent', 'model', 'tool', 'mcp']);

export function isPaired(role: SpanRole | undefined): role is PairedRole {
  return role !== undefined && PAIRED.has(role);
}

export function spanRole(span: SpanSnapshot): SpanRole | undefined {
  const operation = textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME);
  const isMcp = textAttribute(span, semconv.ATTR_MCP_METHOD_NAME) !== undefined;
  // A request that calls a tool is `execute_tool`, too. The span of a tool that sends such a request stays a tool.
  if (isMcp && (operation === undefined || span.kind === KIND_CLIENT)) return 'mcp';
  if (operation !== undefined) return operationRole(operation);
  const type = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE);
  return type === undefined ? undefined : typeRole(type);
}

function typeRole(type: string): SpanRole | undefined {
  if (type === semconv.SPAN_TYPE_SESSION || type === 'handoff' || type === 'guardrail') return type;
  if (type === SPAN_TYPE_CONVERSATION_ITEMS) return 'stored-data';
  if (type === SPAN_TYPE_REALTIME) return 'workflow';
  if (type === SPAN_TYPE_SERVER_TOOL_CALL) return 'tool';
  return MODEL_SPAN_TYPES.has(type) ? 'model' : undefined;
}

function operationRole(operation: string): SpanRole | undefined {
  switch (operation) {
    case OPERATION_INVOKE_WORKFLOW:
      return 'workflow';
    case OPERATION_INVOKE_AGENT:
      return 'agent';
    case OPERATION_EXECUTE_TOOL:
      return 'tool';
    case OPERATION_RETRIEVAL:
      return 'retrieval';
    case OPERATION_FETCH_RESPONSE:
      return 'stored-data';
    default:
      return MODEL_OPERATIONS.has(operation) ? 'model' : undefined;
  }
}
