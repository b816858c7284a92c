import type { Attributes } from '@opentelemetry/api';
import { asArray, asInteger, asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { attributesWith, setIfDefined } from '../../semconv/set-attribute.js';
import { addSamplingAttributes, requestedServiceTier, textFormat } from '../request-attributes.js';

export function chatRequestAttributes(request: UnknownRecord): Attributes {
  const attributes = attributesWith(semconv.ATTR_OPENAI_API_TYPE, 'chat_completions');
  addSamplingAttributes(attributes, request);
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
    asInteger(request.max_completion_tokens) ?? asInteger(request.max_tokens),
  );
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
    asNonEmptyString(request.reasoning_effort),
  );
  setIfDefined(attributes, semconv.ATTR_GEN_AI_OUTPUT_TYPE, outputType(request));
  setIfDefined(
    attributes,
    semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER,
    requestedServiceTier(request.service_tier),
  );
  return attributes;
}

/** If a modality other than text is requested, the application wants that one. */
function outputType(request: UnknownRecord): string | undefined {
  const modalities = asArray(request.modalities);
  if (modalities.includes('audio')) return 'speech';
  if (modalities.includes('image')) return 'image';
  return textFormat(request.response_format);
}
