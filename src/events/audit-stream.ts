import type { UnsealedEvent } from '../chaukas/event.js';
import { EVENT_SCHEMA } from '../chaukas/event-schema.js';
import { newEventId } from '../ids.js';
import type { JsonObject } from '../json/json.js';
import { type ApplicationContext, joinedTags } from '../signals/application-context.js';
import type { EventBody } from './event-body.js';

/** The place of an event within its session. */
export interface EventOrigin {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly agentName?: string | undefined;
  readonly agentId?: string | undefined;
  readonly invocationId?: string | undefined;
  /** The application's own facts about the work. */
  readonly application?: ApplicationContext | undefined;
}

/** The members that are the same on every event of a stream. */
interface StreamIdentity {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly branch?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Completes events and passes them on in the order in which they are emitted. */
export class AuditStream {
  eventsMade = 0;

  readonly #identity: Omit<StreamIdentity, 'tags'> & { readonly tags: string[] | undefined };
  readonly #pass: (event: UnsealedEvent) => void;

  constructor({ tenantId, projectId, branch, tags }: StreamIdentity, pass: (event: UnsealedEvent) => void) {
    this.#identity = { tenantId, projectId, branch, tags: tags && tags.length > 0 ? [...tags] : undefined };
    this.#pass = pass;
  }

  emit(sessionId: string, origin: EventOrigin, body: EventBody): void {
    const { type } = body;
    const defaults = EVENT_SCHEMA[type];
    const { tenantId, projectId, branch, tags } = this.#identity;
    const application = body.application ?? origin.application;
    const metadata = application === undefined ? body.metadata : withApplication(body.metadata, application);
    this.eventsMade += 1;
    // Member by member, because spreading bodies of so many shapes costs more than everything else here.
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
      session_id: sessionId,
      severity: body.severity ?? defaults.severity,
      span_id: origin.spanId,
      state_update: body.state_update,
      status: body.status ?? defaults.status,
      tags: application?.tags === undefined ? tags : [...joinedTags(tags, application.tags)],
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

/** The metadata of an event with the user and the facts that the application named, apart from those of the event itself. */
function withApplication(
  metadata: JsonObject | undefined,
  { userId, metadata: context }: ApplicationContext,
): JsonObject {
  return {
    ...(userId !== undefined && { user_id: userId }),
    ...(context !== undefined && { context }),
    ...metadata,
  };
}
