/** PURE: the result of a run, as clients get it. */
import type { Agent, RunResult, StreamedRunResult, Usage } from '@openai/agents';
import { activeIds } from '../../service/logger.js';
import { outputSchema, type TokenUsage } from '../streams/stream-event.js';
import { pendingApproval } from './run-events.js';
import type { RunAnswer } from './schemas.js';

/** An agent of whichever context and output. */
// biome-ignore lint/suspicious/noExplicitAny: the Agents SDK's own bound for agents
export type AnyAgent = Agent<any, any>;

export type AnyResult = RunResult<undefined, AnyAgent> | StreamedRunResult<undefined, AnyAgent>;

/** Returns the price of a run in US dollars; `undefined` if it is not known. */
export type Pricing = (usage: Usage) => number | undefined;

/** The numbers are those of the whole run, including what came before it waited for an approval. */
export function runAnswer(result: AnyResult, sessionId: string, pricing: Pricing): RunAnswer {
  const { usage } = result.state;
  const approvals = (result.interruptions ?? []).map(pendingApproval);
  const cost = pricing(usage);
  return {
    success: true,
    final_output: approvals.length > 0 ? null : (outputSchema.safeParse(result.finalOutput).data ?? null),
    error: null,
    usage: tokenUsage(usage),
    response_id: result.lastResponseId ?? null,
    session_id: sessionId,
    trace_id: activeIds().trace_id ?? null,
    agent: result.lastAgent?.name ?? '',
    turns: result.rawResponses.length,
    pending_approvals: approvals,
    ...(cost !== undefined && { cost }),
  };
}

export function tokenUsage(usage: Usage): TokenUsage {
  const sum = (details: readonly Record<string, number>[], name: string) =>
    details.reduce((total, each) => total + (each[name] ?? 0), 0);
  const cached = sum(usage.inputTokensDetails, 'cached_tokens');
  const reasoning = sum(usage.outputTokensDetails, 'reasoning_tokens');
  return {
    requests: usage.requests,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    ...(cached > 0 && { cached_tokens: cached }),
    ...(reasoning > 0 && { reasoning_tokens: reasoning }),
  };
}
