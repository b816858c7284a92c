import type OpenAI from 'openai';
import { serverError } from '../api-error.js';
import { usageOf } from '../chat-completions/reply.js';
import { derivedId } from '../ids.js';
import type { Plan } from '../scripting/plan.js';
import { type CompletionsRequest, choiceCount, openingOf } from './request.js';

type Completion = OpenAI.Completions.Completion;

/** Throws for a reply that failed, because Completions has no other way to report it. */
export function reply(request: CompletionsRequest, plan: Plan): Completion {
  if (plan.ending.status === 'failed') throw serverError();
  return {
    ...header(plan),
    choices: Array.from({ length: choiceCount(request) }, (_, index) =>
      choice(index, openingOf(request, index) + textOf(plan), finishReason(plan)),
    ),
    usage: usageOf(plan),
  };
}

/** The members that a completion and each of its chunks have in common. */
export function header(plan: Plan) {
  return {
    id: derivedId('cmpl-', plan.seed),
    object: 'text_completion' as const,
    created: plan.createdAt,
    model: plan.model,
    system_fingerprint: 'fp_local0001',
  };
}

/** `finish_reason` is null in all chunks but the last, which the client's type does not allow. */
export function choice<Reason>(index: number, text: string, finish_reason: Reason) {
  return { index, text, logprobs: null, finish_reason };
}

/** This API has no tools, so a scenario that only calls tools has an empty text here. */
export function textOf(plan: Plan): string {
  return plan.text ?? plan.refusal ?? '';
}

export function finishReason({ ending }: Plan): 'stop' | 'length' | 'content_filter' {
  return ending.status === 'incomplete' ? ending.finishReason : 'stop';
}
