import type { Attributes } from '@opentelemetry/api';
import { asInteger, type ForeignRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_REQUEST_MAX_TOKENS } from '../../../semconv/attributes.js';
import { setPresent } from '../../../semconv/present-attribute.js';
import { requestedChoices } from '../choice-count.js';
import { samplingAttributes } from '../sampling-attributes.js';
import { textsOf } from './text-or-tokens.js';

/** `openai.api.type` has no value for this API, so it is absent. */
export function completionRequestAttributes(request: ForeignRecord): Attributes {
  const attributes: Attributes = samplingAttributes(request);
  setPresent(attributes, ATTR_GEN_AI_REQUEST_MAX_TOKENS, asInteger(request.max_tokens));
  return attributes;
}

/** `n` answers to each prompt, of which one that is not said counts, too. */
export function completionChoiceCount(request: ForeignRecord): number {
  return requestedChoices(request.n, Math.max(textsOf(request.prompt).length, 1));
}
