import type { Attributes } from '@opentelemetry/api';
import { toJsonValue } from '../../json/json.js';
import { asInteger, asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import { requestedServiceTier, textFormat } from '../request-attributes.js';

/** Attributes of a request for a response, or of a request to compact one, which has some of the same members. */
export function responsesRequestAttributes(request: UnknownRecord): Attributes {
  const prompt = asRecord(request.prompt);
  const attributes: Attributes = {};
  setIfDefined(attributes, semconv.ATTR_OPENAI_API_TYPE, 'responses');
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MODEL, asNonEmptyString(request.model));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS, asInteger(request.max_output_tokens));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_REASONING_LEVEL,
    asNonEmptyString(asRecord(request.reasoning)?.effort),
  );
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_PREVIOUS_RESPONSE_ID,
    asNonEmptyString(request.previous_response_id),
  );
  setIfDefined(attributes, semconv.ATTR_GEN_AI_PROMPT_NAME, asNonEmptyString(prompt?.id));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_PROMPT_VERSION, asNonEmptyString(prompt?.version));
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_CONVERSATION_ID,
    asNonEmptyString(request.conversation) ?? asNonEmptyString(asRecord(request.conversation)?.id),
  );
  setIfDefined(attributes, semconv.ATTR_GEN_AI_OUTPUT_TYPE, textFormat(asRecord(request.text)?.format));
  setIfDefined(
    attributes,
    semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER,
    requestedServiceTier(request.service_tier),
  );
  return attributes;
}

/** The values for a prompt template. The convention allows only texts, so an image or file is written as JSON. */
export function promptVariables(request: UnknownRecord): ContentAttributes {
  const variables = asRecord(asRecord(request.prompt)?.variables) ?? {};
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        semconv.ATTR_GEN_AI_PROMPT_VARIABLE + name,
        typeof value === 'string' ? value : JSON.stringify(toJsonValue(value)),
      ]),
  );
}
