import type { EventContent, LLMInvocation } from '../../chaukas/event.js';
import { nearestInt32 } from '../../chaukas/int32.js';
import {
  defineMember,
  type JsonObject,
  type JsonValue,
  parseJson,
  sortedNames,
  toJsonValue,
} from '../../json/json.js';
import { sparse } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { GenAiMessage } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import {
  countAttribute,
  durationMillis,
  numberAttribute,
  type SpanSnapshot,
  textAttribute,
  timestampOf,
} from '../spans/span-snapshot.js';
import { messageJson, parseMessages } from './messages.js';

const REQUEST_PREFIX = 'gen_ai.request.';

/** @param details - the content of the request; `undefined` if no hook saw the call or content is not captured. */
export function modelStartContent(
  span: SpanSnapshot,
  details: ModelRequestDetails | undefined,
  includeContent: boolean,
): EventContent {
  return {
    llm_invocation: invocation(span, {
      request: inOrder(
        includeContent
          ? Object.assign(requestParameters(span), requestContent(span, details))
          : requestParameters(span),
      ),
    }),
  };
}

/** @param output - the messages from a signal; `undefined` takes the messages on the span. */
export function modelEndContent(
  span: SpanSnapshot,
  output: readonly GenAiMessage[] | undefined,
  includeContent: boolean,
): EventContent {
  const promptTokens = countAttribute(span, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS);
  const completionTokens = countAttribute(span, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS);
  const finishReasons = textList(span.attributes[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]);
  const messages = includeContent
    ? (output ?? parseMessages(span.attributes[semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]))
    : undefined;
  return {
    llm_invocation: invocation(span, {
      completion_tokens: completionTokens,
      duration_ms: durationMillis(span),
      end_time: timestampOf(span.endTime),
      finish_reason: finishReasons[0],
      model: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_MODEL),
      prompt_tokens: promptTokens,
      request: inOrder(requestParameters(span)),
      response: response(span, finishReasons, messages),
      total_tokens:
        promptTokens === undefined && completionTokens === undefined
          ? undefined
          : nearestInt32((promptTokens ?? 0) + (completionTokens ?? 0)),
    }),
  };
}

/** The members are in the order of their names, as in the event's line, so that they need not be sorted later. */
function invocation(
  span: SpanSnapshot,
  values: { [Name in keyof LLMInvocation]: LLMInvocation[Name] | undefined },
): LLMInvocation {
  return sparse<LLMInvocation>({
    completion_tokens: values.completion_tokens,
    duration_ms: values.duration_ms,
    end_time: values.end_time,
    finish_reason: values.finish_reason,
    frequency_penalty: numberAttribute(span, semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY),
    max_tokens: countAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS),
    model: values.model ?? textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL),
    presence_penalty: numberAttribute(span, semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY),
    prompt_tokens: values.prompt_tokens,
    provider: textAttribute(span, semconv.ATTR_GEN_AI_PROVIDER_NAME),
    request: values.request,
    response: values.response,
    start_time: timestampOf(span.startTime),
    temperature: numberAttribute(span, semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE),
    top_p: numberAttribute(span, semconv.ATTR_GEN_AI_REQUEST_TOP_P),
    total_tokens: values.total_tokens,
  });
}

/** Returns all request attributes of the span, by the convention's names. */
function requestParameters(span: SpanSnapshot): JsonObject {
  const parameters: JsonObject = {};
  const operation =
    textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME) ??
    textAttribute(span, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE);
  if (operation !== undefined) parameters.operation = operation;
  for (const name in span.attributes) {
    if (name.startsWith(REQUEST_PREFIX)) {
      parameters[parameterName(name)] = toJsonValue(span.attributes[name]);
    }
  }
  return parameters;
}

/** Attributes' names without the prefix. V8 would have to look up each newly cut name before it can be a member's. */
const parameterNames = new Map<string, string>();
const MAX_PARAMETER_NAMES = 1_000;

function parameterName(attribute: string): string {
  const known = parameterNames.get(attribute);
  if (known !== undefined) return known;
  const name = attribute.slice(REQUEST_PREFIX.length);
  if (parameterNames.size < MAX_PARAMETER_NAMES) parameterNames.set(attribute, name);
  return name;
}

function inOrder(members: JsonObject): JsonObject {
  const ordered: JsonObject = {};
  for (const name of sortedNames(members)) {
    const member = members[name];
    if (member !== undefined) defineMember(ordered, name, member);
  }
  return ordered;
}

function requestContent(span: SpanSnapshot, details: ModelRequestDetails | undefined): JsonObject {
  const messages = details?.messages ?? parseMessages(span.attributes[semconv.ATTR_GEN_AI_INPUT_MESSAGES]);
  return sparse<JsonObject>({
    messages: messages?.map(messageJson),
    system_instructions:
      (details?.systemInstructions as JsonValue[] | undefined) ??
      attributeList(span, semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS),
    tools:
      (details?.toolDefinitions as JsonValue[] | undefined) ??
      attributeList(span, semconv.ATTR_GEN_AI_TOOL_DEFINITIONS),
  });
}

/** Reads a list from an attribute, for a call that no hook saw. */
function attributeList(span: SpanSnapshot, name: string): JsonValue[] | undefined {
  const value = span.attributes[name];
  const list = value === undefined ? undefined : parseJson(value);
  return Array.isArray(list) ? list : undefined;
}

function response(
  span: SpanSnapshot,
  finishReasons: readonly string[],
  messages: readonly GenAiMessage[] | undefined,
): JsonObject {
  return sparse<JsonObject>({
    cache_read_input_tokens: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
    cache_write_input_tokens: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
    finish_reasons: finishReasons.length > 0 ? [...finishReasons] : undefined,
    id: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_ID),
    messages: messages?.map(messageJson),
    model: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_MODEL),
    reasoning_output_tokens: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    // Only of a response that is made in the background.
    status: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_STATUS),
  });
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
