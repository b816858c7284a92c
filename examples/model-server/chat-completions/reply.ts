import type OpenAI from 'openai';
import { serverError } from '../api-error.js';
import { derivedId } from '../ids.js';
import type { Plan } from '../scripting/plan.js';
import type { ChatRequest } from './request.js';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type Message = ChatCompletion['choices'][number]['message'];

const SYSTEM_FINGERPRINT = 'fp_local0001';

/** Throws for a reply that failed: Chat Completions has no other way to say so. */
export function reply(_request: ChatRequest, plan: Plan): ChatCompletion {
  if (plan.ending.status === 'failed') throw serverError();
  return {
    ...header(plan),
    object: 'chat.completion',
    choices: [{ index: 0, message: message(plan), logprobs: null, finish_reason: plan.ending.finishReason }],
    usage: usage(plan),
  };
}

/** What a completion and each of its chunks have in common. */
export function header(plan: Plan) {
  return {
    id: derivedId('chatcmpl-', plan.seed),
    created: plan.createdAt,
    model: plan.model,
    service_tier: plan.serviceTier,
    system_fingerprint: SYSTEM_FINGERPRINT,
  };
}

function message(plan: Plan): Message {
  const toolCalls = plan.toolCalls.map((call) => ({
    id: call.callId,
    type: 'function' as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: 'assistant',
    content: plan.text ?? null,
    refusal: plan.refusal ?? null,
    annotations: [],
    ...(toolCalls.length > 0 && { tool_calls: toolCalls }),
  };
}

export function usage({ usage }: Plan): OpenAI.CompletionUsage {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
