/**
 * Items of a realtime conversation in the convention's shapes. Sound is left out wherever it stands, whatever may be
 * recorded: of a spoken part there is its transcript, or else only that it was spoken.
 */
import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { describeFailure, type Failure, failure } from '../semconv/failure.js';
import type { Message, MessagePart, ToolDefinition } from '../semconv/messages.js';
import type { ModelResponse } from './model-response.js';
import { responsesInputMessages } from './responses/messages.js';
import { finishReason } from './responses/response.js';
import { responsesToolDefinitions } from './responses/tool-definitions.js';
import { toolItemParts } from './responses/tool-items.js';
import { readResponsesUsage } from './usage.js';

/** Parts without sound that the Responses API has, too. */
const SILENT_PARTS: ReadonlySet<unknown> = new Set(['input_text', 'output_text', 'text', 'input_image']);

/** Items of tools. Of an item that is not known only its type is told. */
const TOOL_ITEMS: ReadonlySet<unknown> = new Set([
  'function_call',
  'function_call_output',
  'mcp_call',
  'mcp_tool_call',
  'mcp_list_tools',
]);

export function itemMessage(item: UnknownRecord): Message {
  const type = asNonEmptyString(item.type) ?? 'message';
  if (type === 'message')
    return { role: asNonEmptyString(item.role) ?? 'user', parts: contentParts(item.content) };
  const role = type === 'function_call_output' ? 'tool' : 'assistant';
  return { role, parts: itemParts(type, item) };
}

/** One message for what a response gave: its items in order, their parts joined. */
export function outputMessages(items: unknown): Message[] {
  const parts = asArray(items)
    .filter(isRecord)
    .flatMap((item) => itemMessage(item).parts);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** What the messages say in words. */
export function textOf(messages: readonly Message[]): string {
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
    if (SILENT_PARTS.has(record.type)) return responsesInputMessages([{ content: [part] }])[0]?.parts ?? [];
    const transcript = asNonEmptyString(record.transcript);
    if (transcript !== undefined) return [{ type: 'text', content: transcript }];
    return [{ type: asNonEmptyString(record.type) ?? 'unknown' }];
  });
}

/** An error in an event in an event of the session, at most. */
const MAX_WRAPPINGS = 3;

/**
 * What a session's `error` event is about. It wraps an error of the provider, an event of the socket or an error of
 * the application's code, each in a way of its own (agents-realtime 0.20.0).
 */
export function describeRealtimeError(event: unknown): Failure {
  try {
    let error = event;
    for (let depth = 0; depth < MAX_WRAPPINGS; depth += 1) {
      if (!isRecord(error) || error instanceof Error || !isRecord(error.error)) break;
      error = error.error;
    }
    if (!isRecord(error) || error instanceof Error) return describeFailure(error);
    const type = asNonEmptyString(error.code) ?? asNonEmptyString(error.type);
    return type === undefined
      ? describeFailure(error)
      : failure(type, asNonEmptyString(error.message) ?? 'The provider reported an error');
  } catch {
    return describeFailure(event);
  }
}

/** A response of the Realtime API: what `response.created` announces and `response.done` gives. */

/** What a response was asked to be, as the provider repeats it when it begins. */
export function requestedAttributes(response: UnknownRecord): Attributes {
  // The second is the name that it had in the beta of the API.
  const modalities = asArray(response.output_modalities ?? response.modalities);
  const spoken = modalities.includes('audio');
  return {
    [semconv.ATTR_GEN_AI_OUTPUT_TYPE]: modalities.length === 0 ? undefined : spoken ? 'speech' : 'text',
    [semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS]: asInteger(response.max_output_tokens),
  };
}

/** @param model - the session's: a response does not name it. */
export function readRealtimeResponse(response: UnknownRecord, model: string | undefined): ModelResponse {
  const details = asRecord(response.status_details);
  const reason = finishReason({ ...response, incomplete_details: details });
  return {
    id: asNonEmptyString(response.id),
    model,
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readResponsesUsage(response.usage),
    attributes: {
      [semconv.ATTR_OPENAI_AGENTS_CANCELLATION_REASON]: isCancelled(response)
        ? asNonEmptyString(details?.reason)
        : undefined,
    },
    failure: response.status === 'failed' ? responseFailure(asRecord(details?.error)) : undefined,
  };
}

/** Somebody spoke on, or the client took the response back: no error, and not all of it was said. */
export function isCancelled(response: UnknownRecord): boolean {
  return response.status === 'cancelled';
}

function responseFailure(error: UnknownRecord | undefined): Failure {
  const type = asNonEmptyString(error?.code) ?? asNonEmptyString(error?.type) ?? semconv.ERROR_TYPE_OTHER;
  return failure(type, asNonEmptyString(error?.message) ?? 'The response failed');
}

/** How the provider has configured a session, as `session.created` and `session.updated` tell it. */
export interface SessionConfig {
  readonly id: string | undefined;
  readonly model: string | undefined;
  /** What makes a text of what the user says, beside the model that answers it. */
  readonly transcriptionModel: string | undefined;
  /** Content; absent where nobody wants it. */
  readonly systemInstructions: readonly MessagePart[] | undefined;
  readonly toolDefinitions: readonly ToolDefinition[] | undefined;
}

export function readSessionConfig(session: UnknownRecord, contentWanted: boolean): SessionConfig {
  const input = asRecord(asRecord(session.audio)?.input);
  // The second is the name that it had in the beta of the API.
  const transcription = asRecord(input?.transcription) ?? asRecord(session.input_audio_transcription);
  const instructions = contentWanted ? asNonEmptyString(session.instructions) : undefined;
  const tools = contentWanted ? responsesToolDefinitions(session.tools) : [];
  return {
    id: asNonEmptyString(session.id),
    model: asNonEmptyString(session.model),
    transcriptionModel: asNonEmptyString(transcription?.model),
    systemInstructions: instructions === undefined ? undefined : [{ type: 'text', content: instructions }],
    toolDefinitions: tools.length > 0 ? tools : undefined,
  };
}
