/** Metrics of agents, tools, workflows and MCP requests; see the sections "Metrics" and "MCP" of the conventions. */
import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../../semconv/attributes.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import type { Instruments } from './instruments.js';

interface AgentMeasurement {
  readonly agentName: string | undefined;
  /** `undefined` if the agent is not bound to a model. */
  readonly model: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
  readonly inferenceCalls: number;
  readonly toolCalls: number;
}

export function recordAgent(instruments: Instruments, agent: AgentMeasurement): void {
  const name = named(semconv.ATTR_GEN_AI_AGENT_NAME, agent.agentName);
  instruments.invokeAgentDuration.record(agent.duration, {
    ...name,
    ...named(semconv.ATTR_GEN_AI_REQUEST_MODEL, agent.model),
    ...named(semconv.ATTR_ERROR_TYPE, agent.errorType),
  });
  instruments.invokeAgentInferenceCalls.record(agent.inferenceCalls, name);
  instruments.invokeAgentToolCalls.record(agent.toolCalls, name);
}

interface ToolMeasurement {
  readonly toolName: string | undefined;
  readonly toolType: string | undefined;
  readonly agentName: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordTool(instruments: Instruments, tool: ToolMeasurement): void {
  instruments.executeToolDuration.record(tool.duration, {
    ...named(semconv.ATTR_GEN_AI_TOOL_NAME, tool.toolName),
    ...named(semconv.ATTR_GEN_AI_TOOL_TYPE, tool.toolType),
    ...named(semconv.ATTR_GEN_AI_AGENT_NAME, tool.agentName),
    ...named(semconv.ATTR_ERROR_TYPE, tool.errorType),
  });
}

interface WorkflowMeasurement {
  readonly workflowName: string | undefined;
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordWorkflow(instruments: Instruments, workflow: WorkflowMeasurement): void {
  instruments.invokeWorkflowDuration.record(workflow.duration, {
    ...named(semconv.ATTR_GEN_AI_WORKFLOW_NAME, workflow.workflowName),
    ...named(semconv.ATTR_ERROR_TYPE, workflow.errorType),
  });
}

function named(attribute: string, value: string | undefined): Attributes | undefined {
  return value === undefined ? undefined : { [attribute]: value };
}

/** The span's attributes that have few different values, so without session, request and resource. */
const MCP_ATTRIBUTES = [
  semconv.ATTR_MCP_METHOD_NAME,
  semconv.ATTR_GEN_AI_OPERATION_NAME,
  semconv.ATTR_GEN_AI_TOOL_NAME,
  semconv.ATTR_GEN_AI_PROMPT_NAME,
  semconv.ATTR_MCP_PROTOCOL_VERSION,
  semconv.ATTR_NETWORK_TRANSPORT,
  semconv.ATTR_NETWORK_PROTOCOL_NAME,
  semconv.ATTR_SERVER_ADDRESS,
  semconv.ATTR_SERVER_PORT,
] as const;

interface McpMeasurement {
  /** The attributes of the span at its start. */
  readonly attributes: Attributes;
  readonly errorType: string | undefined;
  readonly statusCode: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordMcpOperation(instruments: Instruments, operation: McpMeasurement): void {
  const attributes: Attributes = {};
  for (const name of MCP_ATTRIBUTES) setIfDefined(attributes, name, operation.attributes[name]);
  setIfDefined(attributes, semconv.ATTR_ERROR_TYPE, operation.errorType);
  setIfDefined(attributes, semconv.ATTR_RPC_RESPONSE_STATUS_CODE, operation.statusCode);
  instruments.mcpOperationDuration.record(operation.duration, attributes);
}
