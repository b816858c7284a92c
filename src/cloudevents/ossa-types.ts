import type { ChaukasEvent, EventStatus, EventType } from '../chaukas/event.js';
import { shortEnumName } from '../chaukas/event-schema.js';

/** The event types of OSSA (Open Standard for Software Agents, SDKs 0.3.5), `dev.ossa.<noun>.<verb>`. */
export const OSSA_EVENT_TYPES = {
  AGENT_STARTED: 'dev.ossa.agent.started',
  AGENT_COMPLETED: 'dev.ossa.agent.completed',
  AGENT_FAILED: 'dev.ossa.agent.failed',
  TOOL_CALLED: 'dev.ossa.tool.called',
  TOOL_COMPLETED: 'dev.ossa.tool.completed',
  TOOL_FAILED: 'dev.ossa.tool.failed',
  TURN_STARTED: 'dev.ossa.turn.started',
  TURN_COMPLETED: 'dev.ossa.turn.completed',
  STATE_UPDATED: 'dev.ossa.state.updated',
  WORKFLOW_STARTED: 'dev.ossa.workflow.started',
  WORKFLOW_COMPLETED: 'dev.ossa.workflow.completed',
} as const;

export type OssaEventType = (typeof OSSA_EVENT_TYPES)[keyof typeof OSSA_EVENT_TYPES];

/** The prefix of names that are not of OSSA. */
const OWN_PREFIX = 'ai.chaukas.';

/**
 * The OSSA type of an event type: the same for each status, or one for some of them. Any other event has a type of its
 * own: OSSA has no word for a cancellation or for a turn that failed, and to call them completed would be wrong. An
 * MCP call is the transport of a tool call, which is an event of its own.
 */
const OSSA_TYPES: Readonly<
  Partial<Record<EventType, OssaEventType | Readonly<Partial<Record<EventStatus, OssaEventType>>>>>
> = {
  EVENT_TYPE_SESSION_START: OSSA_EVENT_TYPES.WORKFLOW_STARTED,
  EVENT_TYPE_SESSION_END: { EVENT_STATUS_COMPLETED: OSSA_EVENT_TYPES.WORKFLOW_COMPLETED },
  EVENT_TYPE_AGENT_START: OSSA_EVENT_TYPES.AGENT_STARTED,
  EVENT_TYPE_AGENT_END: {
    EVENT_STATUS_COMPLETED: OSSA_EVENT_TYPES.AGENT_COMPLETED,
    EVENT_STATUS_FAILED: OSSA_EVENT_TYPES.AGENT_FAILED,
  },
  EVENT_TYPE_MODEL_INVOCATION_START: OSSA_EVENT_TYPES.TURN_STARTED,
  EVENT_TYPE_MODEL_INVOCATION_END: { EVENT_STATUS_COMPLETED: OSSA_EVENT_TYPES.TURN_COMPLETED },
  EVENT_TYPE_TOOL_CALL_START: OSSA_EVENT_TYPES.TOOL_CALLED,
  EVENT_TYPE_TOOL_CALL_END: {
    EVENT_STATUS_COMPLETED: OSSA_EVENT_TYPES.TOOL_COMPLETED,
    EVENT_STATUS_FAILED: OSSA_EVENT_TYPES.TOOL_FAILED,
  },
  EVENT_TYPE_STATE_UPDATE: OSSA_EVENT_TYPES.STATE_UPDATED,
};

/**
 * Returns the CloudEvents type of an audit event: the OSSA type if one fits, otherwise `ai.chaukas.` and the event's type
 * in lower case with dots, such as `ai.chaukas.agent.handoff`.
 */
export function cloudEventType({ type, status }: Pick<ChaukasEvent, 'type' | 'status'>): string {
  const row = Object.hasOwn(OSSA_TYPES, type) ? OSSA_TYPES[type] : undefined;
  const ossa = typeof row === 'object' ? ownStatus(row, status) : row;
  return ossa ?? ownTypeName(type);
}

function ownStatus(
  row: Readonly<Partial<Record<EventStatus, OssaEventType>>>,
  status: EventStatus,
): OssaEventType | undefined {
  return Object.hasOwn(row, status) ? row[status] : undefined;
}

/**
 * Returns `ai.chaukas.` and the type in lower case with dots. An event of a newer specification may have any text as its
 * type, and an event that was read may have none.
 */
export function ownTypeName(type: string | undefined): string {
  const words = shortEnumName('type', String(type ?? ''))
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  return OWN_PREFIX + (words?.join('.') ?? 'unspecified');
}
