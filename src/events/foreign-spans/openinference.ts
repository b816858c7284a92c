/** OpenInference's attributes: `@arizeai/openinference-semantic-conventions` 2.12.0. */
import type { Attributes } from '@opentelemetry/api';
import { parseJson } from '../../foreign/json.js';
import { asNumber, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import * as semconv from '../../semconv/attributes.js';
import type { Message } from '../../semconv/messages.js';
import {
  OPERATION_CHAT,
  OPERATION_EMBEDDINGS,
  OPERATION_EXECUTE_TOOL,
  OPERATION_INVOKE_AGENT,
  OPERATION_INVOKE_WORKFLOW,
  OPERATION_RETRIEVAL,
} from '../../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { attributeTree, treeList } from './attribute-tree.js';
import { messagesAttribute, spokenAttribute } from './foreign-parts.js';
import { openInferenceMessages } from './openinference-messages.js';
import { providerName } from './provider-name.js';
import { requestParameters } from './request-parameters.js';

export const ATTR_OPENINFERENCE_SPAN_KIND = 'openinference.span.kind';

const INPUT = 'input.value';
const OUTPUT = 'output.value';

/**
 * A guardrail's span does not say what it decided, so it makes no event; neither do rerankers, prompts and evaluators,
 * for which there is none.
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
        [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: spokenAttribute('user', textAttribute(span, INPUT)),
        [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: spokenAttribute('assistant', textAttribute(span, OUTPUT)),
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
      // Every step of a chain is one itself; the whole run is only the one that nothing is above.
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
  const asked = asText(asRecord(llm.request)?.model_name) ?? asText(parameters?.model);
  const named = asText(llm.model_name);
  // One name stands for both models: only another one than what was asked for is certainly that of the answer.
  const answered = named === asked ? undefined : named;
  const answer = answerOf(span);
  const finishReason = asText(llm.finish_reason);
  return {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: providerName(asText(llm.provider) ?? asText(llm.system)),
    ...(parameters !== undefined && requestParameters(parameters)),
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asked ?? named,
    [semconv.ATTR_GEN_AI_RESPONSE_MODEL]:
      asText(asRecord(llm.response)?.model_name) ?? asText(answer?.model) ?? (asked && answered),
    [semconv.ATTR_GEN_AI_RESPONSE_ID]: asText(answer?.id),
    [semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER]: asText(answer?.service_tier),
    [semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT]: asText(answer?.system_fingerprint),
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

/** The answer itself, which stands on the span as it came from the API, unless it was streamed. */
function answerOf(span: SpanSnapshot): ForeignRecord | undefined {
  if (textAttribute(span, 'output.mime_type') !== 'application/json') return undefined;
  const answer = asRecord(parseJson(textAttribute(span, OUTPUT) ?? null));
  return answer?.object === 'chat.completion' || answer?.object === 'response' ? answer : undefined;
}

function usageAttributes(tokens: ForeignRecord): Attributes {
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
  const messages = treeList(embedding.embeddings).map((item): Message => {
    const content = asText(asRecord(item.embedding)?.text) ?? '';
    return { role: 'user', parts: [{ type: 'text', content }] };
  });
  return {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EMBEDDINGS,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: providerName(asText(llm.provider) ?? asText(llm.system)),
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asText(embedding.model_name) ?? asText(llm.model_name),
    ...usageAttributes(asRecord(llm.token_count) ?? {}),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: messagesAttribute(messages),
  };
}

function retrievedDocuments(attributes: Attributes): string | undefined {
  const documents = treeList(attributeTree(attributes, 'retrieval.').documents).map((item) => {
    const document = asRecord(item.document);
    return { id: asText(document?.id) ?? '', score: asNumber(document?.score) };
  });
  const known = documents.filter(({ id }) => id !== '');
  return known.length === 0 ? undefined : JSON.stringify(known);
}
