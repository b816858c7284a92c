/**
 * Runs of the Assistants API: an assistant works on a thread of messages. The convention counts this as the invocation
 * of a remote agent. A run has tokens only once it has ended, so they are on the call that saw it end: a stream or a
 * polling helper.
 */
import type { Attributes } from '@opentelemetry/api';
import { parseJson, toJsonObject } from '../json/json.js';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asNumber,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { Failure } from '../semconv/failure.js';
import type { GenAiMessage, MessagePart } from '../semconv/messages.js';
import { OPERATION_INVOKE_AGENT } from '../semconv/operations.js';
import { setIfDefined } from '../semconv/set-attribute.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { chatOutputMessages, chatRequestDetails } from './chat-completions/messages.js';
import { entryAt } from './choices.js';
import {
  bodyAndOptions,
  type CallArguments,
  type ChunkAccumulator,
  type ClientOperation,
} from './client-operation.js';
import { mediaPart, textParts } from './message-parts.js';
import { type ModelResponseDetails, reportedFailure } from './model-response.js';
import { textFormat } from './request-attributes.js';
import { readUsage } from './usage.js';

const RUNS = ['Beta', 'Threads', 'Runs'];
const THREADS = ['Beta', 'Threads'];

const RUN = {
  everywhere: true,
  operationName: OPERATION_INVOKE_AGENT,
  // The request names the assistant by its id only, so the name of the agent is unknown.
  targetAttribute: semconv.ATTR_GEN_AI_AGENT_NAME,
  requestAttributes: runRequestAttributes,
  requestDetails: runRequestDetails,
  choiceCount: () => 1,
  readResponse: readRun,
  outputMessages: runOutputMessages,
  accumulateChunks: (keepContent) => new RunChunks(keepContent),
} satisfies Partial<ClientOperation>;

/**
 * The streaming helpers (`stream`, `createAndRunStream` …) call the methods without `Stream` or `Poll`, so they need
 * no rows.
 */
export const assistants: readonly ClientOperation[] = [
  {
    ...RUN,
    resource: RUNS,
    method: 'create',
    readArguments: createArguments,
    pathMembers: ([threadId]) => ({ thread_id: threadId }),
  },
  {
    ...RUN,
    resource: RUNS,
    method: 'createAndPoll',
    pollingHelperOf: 'create',
    readArguments: createArguments,
  },
  {
    ...RUN,
    resource: RUNS,
    method: 'submitToolOutputs',
    readArguments: submitArguments,
    pathMembers: ([threadId, runId]) => ({ thread_id: threadId, run_id: runId }),
  },
  {
    ...RUN,
    resource: RUNS,
    method: 'submitToolOutputsAndPoll',
    pollingHelperOf: 'submitToolOutputs',
    readArguments: submitArguments,
  },
  { ...RUN, resource: THREADS, method: 'createAndRun', readArguments: bodyAndOptions },
  {
    ...RUN,
    resource: THREADS,
    method: 'createAndRunPoll',
    pollingHelperOf: 'createAndRun',
    readArguments: bodyAndOptions,
  },
];

/** `create(threadID, params, options)` */
function createArguments([threadId, params, options]: readonly unknown[]): CallArguments {
  return { body: params, members: { thread_id: threadId }, options };
}

/** `submitToolOutputs(runID, { thread_id, tool_outputs }, options)` */
function submitArguments([runId, params, options]: readonly unknown[]): CallArguments {
  return { body: params, members: { run_id: runId }, options };
}

function runRequestAttributes(request: UnknownRecord): Attributes {
  const attributes: Attributes = {};
  setIfDefined(attributes, semconv.ATTR_GEN_AI_AGENT_ID, asNonEmptyString(request.assistant_id));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_CONVERSATION_ID, asNonEmptyString(request.thread_id));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MODEL, asNonEmptyString(request.model));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS, asInteger(request.max_completion_tokens));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_OUTPUT_TYPE, textFormat(request.response_format));
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
    asNonEmptyString(request.reasoning_effort),
  );
  return attributes;
}

/** The messages that the request adds to the thread. Those that the thread already has are not part of it. */
function runRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const { toolDefinitions } = chatRequestDetails({ tools: request.tools });
  const instructions = [...textParts(request.instructions), ...textParts(request.additional_instructions)];
  const added = [...asArray(asRecord(request.thread)?.messages), ...asArray(request.additional_messages)];
  return {
    messages: [
      ...added.filter(isRecord).map(threadMessage),
      ...asArray(request.tool_outputs).filter(isRecord).map(toolMessage),
    ],
    ...(instructions.length > 0 && { systemInstructions: instructions }),
    ...(toolDefinitions !== undefined && { toolDefinitions }),
  };
}

function threadMessage(message: UnknownRecord): GenAiMessage {
  const files = asArray(message.attachments).map((attachment) => asRecord(attachment)?.file_id);
  return {
    role: asNonEmptyString(message.role) ?? 'user',
    parts: [...contentParts(message.content), ...files.flatMap((id) => fileParts('document', id))],
  };
}

