/** The data of the OSSA events, with the names of OSSA's own examples. Each may have further members. */
import type { OssaEventType } from '../cloudevents/ossa-types.js';

/** Members beside the named ones. */
interface OtherMembers {
  readonly [member: string]: unknown;
}

export interface AgentStartedData extends OtherMembers {
  readonly agent_id: string;
  readonly task?: string;
  readonly version?: string;
  readonly status?: string;
}

export interface AgentCompletedData extends OtherMembers {
  readonly agent_id: string;
  readonly status?: string;
  readonly duration_ms?: number;
}

export interface AgentFailedData extends AgentCompletedData {
  readonly error: string;
}

export interface ToolCalledData extends OtherMembers {
  readonly tool_name: string;
  readonly parameters?: unknown;
}

export interface ToolCompletedData extends OtherMembers {
  readonly tool_name: string;
  readonly result?: unknown;
  readonly duration_ms?: number;
}

export interface ToolFailedData extends OtherMembers {
  readonly tool_name: string;
  readonly error: string;
  readonly duration_ms?: number;
}

export interface TurnStartedData extends OtherMembers {
  readonly turn_number: number;
  readonly user_input?: string;
}

export interface TurnCompletedData extends OtherMembers {
  readonly turn_number: number;
  readonly status?: string;
  readonly response?: string;
}

export interface StateUpdatedData extends OtherMembers {
  readonly state: unknown;
}

export interface WorkflowStartedData extends OtherMembers {
  readonly workflow_id: string;
  readonly name?: string;
}

export interface WorkflowCompletedData extends OtherMembers {
  readonly workflow_id: string;
  readonly status?: string;
  readonly duration_ms?: number;
}

/** The data of each OSSA type. */
export interface OssaEventData extends Record<OssaEventType, OtherMembers> {
  readonly 'dev.ossa.agent.started': AgentStartedData;
  readonly 'dev.ossa.agent.completed': AgentCompletedData;
  readonly 'dev.ossa.agent.failed': AgentFailedData;
  readonly 'dev.ossa.tool.called': ToolCalledData;
  readonly 'dev.ossa.tool.completed': ToolCompletedData;
  readonly 'dev.ossa.tool.failed': ToolFailedData;
  readonly 'dev.ossa.turn.started': TurnStartedData;
  readonly 'dev.ossa.turn.completed': TurnCompletedData;
  readonly 'dev.ossa.state.updated': StateUpdatedData;
  readonly 'dev.ossa.workflow.started': WorkflowStartedData;
  readonly 'dev.ossa.workflow.completed': WorkflowCompletedData;
}
