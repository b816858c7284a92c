import type { Attributes } from '@opentelemetry/api';
import { asArray, asNumber, asText, type ForeignRecord } from '../../foreign/read.js';
import * as semconv from '../../semconv/attributes.js';

/** A request's settings in the words of the API, as some instrumentations keep them whole. */
export function requestParameters(parameters: ForeignRecord): Attributes {
  const stop = asText(parameters.stop);
  const stops =
    stop === undefined ? asArray(parameters.stop).filter((item) => typeof item === 'string') : [stop];
  return {
    [semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS]:
      asNumber(parameters.max_completion_tokens) ??
      asNumber(parameters.max_output_tokens) ??
      asNumber(parameters.max_tokens),
    [semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(parameters.temperature),
    [semconv.ATTR_GEN_AI_REQUEST_TOP_P]: asNumber(parameters.top_p),
    [semconv.ATTR_GEN_AI_REQUEST_TOP_K]: asNumber(parameters.top_k),
    [semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: asNumber(parameters.frequency_penalty),
    [semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: asNumber(parameters.presence_penalty),
    [semconv.ATTR_GEN_AI_REQUEST_SEED]: asNumber(parameters.seed),
    [semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: asNumber(parameters.n),
    [semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES]: stops.length === 0 ? undefined : stops,
    [semconv.ATTR_GEN_AI_REQUEST_STREAM]: parameters.stream === true ? true : undefined,
    [semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER]: asText(parameters.service_tier),
  };
}