function toolMessage({ tool_call_id, output }: UnknownRecord): GenAiMessage {
  const id = asNonEmptyString(tool_call_id);
  const part = { type: 'tool_call_response', ...(id !== undefined && { id }), response: parseJson(output) };
  return { role: 'tool', parts: [part] };
}

function contentParts(content: unknown): MessagePart[] {
  return typeof content === 'string' ? textParts(content) : asArray(content).flatMap(contentPart);
}

/** The `text` of a part is a string in a request, and `{ value, annotations }` in a message of the API. */
function contentPart(part: unknown): MessagePart[] {
  const record = asRecord(part) ?? {};
  switch (record.type) {
    case 'text':
      return textParts(asString(record.text) ?? asRecord(record.text)?.value);
    case 'refusal':
      return textParts(record.refusal);
    case 'image_file':
      return fileParts('image', asRecord(record.image_file)?.file_id);
    case 'image_url':
      return [mediaPart('image', asString(asRecord(record.image_url)?.url) ?? '')];
    default:
      return [{ ...toJsonObject(part, 'content'), type: asNonEmptyString(record.type) ?? 'unknown' }];
  }
}

function fileParts(modality: string, id: unknown): MessagePart[] {
  const fileId = asNonEmptyString(id);
  return fileId === undefined ? [] : [{ type: 'file', modality, file_id: fileId }];
}

function readRun(value: unknown): ModelResponseDetails | undefined {
  if (!isRun(value)) return undefined;
  const reason = finishReason(value);
  const attributes: Attributes = {};
  setIfDefined(attributes, semconv.ATTR_GEN_AI_AGENT_ID, asNonEmptyString(value.assistant_id));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_CONVERSATION_ID, asNonEmptyString(value.thread_id));
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readUsage(value.usage),
    attributes,
    failure: runFailure(value),
  };
}

function isRun(value: unknown): value is UnknownRecord {
  return isRecord(value) && asNonEmptyString(value.id) !== undefined && typeof value.status === 'string';
}

/** `undefined` for a run that is still going on. */
function finishReason({ status, incomplete_details }: UnknownRecord): string | undefined {
  switch (status) {
    case 'completed':
      return 'stop';
    case 'requires_action':
      return 'tool_calls';
    case 'incomplete': {
      const reason = asNonEmptyString(asRecord(incomplete_details)?.reason);
      return reason === undefined || reason.endsWith('_tokens') ? 'length' : reason;
    }
    case 'failed':
    case 'cancelled':
    case 'expired':
      return 'error';
    default:
      return undefined;
  }
}

function runFailure({ status, last_error }: UnknownRecord): Failure | undefined {
  if (status === 'failed') return reportedFailure(last_error, 'the run failed');
  return status === 'expired' ? reportedFailure({ code: 'expired' }, 'the run expired') : undefined;
}

/** The messages of a streamed run, and the calls of the client's tools for which the run waits. */
function runOutputMessages(value: unknown): GenAiMessage[] {
  if (!isRun(value)) return [];
  const said = asArray(value.messages).flatMap((message) => contentParts(asRecord(message)?.content));
  const { tool_calls } = asRecord(asRecord(value.required_action)?.submit_tool_outputs) ?? {};
  const calls = chatOutputMessages({ choices: [{ message: { tool_calls } }] });
  const parts = [...said, ...calls.flatMap((message) => message.parts)];
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

const TERMINAL_EVENTS: ReadonlySet<unknown> = new Set([
  'thread.run.completed',
  'thread.run.requires_action',
  'thread.run.incomplete',
  'thread.run.failed',
  'thread.run.cancelled',
  'thread.run.expired',
]);

interface PartialPart {
  readonly index: number;
  type?: unknown;
  text?: { readonly value: string };
  image_file?: unknown;
}

/** Assembles the events of a streamed run, `{ event, data }`, into the run and the messages that it wrote. */
class RunChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  /** Contents of the messages by message id, in order of arrival. */
  readonly #messages = new Map<string, PartialPart[]>();
  #run: UnknownRecord | undefined;
  #complete = false;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get response(): unknown {
    return (
      this.#run && { ...this.#run, messages: [...this.#messages.values()].map((content) => ({ content })) }
    );
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk) || !isRecord(chunk.data) || this.#complete) return;
    const { event, data } = chunk;
    if (data.object === 'thread.run') {
      this.#run = data;
      this.#complete = TERMINAL_EVENTS.has(event);
    } else if (event === 'thread.message.delta' && this.#keepContent) {
      this.#addDelta(data);
    }
  }

  #addDelta({ id, delta }: UnknownRecord): void {
    const messageId = asNonEmptyString(id) ?? '';
    const parts = this.#messages.get(messageId) ?? [];
    this.#messages.set(messageId, parts);
    for (const piece of asArray(asRecord(delta)?.content)) {
      if (!isRecord(piece)) continue;
      const part = entryAt<PartialPart>(parts, asInteger(piece.index) ?? 0, (index) => ({ index }));
      if (part === undefined) continue;
      part.type = piece.type;
      part.image_file ??= piece.image_file;
      const more = asString(asRecord(piece.text)?.value);
      if (more !== undefined) part.text = { value: (part.text?.value ?? '') + more };
    }
  }
}
