/**
 * The events of chaukas-spec (`chaukas.spec.common.v1`), in the shape of their proto JSON with snake_case names: enum
 * values by full name, the member of the `content` oneof at top level, unset fields absent, timestamps RFC 3339.
 */
import type { JsonObject } from '../json/json.js';
import type { Author, EventStatus, EventType, Severity } from './event-schema.js';

export type { Author, EventStatus, EventType, Severity } from './event-schema.js';
export { EVENT_TYPES } from './event-schema.js';

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
  /** In the provider's own words: `stop`, `length`, `tool_calls`, `content_filter` … */
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

/** Lists the fields that redaction changed before the event was stored. */
export interface RedactionInfo {
  /** JSON paths within the event: `llm_invocation.request.messages[0].content`. */
  fields?: string[];
  method?: 'mask' | 'hash' | 'drop';
  /** The name of the salt of `hash`, never the salt itself. */
  salt_id?: string;
}

export interface PerformanceMetrics {
  cpu_percent?: number;
  memory_mb?: number;
  duration_ms?: number;
  /** Output tokens per second. */
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

/** The `content` oneof: at most one member is set. */
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
  /** The time at which it happened: RFC 3339, UTC. */
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
  /** Span id of the workflow (the run) that the event belongs to. */
  invocation_id?: string;
  response_id?: string;
  is_partial?: boolean;
  is_final?: boolean;
  /** The `content_hash` of the session's previous event; empty for the first event. */
  hash_prev?: string;
  /**
   * Lower-case hex SHA-256 of the event's canonical JSON (RFC 8785), without `content_hash` and `worm_proof_id`. The
   * processor sets it on every event before a sink receives the event.
   */
  content_hash?: string;
  /** Id of the signed checkpoint that covers the event, if the processor makes checkpoints. */
  worm_proof_id?: string;
  branch?: string;
  tags?: string[];
  retry?: RetryInfo;
  redaction?: RedactionInfo;
  /** Kinds of personal data that redaction found in the event: `email`, `phone` … */
  pii_categories?: string[];
  performance?: PerformanceMetrics;
  infrastructure?: InfrastructureMetrics;
  cost?: CostDetails;
  metadata?: JsonObject;
  /** `google.protobuf.Any` in proto JSON: `@type` beside the members. */
  extensions?: JsonObject[];
}

/** Several events in one request of the ingest API. */
export interface EventBatch {
  batch_id?: string;
  timestamp?: string;
  events: readonly ChaukasEvent[];
  metadata?: JsonObject;
  total_cost?: number;
  total_tokens?: number;
  total_duration_ms?: number;
}

type Unsealed = Omit<ChaukasEvent, 'hash_prev' | 'content_hash' | 'worm_proof_id'>;

/** An event before it has its place in a chain. Members that are `undefined` count as absent. */
export type UnsealedEvent = { [Name in keyof Unsealed]: Unsealed[Name] | undefined } & Pick<
  ChaukasEvent,
  'session_id' | 'type'
>;
