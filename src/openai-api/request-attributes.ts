import type { Attributes } from '@opentelemetry/api';
import { asArray, asInteger, asNonEmptyString, asNumber, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { setIfDefined } from '../semconv/set-attribute.js';

/** What chat and legacy completions ask in the same words. */
export function samplingAttributes(request: UnknownRecord): Attributes {
  const attributes: Attributes = {};
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MODEL, asNonEmptyString(request.model));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT, choiceCountAttribute(request.n));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  // OpenAI has none, compatible providers do.
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_K, asInteger(request.top_k));
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
    asNumber(request.frequency_penalty),
  );
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, asNumber(request.presence_penalty));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, stopSequences(request.stop));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_SEED, asInteger(request.seed));
  return attributes;
}

/** More than any API gives. A number beyond it is a mistake, of which the API tells, and must not allocate. */
const MAX_CHOICES = 4096;

/**
 * How many choices the `n` of a request asks for; 1 where it says nothing that makes sense.
 *
 * @param inputs - each of which gets as many.
 */
export function requestedChoices(n: unknown, inputs = 1): number {
  const choices = Math.max(asInteger(n) ?? 1, 1) * inputs;
  return choices <= MAX_CHOICES ? choices : 1;
}

/** `gen_ai.request.choice.count`, which the convention records only when it is not 1. */
export function choiceCountAttribute(n: unknown): number | undefined {
  const count = asInteger(n);
  return count === 1 ? undefined : count;
}

/** The convention records a requested tier only when it is not the default `auto`. */
export function requestedServiceTier(tier: unknown): string | undefined {
  const requested = asNonEmptyString(tier);
  return requested === 'auto' ? undefined : requested;
}

/** The `stop` of a request: one text or a list of them. */
function stopSequences(stop: unknown): string[] | undefined {
  const sequences = (typeof stop === 'string' ? [stop] : asArray(stop)).filter(
    (item) => typeof item === 'string',
  );
  return sequences.length > 0 ? sequences : undefined;
}
