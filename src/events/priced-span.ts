import type { PricedCall } from '../cost/priced-call.js';
import type { TokenUsage } from '../cost/token-usage.js';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS,
  ATTR_OPENAI_AGENTS_SPAN_TYPE,
  ATTR_OPENAI_AGENTS_USAGE_AGGREGATED,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_SERVER_ADDRESS,
} from '../semconv/attributes.js';
import { numberAttribute, type SpanSnapshot, textAttribute } from './span-snapshot.js';

/** Nothing where the span has no model, or its usage is the sum of other spans', which are priced themselves. */
export function pricedCallOf(span: SpanSnapshot): PricedCall | undefined {
  const requestModel = textAttribute(span, ATTR_GEN_AI_REQUEST_MODEL);
  const responseModel = textAttribute(span, ATTR_GEN_AI_RESPONSE_MODEL);
  if (requestModel === undefined && responseModel === undefined) return undefined;
  if (span.attributes[ATTR_OPENAI_AGENTS_USAGE_AGGREGATED] === true) return undefined;
  const [seconds, nanos] = span.startTime;
  return {
    provider: textAttribute(span, ATTR_GEN_AI_PROVIDER_NAME),
    serverAddress: textAttribute(span, ATTR_SERVER_ADDRESS),
    requestModel,
    responseModel,
    serviceTier:
      textAttribute(span, ATTR_OPENAI_RESPONSE_SERVICE_TIER) ??
      textAttribute(span, ATTR_OPENAI_REQUEST_SERVICE_TIER),
    operation:
      textAttribute(span, ATTR_GEN_AI_OPERATION_NAME) ?? textAttribute(span, ATTR_OPENAI_AGENTS_SPAN_TYPE),
    time: seconds * 1000 + nanos / 1_000_000,
    usage: tokenUsage(span),
  };
}

function tokenUsage(span: SpanSnapshot): TokenUsage {
  return {
    input: numberAttribute(span, ATTR_GEN_AI_USAGE_INPUT_TOKENS),
    output: numberAttribute(span, ATTR_GEN_AI_USAGE_OUTPUT_TOKENS),
    cacheRead: numberAttribute(span, ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
    cacheWrite: numberAttribute(span, ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
    reasoning: numberAttribute(span, ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    text: {
      input: numberAttribute(span, ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS),
      output: numberAttribute(span, ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS),
    },
    image: {
      input: numberAttribute(span, ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS),
      output: numberAttribute(span, ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS),
    },
    audio: {
      input: numberAttribute(span, ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS),
      output: numberAttribute(span, ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS),
    },
  };
}
