import type {
  Author,
  CostDetails,
  EventContent,
  EventStatus,
  EventType,
  InfrastructureMetrics,
  PerformanceMetrics,
  RetryInfo,
  Severity,
} from '../chaukas/event.js';
import { EVENT_SCHEMA } from '../chaukas/event-schema.js';
import type { UnsealedEvent } from '../chaukas/sealed-event.js';
import type { JsonObject } from '../json/json.js';
import { newEventId } from './ids.js';
import type { Session } from './sessions/session.js';

/** Where in the stream an event stands. */
export interface EventOrigin {
  readonly session: Session;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly agentName?: string | undefined;
  readonly agentId?: string | undefined;
  readonly invocationId?: string | undefined;
}

/** What an event says; status, severity and author only where they are not the type's usual ones. */
export interface EventBody extends EventContent {
  readonly type: EventType;
  readonly timestamp: string;
  readonly status?: EventStatus;
  readonly severity?: Severity;
  readonly author?: Author;
  readonly response_id?: string | undefined;
  readonly is_partial?: boolean;
  readonly is_final?: boolean;
  readonly retry?: RetryInfo;
  readonly cost?: CostDetails | undefined;
  readonly performance?: PerformanceMetrics | undefined;
  readonly infrastructure?: InfrastructureMetrics | undefined;
  readonly metadata?: JsonObject;
}

/** What every event of a stream carries. */
interface StreamIdentity {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly branch?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Makes events whole and passes them on, in the order in which they are made. */
export class EventStream {
  eventsMade = 0;

  readonly #identity: Omit<StreamIdentity, 'tags'> & { readonly tags: string[] | undefined };
  readonly #pass: (event: UnsealedEvent) => void;

  constructor({ tenantId, projectId, branch, tags }: StreamIdentity, pass: (event: UnsealedEvent) => void) {
    this.#identity = { tenantId, projectId, branch, tags: tags && tags.length > 0 ? [...tags] : undefined };
    this.#pass = pass;
  }

  emit(origin: EventOrigin, body: EventBody): void {
    const { session } = origin;
    const { type, metadata } = body;
    const defaults = EVENT_SCHEMA[type];
    const { tenantId, projectId, branch, tags } = this.#identity;
    session.totals.add(body);
    if (type === 'EVENT_TYPE_ERROR' && origin.invocationId !== undefined)
      session.failedInvocations.add(origin.invocationId);
    this.eventsMade += 1;
    // Member by member: a spread of bodies of so many shapes costs more than all else here.
    this.#pass({
      agent_handoff: body.agent_handoff,
      agent_id: origin.agentId,
      agent_name: origin.agentName,
      author: body.author ?? defaults.author,
      branch,
      cost: body.cost,
      data_access: body.data_access,
      error: body.error,
      event_id: newEventId(),
      extensions: undefined,
      infrastructure: body.infrastructure,
      invocation_id: origin.invocationId,
      is_final: body.is_final,
      is_partial: body.is_partial,
      llm_invocation: body.llm_invocation,
      mcp_call: body.mcp_call,
      message: body.message,
      metadata: metadata !== undefined && hasMembers(metadata) ? metadata : undefined,
      parent_span_id: origin.parentSpanId,
      performance: body.performance,
      pii_categories: undefined,
      policy: body.policy,
      project_id: projectId,
      redaction: undefined,
      response_id: body.response_id,
      retry: body.retry,
      session_id: session.id,
      severity: body.severity ?? defaults.severity,
      span_id: origin.spanId,
      state_update: body.state_update,
      status: body.status ?? defaults.status,
      tags,
      tenant_id: tenantId,
      timestamp: body.timestamp,
      tool_call: body.tool_call,
      tool_response: body.tool_response,
      trace_id: origin.traceId,
      type,
    });
  }
}

function hasMembers(object: JsonObject): boolean {
  for (const _name in object) return true;
  return false;
}
