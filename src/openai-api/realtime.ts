/**
 * The Realtime API in the convention's shapes: items of a conversation, responses, session configuration, errors.
 *
 * Audio is never read, whatever may be recorded. A spoken part becomes its transcript, or a part with its type alone.
 */
import { types } from 'node:util';
import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import { memberValue, trustMembers } from '../json/sdk-members.js';
import * as semconv from '../semconv/attributes.js';
import { describeFailure, type Failure, failure } from '../semconv/failure.js';
import type { GenAiMessage, MessagePart, ToolDefinition } from '../semconv/messages.js';
import type { ModelResponseDetails } from './model-response.js';
import { responsesInputMessages } from './responses/messages.js';
import { finishReason } from './responses/response.js';
import { responsesToolDefinitions } from './responses/tool-definitions.js';
import { toolItemParts } from './responses/tool-items.js';
import { readUsage } from './usage.js';

/** Parts without audio, which the Responses API has, too. */
const PARTS_WITHOUT_AUDIO: ReadonlySet<unknown> = new Set([
  'input_text',
  'output_text',
  'text',
  'input_image',
]);

/** Items of tools. Other items, messages aside, are recorded by their type alone. */
const TOOL_ITEMS: ReadonlySet<unknown> = new Set([
  'function_call',
  'function_call_output',
  'mcp_call',
  'mcp_tool_call',
  'mcp_list_tools',
]);

export function itemMessage(item: UnknownRecord): GenAiMessage {
  const type = asNonEmptyString(item.type) ?? 'message';
  if (type === 'message')
    return { role: asNonEmptyString(item.role) ?? 'user', parts: contentParts(item.content) };
  const role = type === 'function_call_output' ? 'tool' : 'assistant';
  return { role, parts: itemParts(type, item) };
}

