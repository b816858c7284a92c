import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asNumber,
  asRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { setIfDefined } from '../semconv/set-attribute.js';

/** Adds the attributes of the parameters that Chat Completions and legacy Completions share. */
export function addSamplingAttributes(attributes: Attributes, request: UnknownRecord): void {
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MODEL, asNonEmptyString(request.model));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STREAM, request.stream === true ? true : undefined);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT, choiceCountAttribute(request.n));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE, asNumber(request.temperature));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_P, asNumber(request.top_p));
  // OpenAI does not have it, compatible providers do.
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_TOP_K, asInteger(request.top_k));
  setIfDefined(
    attributes,
    semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY,
    asNumber(request.frequency_penalty),
  );
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, asNumber(request.presence_penalty));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_STOP_SEQUENCES, stopSequences(request.stop));
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_SEED, asInteger(request.seed));
}

/** More than any API returns. A larger number is a mistake, which the API rejects, and must not allocate. */
const MAX_CHOICES = 4096;

/**
 * Returns the number of choices that the `n` of a request asks for, or 1 if it is absent or invalid.
 *
 * @param inputs - the number of inputs, each of which gets `n` choices.
 */
export function requestedChoices(n: unknown, inputs = 1): number {
  const choices = Math.max(asInteger(n) ?? 1, 1) * inputs;
  return choices <= MAX_CHOICES ? choices : 1;
}

/** Value of `gen_ai.request.choice.count`, which the convention records only if it is not 1. */
export function choiceCountAttribute(n: unknown): number | undefined {
  const count = asInteger(n);
  return count === 1 ? undefined : count;
}

/** Returns the requested service tier, which the convention records only if it is not the default `auto`. */
export function requestedServiceTier(tier: unknown): string | undefined {
  const requested = asNonEmptyString(tier);
  return requested === 'auto' ? undefined : requested;
}

/**
 * Value of `gen_ai.output.type` for a requested text format, whose `type` is `text`, `json_object` or `json_schema`.
 */
export function textFormat(format: unknown): string | undefined {
  const type = asNonEmptyString(asRecord(format)?.type);
  return type === 'json_schema' || type === 'json_object' ? 'json' : type;
}

/** The `stop` of a request: one text or a list of texts. */
function stopSequences(stop: unknown): string[] | undefined {
  if (stop === undefined) return undefined;
  const sequences = (typeof stop === 'string' ? [stop] : asArray(stop)).filter(
    (item) => typeof item === 'string',
  );
  return sequences.length > 0 ? sequences : undefined;
}
