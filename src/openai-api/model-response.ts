import type { Attributes } from '@opentelemetry/api';
import { asInteger, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { type Failure, failure } from '../semconv/failure.js';
import { attributesWith, setIfDefined } from '../semconv/set-attribute.js';
import { type ModelUsage, setUsage } from './usage.js';

/** A response without its content, in the same shape for every API. */
export interface ModelResponseDetails {
  id?: string | undefined;
  model?: string | undefined;
  /** One per choice, in the provider's words and order; `undefined` for a choice that has none yet. */
  finishReasons?: readonly (string | undefined)[] | undefined;
  usage?: ModelUsage | undefined;
  serviceTier?: string | undefined;
  systemFingerprint?: string | undefined;
  /** Attributes that only this operation has. */
  attributes?: Attributes | undefined;
  /** `true` if the provider still makes the response, in the background. */
  pending?: boolean | undefined;
  /** A fetched response that has ended, with its usage and failure, which are not those of the fetching call. */
  fetched?: ModelResponseDetails | undefined;
  /** Set if the API reported a failure in the response instead of an HTTP error. */
  failure?: Failure | undefined;
}

/**
 * Returns the finish reasons of an answer that broke off: `error` for each choice whose reason never arrived.
 *
 * @param choiceCount - the number of reasons that the answer should have; `undefined` if the API gives none.
 */
export function partialFinishReasons(
  response: ModelResponseDetails | undefined,
  choiceCount: number | undefined,
): readonly string[] | undefined {
  if (choiceCount === undefined) return response && givenFinishReasons(response);
  const given = response?.finishReasons ?? [];
  const length = Math.max(choiceCount, given.length);
  return Array.from({ length }, (_, index) => given[index] ?? 'error');
}

export function modelResponseAttributes(
  response: ModelResponseDetails,
  finishReasons: readonly string[] | undefined = givenFinishReasons(response),
): Attributes {
  const { id, model, serviceTier, systemFingerprint, usage, attributes: more } = response;
  const attributes = id === undefined ? {} : attributesWith(semconv.ATTR_GEN_AI_RESPONSE_ID, id);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_RESPONSE_MODEL, model);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS, finishReasons?.slice());
  setIfDefined(attributes, semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER, serviceTier);
  setIfDefined(attributes, semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT, systemFingerprint);
  if (usage !== undefined) setUsage(attributes, usage);
  return more === undefined ? attributes : Object.assign(attributes, more);
}

/**
 * Reads a failure that the API reports in a response or an event, with `code` and `message`, instead of an HTTP error.
 * Gateways have the HTTP status of the server behind them as the code, or no code but a type, or only a text.
 *
 * @param fallback - the message if the API gives none.
 */
export function reportedFailure(error: unknown, fallback = 'the server reported an error'): Failure {
  const { code, type, message } = asRecord(error) ?? {};
  return failure(
    asNonEmptyString(code) ??
      asInteger(code)?.toString() ??
      asNonEmptyString(type) ??
      semconv.ERROR_TYPE_OTHER,
    asNonEmptyString(message) ?? asNonEmptyString(error),
    fallback,
  );
}

/** Whether the member `error` of a response reports an error. It is null or absent otherwise. */
export function isReportedError(error: unknown): boolean {
  return isRecord(error) || asNonEmptyString(error) !== undefined;
}

/** Returns the error that stands in place of an answer, or of a part of it. vLLM's errors are not nested. */
export function errorIn(body: UnknownRecord): unknown {
  const error = body.object === 'error' ? body : body.error;
  return isReportedError(error) ? error : undefined;
}

/**
 * Reads a body that came with a status of success and is not an answer of the API: an error instead of it, nothing, or
 * the page of a proxy.
 *
 * @param answer - the shape of the API's answer; if absent, only an error is recognised.
 */
export function unusableResponse(
  value: unknown,
  answer: string | undefined,
): ModelResponseDetails | undefined {
  const error = errorIn(asRecord(value) ?? {});
  if (error !== undefined) return { failure: reportedFailure(error) };
  if (answer === undefined) return undefined;
  const isEmpty = value === undefined || value === null || value === '';
  return {
    failure: failure(
      semconv.ERROR_TYPE_INVALID_RESPONSE,
      undefined,
      isEmpty ? 'the response is empty' : `the response is not ${answer}`,
    ),
  };
}

/** Returns the finish reasons that the provider gave; `undefined` if it gave none. */
export function givenFinishReasons({ finishReasons }: ModelResponseDetails): readonly string[] | undefined {
  if (finishReasons === undefined) return undefined;
  const given = isComplete(finishReasons) ? finishReasons : finishReasons.filter(isGiven);
  return given.length === 0 ? undefined : given;
}

function isComplete(reasons: readonly (string | undefined)[]): reasons is readonly string[] {
  return reasons.every(isGiven);
}

function isGiven(reason: string | undefined): reason is string {
  return reason !== undefined;
}