/** Returns one message for the output of a response, with the parts of all items in order. */
export function outputMessages(items: unknown): GenAiMessage[] {
  const parts = asArray(items)
    .filter(isRecord)
    .flatMap((item) => itemMessage(item).parts);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** Joins the text parts of the messages. */
export function textOf(messages: readonly GenAiMessage[]): string {
  return messages
    .flatMap(({ parts }) => parts)
    .map((part) => (part.type === 'text' ? (asNonEmptyString(part.content) ?? '') : ''))
    .join('');
}

function itemParts(type: string, item: UnknownRecord): MessagePart[] {
  if (!TOOL_ITEMS.has(type)) return [{ type }];
  return toolItemParts(type, item, new Set()) ?? [{ type }];
}

function contentParts(content: unknown): MessagePart[] {
  return asArray(content).flatMap((part) => {
    const record = asRecord(part) ?? {};
    if (PARTS_WITHOUT_AUDIO.has(record.type))
      return responsesInputMessages([{ content: [part] }])[0]?.parts ?? [];
    const transcript = asNonEmptyString(record.transcript);
    if (transcript !== undefined) return [{ type: 'text', content: transcript }];
    return [{ type: asNonEmptyString(record.type) ?? 'unknown' }];
  });
}

/** The session wraps at most an error in an event in an event. */
const MAX_WRAPPINGS = 3;

/**
 * Describes the error in a session's `error` event. The event wraps an error of the provider, an event of the socket or
 * an error of the application, each in a different way (agents-realtime 0.20.0). Never throws.
 */
export function describeRealtimeError(event: unknown): Failure {
  let error = event;
  for (let depth = 0; depth < MAX_WRAPPINGS; depth += 1) {
    const wrapped = types.isNativeError(error) ? undefined : wrappedError(error);
    if (!isRecord(wrapped)) break;
    error = wrapped;
  }
  if (!isRecord(error) || types.isNativeError(error)) return describeFailure(error);
  const type = asNonEmptyString(memberValue(error, 'code')) ?? asNonEmptyString(memberValue(error, 'type'));
  return type === undefined
    ? describeFailure(error)
    : failure(type, asNonEmptyString(memberValue(error, 'message')), 'The provider reported an error');
}

/** The error events of the package `ws` have their error under a symbol, for a getter. */
function wrappedError(event: unknown): unknown {
  trustMembers((globalThis as { ErrorEvent?: { prototype: object } }).ErrorEvent?.prototype);
  const wrapped = memberValue(event, 'error');
  if (wrapped !== undefined || typeof event !== 'object' || event === null || types.isProxy(event)) {
    return wrapped;
  }
  const symbol = Object.getOwnPropertySymbols(event).find(({ description }) => description === 'kError');
  return symbol && Object.getOwnPropertyDescriptor(event, symbol)?.value;
}

/** Reads the request parameters of a response, which `response.created` repeats. */
export function requestedAttributes(response: UnknownRecord): Attributes {
  // The second name is that of the API's beta.
  const modalities = asArray(response.output_modalities ?? response.modalities);
  const spoken = modalities.includes('audio');
  return {
    [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: modalities.length === 0 ? undefined : spoken ? 'speech' : 'text',
    [semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS]: asInteger(response.max_output_tokens),
  };
}

/** @param model - the model of the session, because a response does not name its model. */
export function readRealtimeResponse(
  response: UnknownRecord,
  model: string | undefined,
): ModelResponseDetails {
  const details = asRecord(response.status_details);
  const reason = finishReason({ ...response, incomplete_details: details });
  return {
    id: asNonEmptyString(response.id),
    model,
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readUsage(response.usage),
    attributes: {
      [semconv.ATTR_OPENAI_AGENTS_CANCELLATION_REASON]: isCancelled(response)
        ? asNonEmptyString(details?.reason)
        : undefined,
    },
    failure: response.status === 'failed' ? responseFailure(asRecord(details?.error)) : undefined,
  };
}

/** Whether the user interrupted the response or the client cancelled it. It is then incomplete, but not an error. */
export function isCancelled(response: UnknownRecord): boolean {
  return response.status === 'cancelled';
}

function responseFailure(error: UnknownRecord | undefined): Failure {
  const type = asNonEmptyString(error?.code) ?? asNonEmptyString(error?.type) ?? semconv.ERROR_TYPE_OTHER;
  return failure(type, asNonEmptyString(error?.message), 'The response failed');
}

/** The configuration of a session, as `session.created` and `session.updated` report it. */
export interface RealtimeSettings {
  readonly id: string | undefined;
  readonly model: string | undefined;
  /** The model that transcribes spoken input; another one than the model that answers. */
  readonly transcriptionModel: string | undefined;
  /** Whether the provider answers speech by itself; `undefined` if the configuration does not say. */
  readonly answersSpeech: boolean | undefined;
  /** Content, like `toolDefinitions`: `undefined` if content is not wanted. */
  readonly systemInstructions: readonly MessagePart[] | undefined;
  readonly toolDefinitions: readonly ToolDefinition[] | undefined;
}

export function readRealtimeSettings(session: UnknownRecord, contentWanted: boolean): RealtimeSettings {
  const input = asRecord(asRecord(session.audio)?.input);
  // The second name is that of the API's beta.
  const transcription = asRecord(input?.transcription) ?? asRecord(session.input_audio_transcription);
  const instructions = contentWanted ? asNonEmptyString(session.instructions) : undefined;
  const tools = contentWanted ? responsesToolDefinitions(session.tools) : [];
  return {
    id: asNonEmptyString(session.id),
    model: asNonEmptyString(session.model),
    transcriptionModel: asNonEmptyString(transcription?.model),
    answersSpeech: answersSpeech(session, input),
    systemInstructions: instructions === undefined ? undefined : [{ type: 'text', content: instructions }],
    toolDefinitions: tools.length > 0 ? tools : undefined,
  };
}

function answersSpeech(session: UnknownRecord, input: UnknownRecord | undefined): boolean | undefined {
  if (session.type === 'transcription') return false;
  // The second name is that of the API's beta.
  const detection = input?.turn_detection ?? session.turn_detection;
  if (!isRecord(detection)) return detection === null ? false : undefined;
  return detection.create_response !== false;
}
