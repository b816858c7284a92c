import type { EventContent, LLMInvocation } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, toJsonValue } from '../../foreign/json.js';
import {
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
} from '../../semconv/attributes.js';
import type { Message } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import {
  durationMillis,
  numberAttribute,
  type SpanSnapshot,
  textAttribute,
  timestampOf,
} from '../span-snapshot.js';
import { messageJson } from './message-content.js';
import { parseMessages } from './parse-messages.js';
import { withoutAbsent } from './without-absent.js';

const REQUEST_PREFIX = 'gen_ai.request.';

/** @param details - content of the request; absent where no hook of ours saw it or content is not wanted. */
export function modelStartContent(
  span: SpanSnapshot,
  details: ModelRequestDetails | undefined,
  includeContent: boolean,
): EventContent {
  return {
    llm_invocation: {
      ...invocation(span),
      request: includeContent
        ? { ...requestParameters(span), ...requestContent(span, details) }
        : requestParameters(span),
      start_time: timestampOf(span.startTime),
    },
  };
}

/** @param output - messages told by signal; the span's own are taken otherwise. */
export function modelEndContent(
  span: SpanSnapshot,
  output: readonly Message[] | undefined,
  includeContent: boolean,
): EventContent {
  const promptTokens = numberAttribute(span, ATTR_GEN_AI_USAGE_INPUT_TOKENS);
  const completionTokens = numberAttribute(span, ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
  const finishReasons = textList(span.attributes[ATTR_GEN_AI_RESPONSE_FINISH_REASONS]);
  const messages = includeContent
    ? (output ?? parseMessages(span.attributes[ATTR_GEN_AI_OUTPUT_MESSAGES]))
    : undefined;
  return {
    llm_invocation: withoutAbsent<LLMInvocation>({
      ...invocation(span),
      model:
        textAttribute(span, ATTR_GEN_AI_RESPONSE_MODEL) ?? textAttribute(span, ATTR_GEN_AI_REQUEST_MODEL),
      request: requestParameters(span),
      response: response(span, finishReasons, messages),
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens:
        promptTokens === undefined && completionTokens === undefined
          ? undefined
          : (promptTokens ?? 0) + (completionTokens ?? 0),
      start_time: timestampOf(span.startTime),
      end_time: timestampOf(span.endTime),
      duration_ms: durationMillis(span),
      finish_reason: finishReasons[0],
    }),
  };
}

function invocation(span: SpanSnapshot): LLMInvocation {
  return withoutAbsent<LLMInvocation>({
    provider: textAttribute(span, ATTR_GEN_AI_PROVIDER_NAME),
    model: textAttribute(span, ATTR_GEN_AI_REQUEST_MODEL),
    temperature: numberAttribute(span, ATTR_GEN_AI_REQUEST_TEMPERATURE),
    max_tokens: numberAttribute(span, ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    top_p: numberAttribute(span, ATTR_GEN_AI_REQUEST_TOP_P),
    frequency_penalty: numberAttribute(span, ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY),
    presence_penalty: numberAttribute(span, ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY),
  });
}

/** Whatever else the span says of the request, by the convention's own names. */
function requestParameters(span: SpanSnapshot): JsonObject {
  const parameters: JsonObject = {};
  const operation =
    textAttribute(span, ATTR_GEN_AI_OPERATION_NAME) ?? textAttribute(span, ATTR_OPENAI_AGENTS_SPAN_TYPE);
  if (operation !== undefined) parameters.operation = operation;
  for (const [name, value] of Object.entries(span.attributes)) {
    if (name.startsWith(REQUEST_PREFIX)) parameters[name.slice(REQUEST_PREFIX.length)] = toJsonValue(value);
  }
  return parameters;
}

function requestContent(span: SpanSnapshot, details: ModelRequestDetails | undefined): JsonObject {
  const messages = details?.messages ?? parseMessages(span.attributes[ATTR_GEN_AI_INPUT_MESSAGES]);
  return withoutAbsent<JsonObject>({
    messages: messages?.map(messageJson),
    system_instructions: details?.systemInstructions as JsonValue[] | undefined,
    tools: details?.toolDefinitions as JsonValue[] | undefined,
  });
}

function response(
  span: SpanSnapshot,
  finishReasons: readonly string[],
  messages: readonly Message[] | undefined,
): JsonObject {
  return withoutAbsent<JsonObject>({
    id: textAttribute(span, ATTR_GEN_AI_RESPONSE_ID),
    model: textAttribute(span, ATTR_GEN_AI_RESPONSE_MODEL),
    finish_reasons: finishReasons.length > 0 ? [...finishReasons] : undefined,
    cache_read_input_tokens: numberAttribute(span, ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
    cache_write_input_tokens: numberAttribute(span, ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
    reasoning_output_tokens: numberAttribute(span, ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    messages: messages?.map(messageJson),
  });
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
