/** The metrics of a run's steps that have some. */
import { recordAgent, recordTool } from '../metrics/agent-metrics.js';
import type { Telemetry } from '../telemetry.js';
import type { AgentRun } from './agent-run.js';
import type { AgentTotals } from './agent-totals.js';
import { TOOL_TYPE_FUNCTION } from './span-kinds/function.js';

type Instruments = Telemetry['instruments'];

interface StepEnd {
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordToolStep(
  instruments: Instruments,
  toolName: string | undefined,
  agentName: string | undefined,
  end: StepEnd,
): void {
  if (instruments === undefined) return;
  recordTool(instruments, { toolName, toolType: TOOL_TYPE_FUNCTION, agentName, ...end });
}

export function recordAgentStep(
  instruments: Instruments,
  agentName: string | undefined,
  { inferenceCalls, toolCalls }: AgentTotals,
  run: AgentRun | undefined,
  end: StepEnd,
): void {
  if (instruments === undefined) return;
  const model = agentName === undefined ? undefined : run?.describeAgent(agentName)?.model;
  recordAgent(instruments, { agentName, model, ...end, inferenceCalls, toolCalls });
}
