import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_MCP_METHOD_NAME,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
  SPAN_TYPE_SESSION,
} from '../semconv/attributes.js';
import {
  MODEL_OPERATIONS,
  OPERATION_EXECUTE_TOOL,
  OPERATION_INVOKE_AGENT,
  OPERATION_INVOKE_WORKFLOW,
} from '../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from './span-snapshot.js';

/** What a span is to the audit stream; told by attributes alone, whoever made the span. */
export type SpanRole = 'session' | 'workflow' | 'agent' | 'model' | 'tool' | 'mcp' | 'handoff' | 'guardrail';

/** The roles that make a START and an END event, so that other events can hang under them. */
export type PairedRole = Extract<SpanRole, 'agent' | 'model' | 'tool' | 'mcp'>;

const PAIRED: ReadonlySet<SpanRole> = new Set<PairedRole>(['agent', 'model', 'tool', 'mcp']);

export function isPaired(role: SpanRole | undefined): role is PairedRole {
  return role !== undefined && PAIRED.has(role);
}

export function spanRole(span: SpanSnapshot): SpanRole | undefined {
  const operation = textAttribute(span, ATTR_GEN_AI_OPERATION_NAME);
  if (operation !== undefined) return operationRole(operation);
  if (textAttribute(span, ATTR_MCP_METHOD_NAME) !== undefined) return 'mcp';
  const type = textAttribute(span, ATTR_OPENAI_AGENTS_SPAN_TYPE);
  return type === SPAN_TYPE_SESSION || type === 'handoff' || type === 'guardrail' ? type : undefined;
}

function operationRole(operation: string): SpanRole | undefined {
  switch (operation) {
    case OPERATION_INVOKE_WORKFLOW:
      return 'workflow';
    case OPERATION_INVOKE_AGENT:
      return 'agent';
    case OPERATION_EXECUTE_TOOL:
      return 'tool';
    default:
      return MODEL_OPERATIONS.has(operation) ? 'model' : undefined;
  }
}
