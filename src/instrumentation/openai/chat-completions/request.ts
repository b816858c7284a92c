import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asString,
  asText,
  type ForeignRecord,
  ownMembers,
} from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
} from '../../../semconv/attributes.js';
import { setPresent } from '../../../semconv/present-attribute.js';
import { requestedServiceTier } from '../requested-service-tier.js';
import { samplingAttributes } from '../sampling-attributes.js';

export function chatRequestAttributes(request: ForeignRecord): Attributes {
  const attributes: Attributes = samplingAttributes(request);
  setPresent(attributes, ATTR_OPENAI_API_TYPE, 'chat_completions');
  setPresent(
    attributes,
    ATTR_GEN_AI_REQUEST_MAX_TOKENS,
    asInteger(request.max_completion_tokens) ?? asInteger(request.max_tokens),
  );
  setPresent(attributes, ATTR_GEN_AI_REQUEST_REASONING_LEVEL, asText(request.reasoning_effort));
  setPresent(
    attributes,
    ATTR_GEN_AI_OUTPUT_TYPE,
    outputType(request.response_format, asArray(request.modalities)),
  );
  setPresent(attributes, ATTR_OPENAI_REQUEST_SERVICE_TIER, requestedServiceTier(request.service_tier));
  return attributes;
}

/** A modality beside text is what the caller is after. */
function outputType(responseFormat: unknown, modalities: readonly unknown[]): string | undefined {
  if (modalities.includes('audio')) return 'speech';
  if (modalities.includes('image')) return 'image';
  const format = asString(ownMembers(responseFormat).type);
  if (format === 'json_schema' || format === 'json_object') return 'json';
  return format;
}
