/** PURE: what went wrong in a run, as a status and a code that tell a client what to do. */
import {
  InputGuardrailTripwireTriggered,
  MaxTurnsExceededError,
  ModelBehaviorError,
  ModelRefusalError,
  ModelTimeoutError,
  OutputGuardrailTripwireTriggered,
  ToolCallError,
} from '@openai/agents';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { type Problem, ProblemError } from '../../service/problem.js';

/** Why a run was stopped from outside. */
export type StopReason = 'client_disconnected' | 'run_timeout' | 'shutting_down';

const STOPPED: Readonly<Record<StopReason, Problem>> = {
  client_disconnected: {
    // A client that is gone does not see it; the log and a stream that is resumed later do.
    status: 408,
    code: 'client_disconnected',
    title: 'Client disconnected',
    detail: 'The client was gone, so the run was stopped.',
  },
  run_timeout: {
    status: 504,
    code: 'run_timeout',
    title: 'Run timed out',
    detail: 'The run took too long and was stopped; RUN_SECONDS is the limit.',
  },
  shutting_down: {
    status: 503,
    code: 'shutting_down',
    title: 'Shutting down',
    detail: 'The server is shutting down; send the request again.',
  },
};

/**
 * @returns `undefined` for an error that a run is not known to end with.
 */
export function runProblem(error: unknown, signal: AbortSignal): Problem | undefined {
  if (signal.aborted) return STOPPED[stopReason(signal)];
  if (error instanceof ProblemError) return error.problem;
  return agentProblem(error) ?? modelProblem(error);
}

function stopReason(signal: AbortSignal): StopReason {
  const reason: unknown = signal.reason;
  if (typeof reason === 'string' && reason in STOPPED) return reason as StopReason;
  return reason instanceof Error && reason.name === 'TimeoutError' ? 'run_timeout' : 'client_disconnected';
}

function agentProblem(error: unknown): Problem | undefined {
  if (error instanceof InputGuardrailTripwireTriggered || error instanceof OutputGuardrailTripwireTriggered) {
    const { name } = error.result.guardrail;
    return { ...PROBLEMS.guardrail, detail: `The guardrail "${name}" stopped the run.` };
  }
  if (error instanceof MaxTurnsExceededError) return PROBLEMS.maxTurns;
  if (error instanceof ModelRefusalError) return { ...PROBLEMS.refused, detail: error.refusal };
  if (error instanceof ToolCallError) return PROBLEMS.tool;
  if (!(error instanceof ModelBehaviorError)) return undefined;
  // The Agents SDK (0.20) does not pass on why an answer is incomplete.
  return error.message.includes('response.incomplete') ? PROBLEMS.incomplete : PROBLEMS.misbehaved;
}

function modelProblem(error: unknown): Problem | undefined {
  if (error instanceof APIConnectionTimeoutError || error instanceof ModelTimeoutError)
    return PROBLEMS.timeout;
  if (error instanceof APIConnectionError) return PROBLEMS.unreachable;
  if (!(error instanceof APIError)) return undefined;
  switch (error.status) {
    case undefined:
      return { ...PROBLEMS.failed, detail: 'The model broke off.' };
    case 429: {
      const retryAfter = error.headers?.get('retry-after');
      return { ...PROBLEMS.rateLimited, ...(retryAfter && { headers: { 'retry-after': retryAfter } }) };
    }
    case 401:
    case 403:
      return PROBLEMS.rejectedKey;
    default:
      return { ...PROBLEMS.failed, detail: `The model answered with status ${error.status}.` };
  }
}

/** Failures with what is the same of each. Those without a detail get it from the error. */
const PROBLEMS = {
  guardrail: { status: 422, code: 'guardrail_tripped', title: 'Guardrail tripped' },
  maxTurns: {
    status: 422,
    code: 'max_turns_exceeded',
    title: 'Too many turns',
    detail: 'The run needed more turns than max_turns permits.',
  },
  refused: { status: 422, code: 'model_refused', title: 'The model refused' },
  tool: { status: 502, code: 'tool_failed', title: 'Tool failed', detail: 'A tool of the agent failed.' },
  incomplete: {
    status: 502,
    code: 'answer_incomplete',
    title: 'Incomplete answer',
    detail: 'A content filter or the limit of tokens ended the answer of the model.',
  },
  misbehaved: {
    status: 502,
    code: 'model_misbehaved',
    title: 'Unusable answer',
    detail: 'The model answered in a way that the agent cannot use.',
  },
  timeout: {
    status: 504,
    code: 'model_timeout',
    title: 'Model timed out',
    detail: 'The model did not answer in time.',
  },
  unreachable: {
    status: 502,
    code: 'model_unreachable',
    title: 'Model unreachable',
    detail: 'The model cannot be reached.',
  },
  rateLimited: {
    status: 429,
    code: 'model_rate_limited',
    title: 'Model rate limited',
    detail: 'The model takes no more requests for now; try again later.',
  },
  rejectedKey: {
    status: 502,
    code: 'model_rejected_key',
    title: 'Key rejected',
    detail: 'The model endpoint rejects the key of this service; check OPENAI_API_KEY.',
  },
  failed: { status: 502, code: 'model_failed', title: 'Model failed' },
} as const satisfies Record<string, Omit<Problem, 'detail'> & Partial<Pick<Problem, 'detail'>>>;
