import type { Attributes } from '@opentelemetry/api';
import { asInteger, type ForeignRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_REQUEST_MAX_TOKENS } from '../../../semconv/attributes.js';
import { requestedChoices } from '../choice-count.js';
import { samplingAttributes } from '../sampling-attributes.js';
import { textsOf } from './text-or-tokens.js';

/** `openai.api.type` has no value for this API, so it is absent. */
export function completionRequestAttributes(request: ForeignRecord): Attributes {
  return {
    ...samplingAttributes(request),
    [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: asInteger(request.max_tokens),
  };
}

/** `n` answers to each prompt, of which one that is not said counts, too. */
export function completionChoiceCount(request: ForeignRecord): number {
  return requestedChoices(request.n) * Math.max(textsOf(request.prompt).length, 1);
}
