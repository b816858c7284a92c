/** Metrics of what an agent does in this process; see the section "Metrics" of the conventions. */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_TOOL_TYPE,
  ATTR_GEN_AI_WORKFLOW_NAME,
} from '../../semconv/attributes.js';
import type { Instruments } from './instruments.js';

export interface AgentMeasurement {
  readonly agentName: string | undefined;
  /** The model, where the agent is bound to one. */
  readonly model: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
  readonly inferenceCalls: number;
  readonly toolCalls: number;
}

export function recordAgent(instruments: Instruments, agent: AgentMeasurement): void {
  const name = named(ATTR_GEN_AI_AGENT_NAME, agent.agentName);
  instruments.invokeAgentDuration.record(agent.duration, {
    ...name,
    ...named(ATTR_GEN_AI_REQUEST_MODEL, agent.model),
    ...named(ATTR_ERROR_TYPE, agent.errorType),
  });
  instruments.invokeAgentInferenceCalls.record(agent.inferenceCalls, name);
  instruments.invokeAgentToolCalls.record(agent.toolCalls, name);
}

export interface ToolMeasurement {
  readonly toolName: string | undefined;
  readonly toolType: string;
  readonly agentName: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordTool(instruments: Instruments, tool: ToolMeasurement): void {
  instruments.executeToolDuration.record(tool.duration, {
    ...named(ATTR_GEN_AI_TOOL_NAME, tool.toolName),
    ...named(ATTR_GEN_AI_TOOL_TYPE, tool.toolType),
    ...named(ATTR_GEN_AI_AGENT_NAME, tool.agentName),
    ...named(ATTR_ERROR_TYPE, tool.errorType),
  });
}

export interface WorkflowMeasurement {
  readonly workflowName: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordWorkflow(instruments: Instruments, workflow: WorkflowMeasurement): void {
  instruments.invokeWorkflowDuration.record(workflow.duration, {
    ...named(ATTR_GEN_AI_WORKFLOW_NAME, workflow.workflowName),
    ...named(ATTR_ERROR_TYPE, workflow.errorType),
  });
}

function named(attribute: string, value: string | undefined): Attributes | undefined {
  return value === undefined ? undefined : { [attribute]: value };
}
