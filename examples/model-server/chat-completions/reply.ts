import type OpenAI from 'openai';
import { serverError } from '../api-error.js';
import { derivedId, toolCallId } from '../ids.js';
import type { Ending, Plan } from '../scripting/plan.js';
import { audioTokens, spokenText, wantsAudio } from './audio.js';
import { type ChatRequest, callsFunctions } from './request.js';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type Message = ChatCompletion['choices'][number]['message'];

const SYSTEM_FINGERPRINT = 'fp_local0001';

/** Throws for a reply that failed, because Chat Completions has no other way to report it. */
export function reply(request: ChatRequest, plan: Plan): ChatCompletion {
  const { ending } = plan;
  if (ending.status === 'failed') throw serverError();
  return {
    ...header(plan),
    object: 'chat.completion',
    choices: choiceIndexes(request).map((index) => ({
      index,
      message: message(request, planOfChoice(plan, index), index),
      logprobs: null,
      finish_reason: finishReason(request, ending),
    })),
    usage: usage(request, plan),
  };
}

/** The members that a completion and each of its chunks have in common. */
export function header(plan: Plan) {
  return {
    id: derivedId('chatcmpl-', plan.seed),
    created: plan.createdAt,
    model: plan.model,
    service_tier: plan.serviceTier,
    system_fingerprint: SYSTEM_FINGERPRINT,
  };
}

/** All choices have the same content, because they come from one plan. */
export function choiceIndexes({ n }: ChatRequest): number[] {
  return Array.from({ length: n ?? 1 }, (_, index) => index);
}

/** Calls of different choices are different calls, so their ids differ. */
export function planOfChoice(plan: Plan, choice: number): Plan {
  if (choice === 0) return plan;
  const toolCalls = plan.toolCalls.map((call, index) => ({
    ...call,
    callId: toolCallId(plan.seed, (choice * plan.toolCalls.length + index) % 256, call.name),
  }));
  return { ...plan, toolCalls };
}

type FinishReason = ChatCompletion['choices'][number]['finish_reason'];

export function finishReason(
  request: ChatRequest,
  { finishReason }: Exclude<Ending, { status: 'failed' }>,
): FinishReason {
  return finishReason === 'tool_calls' && callsFunctions(request) ? 'function_call' : finishReason;
}

function message(request: ChatRequest, plan: Plan, choice: number): Message {
  const audio = wantsAudio(request) ? spokenText(plan, choice) : undefined;
  const said = {
    role: 'assistant' as const,
    content: audio ? null : (plan.text ?? null),
    refusal: plan.refusal ?? null,
    annotations: [],
    ...(audio && { audio }),
  };
  const [first] = plan.toolCalls;
  if (!first) return said;
  if (callsFunctions(request)) {
    return { ...said, function_call: { name: first.name, arguments: first.arguments } };
  }
  const toolCalls = plan.toolCalls.map((call) => ({
    id: call.callId,
    type: 'function' as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return { ...said, tool_calls: toolCalls };
}

export function usage(request: ChatRequest, plan: Plan): OpenAI.CompletionUsage {
  return usageOf(plan, audioTokens(request, plan));
}

/** Tokens in the form that Chat Completions and Completions share. */
export function usageOf({ usage }: Plan, audio = { input: 0, output: 0 }): OpenAI.CompletionUsage {
  const { cacheWriteTokens } = usage;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      audio_tokens: audio.input,
      ...(cacheWriteTokens !== undefined && { cache_write_tokens: cacheWriteTokens }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: audio.output,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
