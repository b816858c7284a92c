import type OpenAI from 'openai';
import { SERVER_ERROR } from '../api-error.js';
import type { SseEvent } from '../http/sse.js';
import type { Plan } from '../scripting/plan.js';
import { fragments, words } from '../text-chunks.js';
import { header, usage } from './reply.js';
import type { ChatRequest } from './request.js';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Choice = Chunk['choices'][number];
type Delta = Choice['delta'];

/** Role, text or tool calls, finish reason, usage where asked for, `[DONE]`; a failed reply ends in an error. */
export function* events(request: ChatRequest, plan: Plan): Generator<SseEvent, void, void> {
  const includeUsage = request.stream_options?.include_usage ?? false;
  const chunk = (choices: Choice[], total: OpenAI.CompletionUsage | null = null): SseEvent => {
    const body: Chunk = { ...header(plan), object: 'chat.completion.chunk', choices };
    // The API sends `usage` with every chunk, as null, once it was asked for, and else not at all.
    return { data: includeUsage ? { ...body, usage: total } : body };
  };

  for (const delta of deltas(plan)) yield chunk([choice(delta)]);
  if (plan.ending.status === 'failed') {
    yield errorEvent();
    return;
  }
  yield chunk([choice({}, plan.ending.finishReason)]);
  if (includeUsage) yield chunk([], usage(plan));
  yield { data: '[DONE]' };
}

function choice(delta: Delta, finishReason: Choice['finish_reason'] = null): Choice {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason };
}

function* deltas(plan: Plan): Generator<Delta, void, void> {
  const content = plan.text === undefined ? null : '';
  yield { role: 'assistant', content, refusal: null };
  for (const word of words(plan.text ?? '')) yield { content: word };
  for (const word of words(plan.refusal ?? '')) yield { refusal: word };
  for (const [index, call] of plan.toolCalls.entries()) {
    const opening = { name: call.name, arguments: '' };
    yield { tool_calls: [{ index, id: call.callId, type: 'function', function: opening }] };
    for (const fragment of fragments(call.arguments)) {
      yield { tool_calls: [{ index, function: { arguments: fragment } }] };
    }
  }
}

export function errorEvent(): SseEvent {
  return { data: { error: SERVER_ERROR } };
}
