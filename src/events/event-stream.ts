import { uuidv7 } from 'uuidv7';
import type {
  Author,
  ChaukasEvent,
  EventContent,
  EventStatus,
  EventType,
  RetryInfo,
  Severity,
} from '../chaukas/event.js';
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

  readonly #identity: StreamIdentity;
  readonly #deliver: (event: ChaukasEvent) => void;

  constructor(identity: StreamIdentity, deliver: (event: ChaukasEvent) => void) {
    this.#identity = identity;
    this.#deliver = deliver;
  }

  emit(origin: EventOrigin, body: EventBody): void {
    const { session, traceId, spanId, parentSpanId, agentId, agentName, invocationId } = origin;
    const { type, timestamp, status, severity, author, response_id, metadata, ...content } = body;
    const { tenantId, projectId, branch, tags } = this.#identity;
    const defaults = DEFAULTS[type];
    const event: ChaukasEvent = {
      event_id: uuidv7(),
      type,
      timestamp,
      status: status ?? defaults.status,
      severity: severity ?? defaults.severity,
      author: author ?? defaults.author,
      ...(tenantId !== undefined && { tenant_id: tenantId }),
      ...(projectId !== undefined && { project_id: projectId }),
      session_id: session.id,
      trace_id: traceId,
      span_id: spanId,
      ...(parentSpanId !== undefined && { parent_span_id: parentSpanId }),
      ...(agentId !== undefined && { agent_id: agentId }),
      ...(agentName !== undefined && { agent_name: agentName }),
      ...(invocationId !== undefined && { invocation_id: invocationId }),
      ...(response_id !== undefined && { response_id }),
      ...content,
      ...(branch !== undefined && { branch }),
      ...(tags !== undefined && { tags: [...tags] }),
      ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
    };
    session.eventCount += 1;
    if (type === 'EVENT_TYPE_ERROR' && invocationId !== undefined)
      session.failedInvocations.add(invocationId);
    this.eventsMade += 1;
    this.#deliver(event);
  }
}
