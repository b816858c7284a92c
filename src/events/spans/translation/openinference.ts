/** The attributes of OpenInference (`@arizeai/openinference-semantic-conventions` 2.12.0). */
import type { Attributes } from '@opentelemetry/api';
import { parseJson } from '../../../json/json.js';
import { asArray, asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../../../semconv/messages.js';
import {
  OPERATION_CHAT,
  OPERATION_EMBEDDINGS,
  OPERATION_EXECUTE_TOOL,
  OPERATION_INVOKE_AGENT,
  OPERATION_INVOKE_WORKFLOW,
  OPERATION_RETRIEVAL,
} from '../../../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { attributeTree, treeList } from './attribute-tree.js';
import {
  imagePart,
  messagesAttribute,
  textMessageAttribute,
  textParts,
  toolCallPart,
  toolResponsePart,
} from './message-parts.js';
import { providerName } from './provider-name.js';

export const ATTR_OPENINFERENCE_SPAN_KIND = 'openinference.span.kind';

const INPUT = 'input.value';
const OUTPUT = 'output.value';

/**
 * Translates spans that have an event. The span of a guardrail does not say what was decided, and there is no event type
 * for rerankers, prompts and evaluators.
 */
export function openInference(span: SpanSnapshot): Attributes | undefined {
  switch (textAttribute(span, ATTR_OPENINFERENCE_SPAN_KIND)) {
    case 'LLM':
      return modelAttributes(span);
    case 'EMBEDDING':
      return embeddingAttributes(span);
    case 'AGENT':
      return {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_AGENT,
        [semconv.ATTR_GEN_AI_AGENT_NAME]: textAttribute(span, 'agent.name') ?? span.name,
        [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: textMessageAttribute('user', textAttribute(span, INPUT)),
        [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: textMessageAttribute('assistant', textAttribute(span, OUTPUT)),
      };
    case 'TOOL':
      return {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
        [semconv.ATTR_GEN_AI_TOOL_NAME]: textAttribute(span, 'tool.name') ?? span.name,
        [semconv.ATTR_GEN_AI_TOOL_DESCRIPTION]: textAttribute(span, 'tool.description'),
        [semconv.ATTR_GEN_AI_TOOL_CALL_ID]:
          textAttribute(span, 'tool_call.id') ?? textAttribute(span, 'tool.id'),
        [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: textAttribute(span, INPUT),
        [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: textAttribute(span, OUTPUT),
      };
    case 'RETRIEVER':
      return {
        [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_RETRIEVAL,
        [semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT]: textAttribute(span, INPUT),
        [semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]: retrievedDocuments(span.attributes),
      };
    case 'CHAIN':
      // Every step of a chain is a CHAIN itself. Only a chain without a parent is a whole run.
      return span.parentSpanContext === undefined
        ? {
            [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_INVOKE_WORKFLOW,
            [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: span.name,
          }
        : undefined;
    default:
      return undefined;
  }
}

function modelAttributes(span: SpanSnapshot): Attributes {
  const llm = attributeTree(span.attributes, 'llm.');
  const parameters = asRecord(parseJson(llm.invocation_parameters));
  const requestModel =
    asNonEmptyString(asRecord(llm.request)?.model_name) ?? asNonEmptyString(parameters?.model);
  const modelName = asNonEmptyString(llm.model_name);
  // This name can stand for either model. It is certainly that of the response if it differs from the request's.
  const responseModel = modelName === requestModel ? undefined : modelName;
  const response = responseOf(span);
  const finishReason = asNonEmptyString(llm.finish_reason);
  return {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: providerName(
      asNonEmptyString(llm.provider) ?? asNonEmptyString(llm.system),
    ),
    ...(parameters !== undefined && requestParameters(parameters)),
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: requestModel ?? modelName,
    [semconv.ATTR_GEN_AI_RESPONSE_MODEL]:
      asNonEmptyString(asRecord(llm.response)?.model_name) ??
      asNonEmptyString(response?.model) ??
      (requestModel && responseModel),
    [semconv.ATTR_GEN_AI_RESPONSE_ID]: asNonEmptyString(response?.id),
    [semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER]: asNonEmptyString(response?.service_tier),
    [semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT]: asNonEmptyString(response?.system_fingerprint),
    [semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: finishReason === undefined ? undefined : [finishReason],
    ...usageAttributes(asRecord(llm.token_count) ?? {}),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: messagesAttribute(
      openInferenceMessages(llm.input_messages, 'user'),
    ),
    [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messagesAttribute(
      openInferenceMessages(llm.output_messages, 'assistant'),
    ),
    [semconv.ATTR_GEN_AI_TOOL_DEFINITIONS]: toolDefinitions(llm.tools),
  };
}

/** Returns the API's response, which is on the span unless it was streamed. */
function responseOf(span: SpanSnapshot): UnknownRecord | undefined {
  if (textAttribute(span, 'output.mime_type') !== 'application/json') return undefined;
  const output = asRecord(parseJson(textAttribute(span, OUTPUT) ?? null));
  return output?.object === 'chat.completion' || output?.object === 'response' ? output : undefined;
}

function usageAttributes(tokens: UnknownRecord): Attributes {
  const input = asRecord(tokens.prompt_details);
  const output = asRecord(tokens.completion_details);
  return {
    [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: asNumber(tokens.prompt),
    [semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: asNumber(tokens.completion),
    [semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: asNumber(input?.cache_read),
    [semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS]: asNumber(input?.cache_write),
    [semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: asNumber(output?.reasoning),
    [semconv.ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS]: asNumber(input?.audio),
    [semconv.ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS]: asNumber(output?.audio),
  };
}

function toolDefinitions(tools: unknown): string | undefined {
  const schemas = treeList(tools).map((item) => parseJson(asRecord(item.tool)?.json_schema ?? null));
  return schemas.length === 0 ? undefined : JSON.stringify(schemas);
}

function embeddingAttributes(span: SpanSnapshot): Attributes {
  const embedding = attributeTree(span.attributes, 'embedding.');
  const llm = attributeTree(span.attributes, 'llm.');
  const messages = treeList(embedding.embeddings).map((item): GenAiMessage => {
    const content = asNonEmptyString(asRecord(item.embedding)?.text) ?? '';
    return { role: 'user', parts: [{ type: 'text', content }] };
  });
  return {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EMBEDDINGS,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: providerName(
      asNonEmptyString(llm.provider) ?? asNonEmptyString(llm.system),
    ),
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]:
      asNonEmptyString(embedding.model_name) ?? asNonEmptyString(llm.model_name),
    ...usageAttributes(asRecord(llm.token_count) ?? {}),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: messagesAttribute(messages),
  };
}

function retrievedDocuments(attributes: Attributes): string | undefined {
  const documents = treeList(attributeTree(attributes, 'retrieval.').documents).map((item) => {
    const document = asRecord(item.document);
    return { id: asNonEmptyString(document?.id) ?? '', score: asNumber(document?.score) };
  });
  const known = documents.filter(({ id }) => id !== '');
  return known.length === 0 ? undefined : JSON.stringify(known);
}

/** @param messages - the value at `llm.input_messages` or `llm.output_messages`. */
function openInferenceMessages(messages: unknown, role: string): GenAiMessage[] {
  return treeList(messages).map((item) => {
    const message = asRecord(item.message) ?? {};
    const name = asNonEmptyString(message.name);
    return {
      role: asNonEmptyString(message.role) ?? role,
      ...(name !== undefined && { name }),
      parts: messageParts(message),
    };
  });
}

function messageParts(message: UnknownRecord): MessagePart[] {
  const callId = asNonEmptyString(message.tool_call_id);
  if (callId !== undefined) return [toolResponsePart(callId, message.content)];
  const parts = textParts(message.content);
  for (const item of treeList(message.contents))
    parts.push(contentPart(asRecord(item.message_content) ?? {}));
  for (const item of treeList(message.tool_calls)) {
    const call = asRecord(item.tool_call);
    const called = asRecord(call?.function);
    parts.push(toolCallPart(call?.id, called?.name, called?.arguments));
  }
  const functionName = asNonEmptyString(message.function_call_name);
  if (functionName !== undefined) {
    parts.push(toolCallPart(undefined, functionName, message.function_call_arguments_json));
  }
  return parts;
}

function contentPart(content: UnknownRecord): MessagePart {
  const type = asNonEmptyString(content.type) ?? 'unknown';
  const text = asNonEmptyString(content.text);
  if (type === 'reasoning') return { type, content: text ?? '' };
  const image = asNonEmptyString(asRecord(asRecord(content.image)?.image)?.url);
  if (image !== undefined) return imagePart(image);
  // `text` or, from the Responses API, `input_text` and `output_text`.
  if (text !== undefined) return { type: 'text', content: text };
  return { type };
}

/** Translates the request parameters, which some instrumentations record under the names of the API. */
function requestParameters(parameters: UnknownRecord): Attributes {
  const stop = asNonEmptyString(parameters.stop);
  const stops =
    stop === undefined ? asArray(parameters.stop).filter((item) => typeof item === 'string') : [stop];
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS]:
      asNumber(parameters.max_completion_tokens) ??
      asNumber(parameters.max_output_tokens) ??
      asNumber(parameters.max_tokens),
    [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(parameters.temperature),
    [semconv.ATTR_GEN_AI_REQUEST_TOP_P]: asNumber(parameters.top_p),
    [semconv.ATTR_GEN_AI_REQUEST_TOP_K]: asNumber(parameters.top_k),
    [semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: asNumber(parameters.frequency_penalty),
    [semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: asNumber(parameters.presence_penalty),
    [semconv.ATTR_GEN_AI_REQUEST_SEED]: asNumber(parameters.seed),
    [semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: asNumber(parameters.n),
    [semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES]: stops.length === 0 ? undefined : stops,
    [semconv.ATTR_GEN_AI_REQUEST_STREAM]: parameters.stream === true ? true : undefined,
    [semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER]: asNonEmptyString(parameters.service_tier),
  };
}
