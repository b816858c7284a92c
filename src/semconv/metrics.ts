/**
 * The metrics of the GenAI conventions that this package records (same commit as `attributes.ts`): names, units and
 * bucket boundaries.
 */

export interface MetricDefinition {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Explicit bucket boundaries, for histograms. */
  readonly boundaries?: readonly number[];
}

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
const AGENT_SECONDS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6];
const WORKFLOW_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const MCP_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const CALLS = [1, 2, 4, 8, 16, 32, 64, 128];

export const METRIC_INFERENCE_DURATION: MetricDefinition = {
  name: 'gen_ai.client.inference.duration',
  unit: 's',
  description: 'Duration of model calls, from the request to the last chunk.',
  boundaries: SECONDS,
};

export const METRIC_INFERENCE_TIME_TO_FIRST_CHUNK: MetricDefinition = {
  name: 'gen_ai.client.inference.time_to_first_chunk',
  unit: 's',
  description: 'Time from the request of a streamed model call to its first chunk.',
  boundaries: SECONDS,
};

export const METRIC_INFERENCE_TIME_PER_OUTPUT_CHUNK: MetricDefinition = {
  name: 'gen_ai.client.inference.time_per_output_chunk',
  unit: 's',
  description: 'Time between two chunks of a streamed model call.',
  boundaries: SECONDS,
};

/** Covers client operations other than inference; in the older convention, all of them. */
export const METRIC_OPERATION_DURATION: MetricDefinition = {
  name: 'gen_ai.client.operation.duration',
  unit: 's',
  description: 'Duration of client operations.',
  boundaries: SECONDS,
};

export const METRIC_USAGE_INPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.usage.input_tokens',
  unit: '{token}',
  description: 'Billed input tokens, those from the cache included.',
};

export const METRIC_USAGE_OUTPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.usage.output_tokens',
  unit: '{token}',
  description: 'Billed output tokens, those of reasoning included.',
};

export const METRIC_USAGE_CACHE_READ_INPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.usage.cache_read.input_tokens',
  unit: '{token}',
  description: 'Input tokens that were read from the cache: a part of the input tokens.',
};

export const METRIC_USAGE_CACHE_WRITE_INPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.usage.cache_write.input_tokens',
  unit: '{token}',
  description: 'Input tokens that were written to the cache: a part of the input tokens.',
};

export const METRIC_USAGE_REASONING_OUTPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.usage.reasoning.output_tokens',
  unit: '{token}',
  description: 'Output tokens of reasoning: a part of the output tokens.',
};

export const METRIC_OPERATION_INPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.operation.input_tokens',
  unit: '{token}',
  description: 'Input tokens of one model call.',
  boundaries: TOKENS,
};

export const METRIC_OPERATION_OUTPUT_TOKENS: MetricDefinition = {
  name: 'gen_ai.client.inference.operation.output_tokens',
  unit: '{token}',
  description: 'Output tokens of one model call.',
  boundaries: TOKENS,
};

/** Metric of the older convention, removed on 2026-09-22. Most backends still read it. */
export const METRIC_TOKEN_USAGE: MetricDefinition = {
  name: 'gen_ai.client.token.usage',
  unit: '{token}',
  description: 'Tokens of one client operation.',
  boundaries: TOKENS,
};

export const METRIC_INVOKE_AGENT_DURATION: MetricDefinition = {
  name: 'gen_ai.invoke_agent.duration',
  unit: 's',
  description: 'Duration of agent invocations.',
  boundaries: AGENT_SECONDS,
};

export const METRIC_INVOKE_AGENT_INFERENCE_CALLS: MetricDefinition = {
  name: 'gen_ai.invoke_agent.inference_calls',
  unit: '{inference_call}',
  description: "An agent invocation's own model calls, failed ones included.",
  boundaries: CALLS,
};

export const METRIC_INVOKE_AGENT_TOOL_CALLS: MetricDefinition = {
  name: 'gen_ai.invoke_agent.tool_calls',
  unit: '{tool_call}',
  description: "An agent invocation's own tool calls on the client's side, failed ones included.",
  boundaries: CALLS,
};

export const METRIC_INVOKE_WORKFLOW_DURATION: MetricDefinition = {
  name: 'gen_ai.invoke_workflow.duration',
  unit: 's',
  description: 'Duration of workflows.',
  boundaries: WORKFLOW_SECONDS,
};

export const METRIC_EXECUTE_TOOL_DURATION: MetricDefinition = {
  name: 'gen_ai.execute_tool.duration',
  unit: 's',
  description: 'Duration of tool executions.',
  boundaries: SECONDS,
};

export const METRIC_MCP_CLIENT_OPERATION_DURATION: MetricDefinition = {
  name: 'mcp.client.operation.duration',
  unit: 's',
  description: 'Duration of requests to MCP servers.',
  boundaries: MCP_SECONDS,
};
