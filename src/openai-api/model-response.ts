/** What an answer says beside its content, the same for every API; and its attributes. */
import type { Attributes } from '@opentelemetry/api';
import * as semconv from '../semconv/attributes.js';
import type { Failure } from '../semconv/failure.js';
import { setIfDefined } from '../semconv/set-attribute.js';
import { setUsage, type Usage } from './usage.js';

export interface ModelResponse {
  id?: string | undefined;
  model?: string | undefined;
  /** One a choice, in the provider's words and order; `undefined` for a choice that has none yet. */
  finishReasons?: readonly (string | undefined)[] | undefined;
  usage?: Usage | undefined;
  serviceTier?: string | undefined;
  systemFingerprint?: string | undefined;
  /** What only this operation's responses say. */
  attributes?: Attributes | undefined;
  /** Set when the API answered with a failure instead of throwing one. */
  failure?: Failure | undefined;
}

export function modelResponseAttributes(response: ModelResponse): Attributes {
  const attributes: Attributes = {};
  setIfDefined(attributes, semconv.ATTR_GEN_AI_RESPONSE_ID, response.id);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_RESPONSE_MODEL, response.model);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS, givenFinishReasons(response));
  setIfDefined(attributes, semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER, response.serviceTier);
  setIfDefined(attributes, semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT, response.systemFingerprint);
  if (response.usage !== undefined) setUsage(attributes, response.usage);
  return response.attributes === undefined ? attributes : Object.assign(attributes, response.attributes);
}

/** The finish reasons that the provider gave; `undefined` where it gave none. */
export function givenFinishReasons({ finishReasons }: ModelResponse): string[] | undefined {
  const given = finishReasons?.filter((reason) => reason !== undefined);
  return given === undefined || given.length === 0 ? undefined : given;
}
