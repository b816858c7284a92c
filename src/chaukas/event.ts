/**
 * The events of chaukas-spec (`chaukas.spec.common.v1`), in the shape of their proto JSON with snake_case names: enum
 * values by full name, the member of the `content` oneof at top level, unset fields absent, timestamps RFC 3339.
 */
import type { JsonObject } from '../json/json.js';

/** The 19 types, in the order of their numbers. */
export const EVENT_TYPES = [
  'EVENT_TYPE_SESSION_START',
  'EVENT_TYPE_SESSION_END',
  'EVENT_TYPE_AGENT_START',
  'EVENT_TYPE_AGENT_END',
  'EVENT_TYPE_AGENT_HANDOFF',
  'EVENT_TYPE_MODEL_INVOCATION_START',
  'EVENT_TYPE_MODEL_INVOCATION_END',
  'EVENT_TYPE_TOOL_CALL_START',
  'EVENT_TYPE_TOOL_CALL_END',
  'EVENT_TYPE_MCP_CALL_START',
  'EVENT_TYPE_MCP_CALL_END',
  'EVENT_TYPE_INPUT_RECEIVED',
  'EVENT_TYPE_OUTPUT_EMITTED',
  'EVENT_TYPE_ERROR',
  'EVENT_TYPE_RETRY',
  'EVENT_TYPE_POLICY_DECISION',
  'EVENT_TYPE_DATA_ACCESS',
  'EVENT_TYPE_STATE_UPDATE',
  'EVENT_TYPE_SYSTEM',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export type EventStatus =
  | 'EVENT_STATUS_STARTED'
  | 'EVENT_STATUS_IN_PROGRESS'
  | 'EVENT_STATUS_COMPLETED'
  | 'EVENT_STATUS_FAILED'
  | 'EVENT_STATUS_CANCELLED';

export type Severity = 'SEVERITY_DEBUG' | 'SEVERITY_INFO' | 'SEVERITY_WARN' | 'SEVERITY_ERROR';

export type Author = 'AUTHOR_USER' | 'AUTHOR_AGENT' | 'AUTHOR_TOOL' | 'AUTHOR_SYSTEM' | 'AUTHOR_LLM';

export interface MessageContent {
  role?: string;
  text?: string;
  metadata?: JsonObject;
}

export interface ToolCall {
  id?: string;
  name?: string;
  arguments?: JsonObject;
  auth_required?: boolean;
  function_name?: string;
}

export interface ToolResponse {
  tool_call_id?: string;
  output?: JsonObject;
  error_message?: string;
  execution_time_ms?: number;
  http_status?: number;
}

export interface LLMInvocation {
  provider?: string;
  model?: string;
  request?: JsonObject;
  response?: JsonObject;
  prompt_tokens?: number;
  completion_tokens?: number;
  total_tokens?: number;
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  start_time?: string;
  end_time?: string;
  duration_ms?: number;
  /** The provider's word: `stop`, `length`, `tool_calls`, `content_filter` … */
  finish_reason?: string;
}

export interface PolicyDecision {
  policy_id?: string;
  outcome?: 'allow' | 'deny' | 'review';
  rule_ids?: string[];
  rationale?: string;
}

export interface ErrorInfo {
  error_message?: string;
  error_code?: string;
  stack_trace?: string;
  recoverable?: boolean;
  recovery_action?: string;
}

export interface AgentHandoff {
  from_agent_id?: string;
  from_agent_name?: string;
  to_agent_id?: string;
  to_agent_name?: string;
  handoff_data?: JsonObject;
  reason?: string;
  handoff_type?: 'sequential' | 'parallel' | 'conditional';
}

export interface MCPCall {
  server_name?: string;
  server_url?: string;
  /** The JSON-RPC method, e.g. `tools/list`. */
  operation?: string;
  method?: string;
  request?: JsonObject;
  response?: JsonObject;
  protocol_version?: string;
  execution_time_ms?: number;
}

export interface RetryInfo {
  /** Counted from 1. */
  attempt?: number;
  strategy?: string;
  backoff_ms?: number;
}

export interface DataAccess {
  /** A URI-like name: `vector://products`, `file_search`. */
  datasource?: string;
  document_ids?: string[];
  chunk_ids?: string[];
  pii_categories?: string[];
}

/** What was taken out of an event before it was stored. */
export interface RedactionInfo {
  /** JSON paths within the event: `llm_invocation.request.messages[0].content`. */
  fields?: string[];
  method?: 'mask' | 'hash' | 'drop';
  /** Names the salt of `hash`, never holds it. */
  salt_id?: string;
}

export interface PerformanceMetrics {
  cpu_percent?: number;
  memory_mb?: number;
  duration_ms?: number;
  /** Output tokens a second. */
  throughput?: number;
  /** Time to the first chunk. */
  latency_ms?: number;
}

export interface InfrastructureMetrics {
  resource_type?: 'container' | 'pod' | 'host';
  metrics?: JsonObject;
  host?: string;
  process_id?: number;
  thread_id?: string;
}

export interface CostDetails {
  provider?: string;
  service?: string;
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  input_cost?: number;
  output_cost?: number;
  total_cost?: number;
  /** `USD`. */
  currency?: string;
  input_rate_per_token?: number;
  output_rate_per_token?: number;
}

/** The `content` oneof: at most one of them is set. */
export interface EventContent {
  message?: MessageContent;
  tool_call?: ToolCall;
  tool_response?: ToolResponse;
  llm_invocation?: LLMInvocation;
  policy?: PolicyDecision;
  data_access?: DataAccess;
  state_update?: JsonObject;
  error?: ErrorInfo;
  agent_handoff?: AgentHandoff;
  mcp_call?: MCPCall;
}

/** One event of the audit stream. */
export interface ChaukasEvent extends EventContent {
  /** UUIDv7. */
  event_id: string;
  type: EventType;
  /** When the thing happened: RFC 3339, UTC. */
  timestamp: string;
  status: EventStatus;
  severity: Severity;
  author: Author;
  tenant_id?: string;
  project_id?: string;
  session_id: string;
  trace_id: string;
  span_id: string;
  /** The `span_id` of an event of the same session; absent on SESSION events only. */
  parent_span_id?: string;
  agent_id?: string;
  agent_name?: string;
  /** Span id of the workflow (the run) that this belongs to. */
  invocation_id?: string;
  response_id?: string;
  is_partial?: boolean;
  is_final?: boolean;
  /** The `content_hash` of the session's previous event; empty for its first. */
  hash_prev?: string;
  /**
   * Lower-case hex SHA-256 of the event's canonical JSON (RFC 8785), without `content_hash` and `worm_proof_id`. The
   * processor sets it on every event before a sink gets it.
   */
  content_hash?: string;
  /** Identifier of the signed checkpoint that covers the event, where checkpoints are made. */
  worm_proof_id?: string;
  branch?: string;
  tags?: string[];
  retry?: RetryInfo;
  redaction?: RedactionInfo;
  /** Kinds of personal data that were found in the event: `email`, `phone` … */
  pii_categories?: string[];
  performance?: PerformanceMetrics;
  infrastructure?: InfrastructureMetrics;
  cost?: CostDetails;
  metadata?: JsonObject;
  /** `google.protobuf.Any` as proto JSON has it: `@type` beside the members. */
  extensions?: JsonObject[];
}

/** Several events at once, as the ingest API takes them. */
export interface EventBatch {
  batch_id?: string;
  timestamp?: string;
  events: readonly ChaukasEvent[];
  metadata?: JsonObject;
  total_cost?: number;
  total_tokens?: number;
  total_duration_ms?: number;
}
