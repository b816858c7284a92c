import type { Attributes } from '@opentelemetry/api';
import { asInteger, asNumber, asText, type ForeignRecord, ownMembers } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_PROMPT_VERSION,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID,
  ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_P,
  ATTR_OPENAI_API_TYPE,
  ATTR_OPENAI_REQUEST_SERVICE_TIER,
} from '../../../semconv/attributes.js';
import { setPresent } from '../../../semconv/present-attribute.js';
import { requestedServiceTier } from '../requested-service-tier.js';

/** Of a request for a response, or for the compaction of one, which has some of its members. */
export function responsesRequestAttributes(request: ForeignRecord): Attributes {
  const prompt = ownMembers(request.prompt);
  const attributes: Attributes = {};
  setPresent(attributes, ATTR_OPENAI_API_TYPE, 'responses');
  setPresent(attributes, ATTR_GEN_AI_REQUEST_MODEL, asText(request.model));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setPresent(attributes, ATTR_GEN_AI_REQUEST_MAX_TOKENS, asInteger(request.max_output_tokens));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_REASONING_LEVEL, asText(ownMembers(request.reasoning).effort));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID, asText(request.previous_response_id));
  setPresent(attributes, ATTR_GEN_AI_PROMPT_NAME, asText(prompt.id));
  setPresent(attributes, ATTR_GEN_AI_PROMPT_VERSION, asText(prompt.version));
  setPresent(
    attributes,
    ATTR_GEN_AI_CONVERSATION_ID,
    asText(request.conversation) ?? asText(ownMembers(request.conversation).id),
  );
  setPresent(attributes, ATTR_GEN_AI_OUTPUT_TYPE, outputType(ownMembers(request.text).format));
  setPresent(attributes, ATTR_OPENAI_REQUEST_SERVICE_TIER, requestedServiceTier(request.service_tier));
  return attributes;
}

function outputType(format: unknown): string | undefined {
  const type = asText(ownMembers(format).type);
  return type === 'json_schema' || type === 'json_object' ? 'json' : type;
}
