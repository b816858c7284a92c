import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asNumber,
  asRecord,
  asString,
  asText,
  type ForeignRecord,
} from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY,
  ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
  ATTR_GEN_AI_REQUEST_SEED,
  ATTR_GEN_AI_REQUEST_STOP_SEQUENCES,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
} from '../../../semconv/attributes.js';
import { requestedServiceTier } from '../requested-service-tier.js';
import { choiceCountAttribute } from './choice-count.js';
import { stopSequences } from './stop-sequences.js';

export function chatRequestAttributes(request: ForeignRecord): Attributes {
  return {
    [ATTR_OPENAI_API_TYPE]: 'chat_completions',
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(request.model),
    [ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: choiceCountAttribute(request.n),
    [ATTR_GEN_AI_REQUEST_MAX_TOKENS]:
      asInteger(request.max_completion_tokens) ?? asInteger(request.max_tokens),
    [ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(request.temperature),
    [ATTR_GEN_AI_REQUEST_TOP_P]: asNumber(request.top_p),
    // OpenAI has none, compatible providers do.
    [ATTR_GEN_AI_REQUEST_TOP_K]: asInteger(request.top_k),
    [ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: asNumber(request.frequency_penalty),
    [ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: asNumber(request.presence_penalty),
    [ATTR_GEN_AI_REQUEST_STOP_SEQUENCES]: stopSequences(request.stop),
    [ATTR_GEN_AI_REQUEST_SEED]: asInteger(request.seed),
    [ATTR_GEN_AI_REQUEST_REASONING_LEVEL]: asText(request.reasoning_effort),
    [ATTR_GEN_AI_OUTPUT_TYPE]: outputType(request.response_format, asArray(request.modalities)),
    [ATTR_OPENAI_REQUEST_SERVICE_TIER]: requestedServiceTier(request.service_tier),
  };
}

/** A modality beside text is what the caller is after. */
function outputType(responseFormat: unknown, modalities: readonly unknown[]): string | undefined {
  if (modalities.includes('audio')) return 'speech';
  if (modalities.includes('image')) return 'image';
  const format = asString(asRecord(responseFormat)?.type);
  if (format === 'json_schema' || format === 'json_object') return 'json';
  return format;
}
