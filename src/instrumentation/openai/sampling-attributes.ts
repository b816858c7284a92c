import type { Attributes } from '@opentelemetry/api';
import { asInteger, asNumber, asText, type ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
  ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY,
  ATTR_GEN_AI_REQUEST_SEED,
  ATTR_GEN_AI_REQUEST_STOP_SEQUENCES,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
  ATTR_GEN_AI_REQUEST_TOP_K,
  ATTR_GEN_AI_REQUEST_TOP_P,
} from '../../semconv/attributes.js';
import { setPresent } from '../../semconv/present-attribute.js';
import { choiceCountAttribute } from './choice-count.js';
import { stopSequences } from './stop-sequences.js';

/** What chat and legacy completions ask in the same words. */
export function samplingAttributes(request: ForeignRecord): Attributes {
  const attributes: Attributes = {};
  setPresent(attributes, ATTR_GEN_AI_REQUEST_MODEL, asText(request.model));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setPresent(attributes, ATTR_GEN_AI_REQUEST_CHOICE_COUNT, choiceCountAttribute(request.n));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  // OpenAI has none, compatible providers do.
  setPresent(attributes, ATTR_GEN_AI_REQUEST_TOP_K, asInteger(request.top_k));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY, asNumber(request.frequency_penalty));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, asNumber(request.presence_penalty));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, stopSequences(request.stop));
  setPresent(attributes, ATTR_GEN_AI_REQUEST_SEED, asInteger(request.seed));
  return attributes;
}
