/** Model and tool calls of the Vercel AI SDK (`ai` 4 to 6, `experimental_telemetry`). */
import type { Attributes } from '@opentelemetry/api';
import { parseJson } from '../../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../../../semconv/messages.js';
import { OPERATION_CHAT, OPERATION_EMBEDDINGS, OPERATION_EXECUTE_TOOL } from '../../../semconv/operations.js';
import { numberAttribute, type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { messagesAttribute, textParts, toolCallPart, toolResponsePart } from './message-parts.js';
import { providerName } from './provider-name.js';

export const ATTR_VERCEL_OPERATION = 'ai.operationId';

/** The spans that call a model once. The spans above them (`ai.generateText`) sum up their usage and make no event. */
const MODEL_CALLS: Readonly<Record<string, string>> = {
  'ai.generateText.doGenerate': OPERATION_CHAT,
  'ai.streamText.doStream': OPERATION_CHAT,
  'ai.generateObject.doGenerate': OPERATION_CHAT,
  'ai.streamObject.doStream': OPERATION_CHAT,
  'ai.embed.doEmbed': OPERATION_EMBEDDINGS,
  'ai.embedMany.doEmbed': OPERATION_EMBEDDINGS,
};

export function vercelAi(span: SpanSnapshot): Attributes | undefined {
  const operation = textAttribute(span, ATTR_VERCEL_OPERATION) ?? '';
  if (operation === 'ai.toolCall') {
    return {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
      [semconv.ATTR_GEN_AI_TOOL_NAME]: textAttribute(span, 'ai.toolCall.name'),
      [semconv.ATTR_GEN_AI_TOOL_CALL_ID]: textAttribute(span, 'ai.toolCall.id'),
      [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: textAttribute(span, 'ai.toolCall.args'),
      [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: textAttribute(span, 'ai.toolCall.result'),
    };
  }
  const modelOperation = Object.hasOwn(MODEL_CALLS, operation) ? MODEL_CALLS[operation] : undefined;
  return modelOperation === undefined ? undefined : modelAttributes(span, modelOperation);
}

function modelAttributes(span: SpanSnapshot, operation: string): Attributes {
  // The value names the provider and its API: `openai.chat`, `azure-openai.responses`.
  const [provider] = (
    textAttribute(span, 'gen_ai.system') ??
    textAttribute(span, 'ai.model.provider') ??
    ''
  ).split('.');
  const metadata = asRecord(parseJson(span.attributes['ai.response.providerMetadata'] ?? null));
  const openai = asRecord(metadata?.openai);
  return {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: operation,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]: providerName(asNonEmptyString(provider)),
    [semconv.ATTR_GEN_AI_REQUEST_MODEL]:
      textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL) ?? textAttribute(span, 'ai.model.id'),
    [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]:
      numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS) ??
      numberAttribute(span, 'ai.usage.tokens'),
    [semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: numberAttribute(span, 'ai.usage.cachedInputTokens'),
    [semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: numberAttribute(span, 'ai.usage.reasoningTokens'),
    [semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER]: asNonEmptyString(openai?.serviceTier),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]:
      messagesAttribute(promptMessages(span.attributes)) ?? messagesAttribute(embedded(span.attributes)),
    [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messagesAttribute(responseMessages(span)),
  };
}

function promptMessages(attributes: Attributes): GenAiMessage[] {
  return asArray(parseJson(attributes['ai.prompt.messages'] ?? null))
    .filter(isRecord)
    .map((message) => ({
      role: asNonEmptyString(message.role) ?? 'user',
      parts:
        typeof message.content === 'string'
          ? textParts(message.content)
          : asArray(message.content).filter(isRecord).map(promptPart),
    }));
}

/** Returns the values to embed as messages. Each value is JSON. */
function embedded(attributes: Attributes): GenAiMessage[] {
  return asArray(attributes['ai.values']).map((value) => ({
    role: 'user',
    parts: textParts(parseJson(value)),
  }));
}

function promptPart(part: UnknownRecord): MessagePart {
  switch (part.type) {
    case 'text':
      return { type: 'text', content: asNonEmptyString(part.text) ?? '' };
    case 'reasoning':
      return { type: 'reasoning', content: asNonEmptyString(part.text) ?? '' };
    case 'tool-call':
      return toolCallPart(part.toolCallId, part.toolName, part.input ?? part.args);
    case 'tool-result': {
      // From version 5 the output has a type: `{ type: 'text', value: … }`.
      const output = part.output ?? part.result;
      const value = asRecord(output);
      return toolResponsePart(
        part.toolCallId,
        value !== undefined && 'value' in value ? value.value : output,
      );
    }
    default:
      return { type: asNonEmptyString(part.type) ?? 'unknown' };
  }
}

function responseMessages(span: SpanSnapshot): GenAiMessage[] {
  const parts = textParts(
    textAttribute(span, 'ai.response.text') ?? textAttribute(span, 'ai.response.object'),
  );
  for (const call of asArray(parseJson(span.attributes['ai.response.toolCalls'] ?? null)).filter(isRecord)) {
    parts.push(toolCallPart(call.toolCallId, call.toolName, call.input ?? call.args));
  }
  return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
}
