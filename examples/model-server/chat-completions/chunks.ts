import type OpenAI from 'openai';
import type { SseEvent } from '../http/sse.js';
import type { Plan } from '../scripting/plan.js';
import { streamError } from '../stream-error.js';
import { fragments, words } from '../text-chunks.js';
import { spokenText, wantsAudio } from './audio.js';
import { choiceIndexes, finishReason, header, planOfChoice, usage } from './reply.js';
import { type ChatRequest, callsFunctions } from './request.js';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;
type Choice = Chunk['choices'][number];
/** The API sends `audio`, but not all versions of the client have it in their types. */
type Delta = Choice['delta'] & { audio?: object };

/** Role, text or tool calls, finish reason, usage if requested, `[DONE]`. A failed reply ends in an error. */
export function* events(request: ChatRequest, plan: Plan): Generator<SseEvent, void, void> {
  const includeUsage = request.stream_options?.include_usage ?? false;
  const chunk = (choices: Choice[], total: OpenAI.CompletionUsage | null = null): SseEvent => {
    const body: Chunk = { ...header(plan), object: 'chat.completion.chunk', choices };
    // If usage is requested, the API sends it as null in every chunk before the last; otherwise it sends none.
    return { data: includeUsage ? { ...body, usage: total } : body };
  };
  const indexes = choiceIndexes(request);

  for (const side of sideBySide(indexes.map((index) => deltas(request, planOfChoice(plan, index), index)))) {
    for (const [index, delta] of side) yield chunk([choice(index, delta)]);
  }
  if (plan.ending.status === 'failed') {
    yield streamError();
    return;
  }
  for (const index of indexes) yield chunk([choice(index, {}, finishReason(request, plan.ending))]);
  if (includeUsage) yield chunk([], usage(request, plan));
  yield { data: '[DONE]' };
}

/** Yields the first entry of each list, then the second of each, and so on, each with the index of its list. */
function* sideBySide<Item>(sources: Generator<Item, void, void>[]): Generator<[number, Item][], void, void> {
  const open = new Map(sources.entries());
  while (open.size > 0) {
    const side: [number, Item][] = [];
    for (const [index, source] of open) {
      const next = source.next();
      if (next.done) open.delete(index);
      else side.push([index, next.value]);
    }
    yield side;
  }
}

function choice(index: number, delta: Delta, finishReason: Choice['finish_reason'] = null): Choice {
  return { index, delta, logprobs: null, finish_reason: finishReason };
}

function* deltas(request: ChatRequest, plan: Plan, choice: number): Generator<Delta, void, void> {
  const content = plan.text === undefined ? null : '';
  yield { role: 'assistant', content, refusal: null };
  if (wantsAudio(request)) yield* audioDeltas(plan, choice);
  else for (const word of words(plan.text ?? '')) yield { content: word };
  for (const word of words(plan.refusal ?? '')) yield { refusal: word };
  if (callsFunctions(request)) yield* functionCallDeltas(plan);
  else yield* toolCallDeltas(plan);
}

function* audioDeltas(plan: Plan, choice: number): Generator<Delta, void, void> {
  const audio = spokenText(plan, choice);
  if (!audio) return;
  const { id, data, transcript, expires_at } = audio;
  for (const word of words(transcript)) yield { audio: { id, transcript: word } };
  for (const fragment of fragments(data)) yield { audio: { id, data: fragment } };
  yield { audio: { id, expires_at } };
}

function* functionCallDeltas(plan: Plan): Generator<Delta, void, void> {
  for (const call of plan.toolCalls.slice(0, 1)) {
    yield { function_call: { name: call.name, arguments: '' } };
    for (const fragment of fragments(call.arguments)) yield { function_call: { arguments: fragment } };
  }
}

function* toolCallDeltas(plan: Plan): Generator<Delta, void, void> {
  for (const [index, call] of plan.toolCalls.entries()) {
    const opening = { name: call.name, arguments: '' };
    yield { tool_calls: [{ index, id: call.callId, type: 'function', function: opening }] };
    for (const fragment of fragments(call.arguments)) {
      yield { tool_calls: [{ index, function: { arguments: fragment } }] };
    }
  }
}
