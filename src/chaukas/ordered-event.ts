import type { ChaukasEvent } from './event.js';
import type { UnsealedEvent } from './sealed-event.js';

/**
 * The members that an event has, in the order of its canonical JSON, with room for its hash and without its checkpoint,
 * which stands last and is not hashed.
 *
 * Member by member: with their names in a list it takes five times as long, and this is done for every event.
 */
export function orderedEvent(event: UnsealedEvent, hashPrev: string): Partial<ChaukasEvent> {
  const ordered: Partial<ChaukasEvent> = {};
  if (event.agent_handoff !== undefined) ordered.agent_handoff = event.agent_handoff;
  if (event.agent_id !== undefined) ordered.agent_id = event.agent_id;
  if (event.agent_name !== undefined) ordered.agent_name = event.agent_name;
  if (event.author !== undefined) ordered.author = event.author;
  if (event.branch !== undefined) ordered.branch = event.branch;
  ordered.content_hash = '';
  if (event.cost !== undefined) ordered.cost = event.cost;
  if (event.data_access !== undefined) ordered.data_access = event.data_access;
  if (event.error !== undefined) ordered.error = event.error;
  if (event.event_id !== undefined) ordered.event_id = event.event_id;
  if (event.extensions !== undefined) ordered.extensions = event.extensions;
  ordered.hash_prev = hashPrev;
  if (event.infrastructure !== undefined) ordered.infrastructure = event.infrastructure;
  if (event.invocation_id !== undefined) ordered.invocation_id = event.invocation_id;
  if (event.is_final !== undefined) ordered.is_final = event.is_final;
  if (event.is_partial !== undefined) ordered.is_partial = event.is_partial;
  if (event.llm_invocation !== undefined) ordered.llm_invocation = event.llm_invocation;
  if (event.mcp_call !== undefined) ordered.mcp_call = event.mcp_call;
  if (event.message !== undefined) ordered.message = event.message;
  if (event.metadata !== undefined) ordered.metadata = event.metadata;
  if (event.parent_span_id !== undefined) ordered.parent_span_id = event.parent_span_id;
  if (event.performance !== undefined) ordered.performance = event.performance;
  if (event.pii_categories !== undefined) ordered.pii_categories = event.pii_categories;
  if (event.policy !== undefined) ordered.policy = event.policy;
  if (event.project_id !== undefined) ordered.project_id = event.project_id;
  if (event.redaction !== undefined) ordered.redaction = event.redaction;
  if (event.response_id !== undefined) ordered.response_id = event.response_id;
  if (event.retry !== undefined) ordered.retry = event.retry;
  if (event.session_id !== undefined) ordered.session_id = event.session_id;
  if (event.severity !== undefined) ordered.severity = event.severity;
  if (event.span_id !== undefined) ordered.span_id = event.span_id;
  if (event.state_update !== undefined) ordered.state_update = event.state_update;
  if (event.status !== undefined) ordered.status = event.status;
  if (event.tags !== undefined) ordered.tags = event.tags;
  if (event.tenant_id !== undefined) ordered.tenant_id = event.tenant_id;
  if (event.timestamp !== undefined) ordered.timestamp = event.timestamp;
  if (event.tool_call !== undefined) ordered.tool_call = event.tool_call;
  if (event.tool_response !== undefined) ordered.tool_response = event.tool_response;
  if (event.trace_id !== undefined) ordered.trace_id = event.trace_id;
  if (event.type !== undefined) ordered.type = event.type;
  return ordered;
}
