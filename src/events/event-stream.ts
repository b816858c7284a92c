import { uuidv7 } from 'uuidv7';
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
import type { UnsealedEvent } from '../chaukas/sealed-event.js';
import type { JsonObject } from '../foreign/json.js';
import type { Session } from './session.js';

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
export interface StreamIdentity {
  readonly tenantId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly branch?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

interface TypeDefaults {
  readonly author: Author;
  readonly status: EventStatus;
  readonly severity: Severity;
}

const STARTED = { status: 'EVENT_STATUS_STARTED', severity: 'SEVERITY_INFO' } as const;
const COMPLETED = { status: 'EVENT_STATUS_COMPLETED', severity: 'SEVERITY_INFO' } as const;

const DEFAULTS: Readonly<Record<EventType, TypeDefaults>> = {
  EVENT_TYPE_SESSION_START: { author: 'AUTHOR_SYSTEM', ...STARTED },
  EVENT_TYPE_SESSION_END: { author: 'AUTHOR_SYSTEM', ...COMPLETED },
  EVENT_TYPE_AGENT_START: { author: 'AUTHOR_AGENT', ...STARTED },
  EVENT_TYPE_AGENT_END: { author: 'AUTHOR_AGENT', ...COMPLETED },
  EVENT_TYPE_AGENT_HANDOFF: { author: 'AUTHOR_AGENT', ...COMPLETED },
  EVENT_TYPE_MODEL_INVOCATION_START: { author: 'AUTHOR_LLM', ...STARTED },
  EVENT_TYPE_MODEL_INVOCATION_END: { author: 'AUTHOR_LLM', ...COMPLETED },
  EVENT_TYPE_TOOL_CALL_START: { author: 'AUTHOR_TOOL', ...STARTED },
  EVENT_TYPE_TOOL_CALL_END: { author: 'AUTHOR_TOOL', ...COMPLETED },
  EVENT_TYPE_MCP_CALL_START: { author: 'AUTHOR_TOOL', ...STARTED },
  EVENT_TYPE_MCP_CALL_END: { author: 'AUTHOR_TOOL', ...COMPLETED },
  EVENT_TYPE_INPUT_RECEIVED: { author: 'AUTHOR_USER', ...COMPLETED },
  EVENT_TYPE_OUTPUT_EMITTED: { author: 'AUTHOR_AGENT', ...COMPLETED },
  EVENT_TYPE_ERROR: { author: 'AUTHOR_SYSTEM', status: 'EVENT_STATUS_FAILED', severity: 'SEVERITY_ERROR' },
  EVENT_TYPE_RETRY: {
    author: 'AUTHOR_SYSTEM',
    status: 'EVENT_STATUS_IN_PROGRESS',
    severity: 'SEVERITY_WARN',
  },
  EVENT_TYPE_POLICY_DECISION: { author: 'AUTHOR_SYSTEM', ...COMPLETED },
  EVENT_TYPE_DATA_ACCESS: { author: 'AUTHOR_SYSTEM', ...COMPLETED },
  EVENT_TYPE_STATE_UPDATE: { author: 'AUTHOR_SYSTEM', ...COMPLETED },
  EVENT_TYPE_SYSTEM: { author: 'AUTHOR_SYSTEM', ...COMPLETED },
};

/** Makes events whole and passes them on, in the order in which they are made. */
export class EventStream {
  eventsMade = 0;

  readonly #identity: Omit<StreamIdentity, 'tags'> & { readonly tags: string[] | undefined };
  readonly #pass: (event: UnsealedEvent) => void;

  constructor({ tenantId, projectId, branch, tags }: StreamIdentity, pass: (event: UnsealedEvent) => void) {
    this.#identity = { tenantId, projectId, branch, tags: tags && [...tags] };
    this.#pass = pass;
  }

  emit(origin: EventOrigin, body: EventBody): void {
    const { session } = origin;
    const { type, metadata } = body;
    const defaults = DEFAULTS[type];
    const { tenantId, projectId, branch, tags } = this.#identity;
    session.totals.add(body);
    if (type === 'EVENT_TYPE_ERROR' && origin.invocationId !== undefined)
      session.failedInvocations.add(origin.invocationId);
    this.eventsMade += 1;
    this.#pass({
      ...body,
      event_id: uuidv7(),
      status: body.status ?? defaults.status,
      severity: body.severity ?? defaults.severity,
      author: body.author ?? defaults.author,
      tenant_id: tenantId,
      project_id: projectId,
      session_id: session.id,
      trace_id: origin.traceId,
      span_id: origin.spanId,
      parent_span_id: origin.parentSpanId,
      agent_id: origin.agentId,
      agent_name: origin.agentName,
      invocation_id: origin.invocationId,
      branch,
      tags,
      metadata: metadata !== undefined && hasMembers(metadata) ? metadata : undefined,
    });
  }
}

function hasMembers(object: JsonObject): boolean {
  for (const _name in object) return true;
  return false;
}
