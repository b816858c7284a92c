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
import { choiceCountAttribute } from './choice-count.js';
import { stopSequences } from './stop-sequences.js';

/** What chat and legacy completions ask in the same words. */
export function samplingAttributes(request: ForeignRecord): Attributes {
  return {
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(request.model),
    [ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [ATTR_GEN_AI_REQUEST_CHOICE_COUNT]: choiceCountAttribute(request.n),
    [ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(request.temperature),
    [ATTR_GEN_AI_REQUEST_TOP_P]: asNumber(request.top_p),
    // OpenAI has none, compatible providers do.
    [ATTR_GEN_AI_REQUEST_TOP_K]: asInteger(request.top_k),
    [ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY]: asNumber(request.frequency_penalty),
    [ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY]: asNumber(request.presence_penalty),
    [ATTR_GEN_AI_REQUEST_STOP_SEQUENCES]: stopSequences(request.stop),
    [ATTR_GEN_AI_REQUEST_SEED]: asInteger(request.seed),
  };
}
