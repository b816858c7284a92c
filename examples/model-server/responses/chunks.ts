import type OpenAI from 'openai';
import { SERVER_ERROR } from '../api-error.js';
import type { SseEvent } from '../http/sse.js';
import type { Plan } from '../scripting/plan.js';
import { fragments, words } from '../text-chunks.js';
import { type HostedItemEvent, hostedItemEvents, isHosted, openedItem } from './hosted-items.js';
import {
  ended,
  type OutputItem,
  outputItems,
  queued,
  type ResponseBody,
  type SpokenItem,
  underway,
} from './reply.js';
import type { ResponsesRequest } from './request.js';

/** The client's event types, but with response and item as on the wire, and without sequence numbers. */
type OnTheWire<Event> = Event extends { response: unknown }
  ? Omit<Event, 'response' | 'sequence_number'> & { response: ResponseBody }
  : Event extends { item: unknown }
    ? Omit<Event, 'item' | 'sequence_number'> & { item: OutputItem }
    : Omit<Event, 'sequence_number'>;
type ClientEvent = OnTheWire<OpenAI.Responses.ResponseStreamEvent>;
type ResponseEvent = ClientEvent | HostedItemEvent;

/** The place in the response that an event is about. */
interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

export function* events(request: ResponsesRequest, plan: Plan): Generator<SseEvent, void, void> {
  let sequence = 0;
  for (const { type, ...event } of responseEvents(request, plan)) {
    yield { event: type, data: { type, sequence_number: sequence, ...event } };
    sequence += 1;
  }
}

export function errorEvent(sequence: number): SseEvent {
  const { code, message, param } = SERVER_ERROR;
  return { event: 'error', data: { type: 'error', sequence_number: sequence, code, message, param } };
}

function* responseEvents(request: ResponsesRequest, plan: Plan): Generator<ResponseEvent, void, void> {
  const output = outputItems(request, plan);
  if (request.background) {
    yield { type: 'response.created', response: queued(request, plan) };
    yield { type: 'response.queued', response: queued(request, plan) };
  } else {
    yield { type: 'response.created', response: underway(request, plan) };
  }
  yield { type: 'response.in_progress', response: underway(request, plan) };
  for (const [outputIndex, item] of output.entries()) yield* itemEvents(item, outputIndex);
  const last: ClientEvent = {
    type: `response.${plan.ending.status}`,
    response: ended(request, plan, output),
  };
  yield last;
}

function* itemEvents(item: OutputItem, outputIndex: number): Generator<ResponseEvent, void, void> {
  const place: Place = { item_id: item.id, output_index: outputIndex };
  if (isHosted(item)) {
    yield { type: 'response.output_item.added', output_index: outputIndex, item: openedItem(item) };
    yield* hostedItemEvents(item, outputIndex);
  } else {
    yield { type: 'response.output_item.added', output_index: outputIndex, item: opened(item) };
    yield* spokenItemEvents(item, place);
  }
  yield { type: 'response.output_item.done', output_index: outputIndex, item };
}

function* spokenItemEvents(item: SpokenItem, place: Place): Generator<ResponseEvent, void, void> {
  switch (item.type) {
    case 'reasoning':
      yield* reasoningEvents(item, place);
      break;
    case 'message':
      yield* messageEvents(item, place);
      break;
    case 'function_call':
      yield* functionCallEvents(item, place);
      break;
  }
}

/** An item before it has any content. */
function opened(item: SpokenItem): SpokenItem {
  switch (item.type) {
    case 'reasoning':
      return { ...item, summary: [] };
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
  }
}

function* reasoningEvents(
  item: OpenAI.Responses.ResponseReasoningItem,
  place: Place,
): Generator<ResponseEvent, void, void> {
  for (const [summaryIndex, part] of item.summary.entries()) {
    const at = { ...place, summary_index: summaryIndex };
    yield { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } };
    for (const delta of words(part.text)) {
      yield { type: 'response.reasoning_summary_text.delta', ...at, delta };
    }
    yield { type: 'response.reasoning_summary_text.done', ...at, text: part.text };
    yield { type: 'response.reasoning_summary_part.done', ...at, part };
  }
}

function* messageEvents(
  item: OpenAI.Responses.ResponseOutputMessage,
  place: Place,
): Generator<ResponseEvent, void, void> {
  for (const [contentIndex, part] of item.content.entries()) {
    const at = { ...place, content_index: contentIndex };
    if (part.type === 'output_text') {
      yield { type: 'response.content_part.added', ...at, part: { ...part, text: '' } };
      for (const delta of words(part.text)) {
        yield { type: 'response.output_text.delta', ...at, delta, logprobs: [] };
      }
      yield { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] };
    } else {
      yield { type: 'response.content_part.added', ...at, part: { ...part, refusal: '' } };
      for (const delta of words(part.refusal)) yield { type: 'response.refusal.delta', ...at, delta };
      yield { type: 'response.refusal.done', ...at, refusal: part.refusal };
    }
    yield { type: 'response.content_part.done', ...at, part };
  }
}

function* functionCallEvents(
  item: OpenAI.Responses.ResponseFunctionToolCall,
  place: Place,
): Generator<ResponseEvent, void, void> {
  for (const delta of fragments(item.arguments)) {
    yield { type: 'response.function_call_arguments.delta', ...place, delta };
  }
  yield { type: 'response.function_call_arguments.done', ...place, arguments: item.arguments };
}
