import { usageOf } from '../chat-completions/reply.js';
import type { SseEvent } from '../http/sse.js';
import type { Plan } from '../scripting/plan.js';
import { streamError } from '../stream-error.js';
import { words } from '../text-chunks.js';
import { choice, finishReason, header, textOf } from './reply.js';
import { type CompletionsRequest, choiceCount, openingOf } from './request.js';

/** Word by word, the choices in turn; then their finish reasons, usage if requested, `[DONE]`. */
export function* events(request: CompletionsRequest, plan: Plan): Generator<SseEvent, void, void> {
  const includeUsage = request.stream_options?.include_usage ?? false;
  const chunk = (choices: object[], total: object | null = null): SseEvent => {
    const body = { ...header(plan), choices };
    return { data: includeUsage ? { ...body, usage: total } : body };
  };
  const indexes = Array.from({ length: choiceCount(request) }, (_, index) => index);

  for (const index of indexes) {
    const opening = openingOf(request, index);
    if (opening !== '') yield chunk([choice(index, opening, null)]);
  }
  for (const word of words(textOf(plan))) {
    for (const index of indexes) yield chunk([choice(index, word, null)]);
  }
  if (plan.ending.status === 'failed') {
    yield streamError();
    return;
  }
  for (const index of indexes) yield chunk([choice(index, '', finishReason(plan))]);
  if (includeUsage) yield chunk([], usageOf(plan));
  yield { data: '[DONE]' };
}
