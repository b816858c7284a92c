import type { Attributes } from '@opentelemetry/api';
import type { ModelResponseDetails } from '../../openai-api/model-response.js';
import type { ModalityUsage, ModelUsage } from '../../openai-api/usage.js';
import * as semconv from '../../semconv/attributes.js';
import { INFERENCE_OPERATIONS } from '../../semconv/operations.js';
import type { Instruments, TokenCounterName } from './instruments.js';

/** The measurements at the end of a call. */
interface CallMeasurement {
  readonly response: ModelResponseDetails | undefined;
  readonly errorType: string | undefined;
  /** All times in seconds. */
  readonly duration: number;
  readonly timeToFirstChunk: number | undefined;
}

/**
 * The metrics of one client operation (section "Metrics" of the conventions). An operation without a name in the
 * convention is not measured, since the name is a required attribute.
 */
export class CallMetrics {
  readonly #instruments: Instruments;
  readonly #common: Attributes;
  readonly #inference: boolean;
  #chunkAttributes: Attributes | undefined;

  /** @param attributes - the attributes of the span at its start. */
  static of(instruments: Instruments | undefined, attributes: Attributes): CallMetrics | undefined {
    const operation = attributes[semconv.ATTR_GEN_AI_OPERATION_NAME];
    if (instruments === undefined || typeof operation !== 'string') return undefined;
    return new CallMetrics(instruments, operation, attributes);
  }

  private constructor(instruments: Instruments, operation: string, attributes: Attributes) {
    this.#instruments = instruments;
    this.#inference = INFERENCE_OPERATIONS.has(operation);
    this.#common = definedOnly({
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: operation,
      [semconv.ATTR_GEN_AI_PROVIDER_NAME]: attributes[semconv.ATTR_GEN_AI_PROVIDER_NAME],
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: attributes[semconv.ATTR_GEN_AI_REQUEST_MODEL],
      [semconv.ATTR_SERVER_ADDRESS]: attributes[semconv.ATTR_SERVER_ADDRESS],
      [semconv.ATTR_SERVER_PORT]: attributes[semconv.ATTR_SERVER_PORT],
    });
  }

  /** The model became known only when the request was sent. */
  requestSent(model: unknown): void {
    if (typeof model === 'string') this.#common[semconv.ATTR_GEN_AI_REQUEST_MODEL] = model;
  }

  /** @param responseModel - called once per call. */
  chunkAfter(gap: number, responseModel: () => string | undefined): void {
    if (!this.#inference) return;
    this.#chunkAttributes ??= this.#with({ [semconv.ATTR_GEN_AI_RESPONSE_MODEL]: responseModel() });
    this.#instruments.timePerOutputChunk.record(gap, this.#chunkAttributes);
  }

  ended({ response, errorType, duration, timeToFirstChunk }: CallMeasurement): void {
    const { inferenceDuration, operationDuration, tokenUsage } = this.#instruments;
    const answered = this.#answered(response);
    const outcome =
      errorType === undefined ? answered : { ...answered, [semconv.ATTR_ERROR_TYPE]: errorType };
    if (this.#inference) inferenceDuration.record(duration, outcome);
    // The older convention counted inference here as well.
    if (!this.#inference || tokenUsage !== undefined) operationDuration.record(duration, outcome);
    if (this.#inference && timeToFirstChunk !== undefined) {
      // The convention gives tier and fingerprint to the metrics of durations and tokens only.
      this.#instruments.timeToFirstChunk.record(
        timeToFirstChunk,
        this.#with({ [semconv.ATTR_GEN_AI_RESPONSE_MODEL]: response?.model }),
      );
    }
    this.#recordUsage(response, answered);
  }

  /** The tokens became known after the call had ended, because the provider worked in the background. */
  settled(response: ModelResponseDetails): void {
    this.#recordUsage(response, this.#answered(response));
  }

  #answered(response: ModelResponseDetails | undefined): Attributes {
    return this.#with({
      [semconv.ATTR_GEN_AI_RESPONSE_MODEL]: response?.model,
      [semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER]: response?.serviceTier,
      [semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT]: response?.systemFingerprint,
    });
  }

  #recordUsage(response: ModelResponseDetails | undefined, attributes: Attributes): void {
    const usage = response?.usage;
    if (usage === undefined) return;
    const { tokenCounters, operationInputTokens, operationOutputTokens, tokenUsage } = this.#instruments;
    const { inputTokens, outputTokens } = usage;
    if (this.#inference) {
      for (const { counter, modality, tokens } of tokenCounts(usage)) {
        tokenCounters[counter].add(tokens, { ...attributes, [semconv.ATTR_GEN_AI_TOKEN_MODALITY]: modality });
      }
      if (inputTokens !== undefined) operationInputTokens.record(inputTokens, attributes);
      if (outputTokens !== undefined) operationOutputTokens.record(outputTokens, attributes);
    }
    if (inputTokens !== undefined) {
      tokenUsage?.record(inputTokens, { ...attributes, [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'input' });
    }
    if (outputTokens !== undefined) {
      tokenUsage?.record(outputTokens, { ...attributes, [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'output' });
    }
  }

  #with(more: Attributes): Attributes {
    return { ...this.#common, ...definedOnly(more) };
  }
}

/** Drops undefined values. Unlike spans, metrics keep such an attribute, as a time series of its own. */
function definedOnly(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** Values of `gen_ai.token.modality` that this package writes. */
type Modality = 'text' | 'image' | 'audio' | 'unknown';

interface TokenCount {
  readonly counter: TokenCounterName;
  readonly modality: Modality;
  readonly tokens: number;
}

/**
 * The tokens of a call for the counters: each token once, under the modality that the provider reported. Tokens
 * without a modality are `unknown`, even in a request of text only, since the provider does not say so.
 */
function tokenCounts(usage: ModelUsage): TokenCount[] {
  return [
    ...byModality('inputTokens', usage.inputTokens, usage),
    ...byModality('outputTokens', usage.outputTokens, usage),
    ...byModality('cacheReadInputTokens', usage.cacheReadInputTokens, usage),
    ...byModality('cacheWriteInputTokens', usage.cacheWriteInputTokens, undefined),
    ...byModality('reasoningOutputTokens', usage.reasoningOutputTokens, undefined),
  ];
}

function byModality(
  counter: TokenCounterName,
  total: number | undefined,
  breakdown: ModelUsage | undefined,
): TokenCount[] {
  if (total === undefined) return [];
  const counts: TokenCount[] = [];
  let rest = total;
  for (const modality of ['text', 'image', 'audio'] as const) {
    const part = breakdown?.[modality]?.[counter as keyof ModalityUsage] ?? 0;
    // If the parts exceed the total, the provider made an error. The total is what it bills.
    const tokens = Math.min(part, rest);
    if (tokens <= 0) continue;
    counts.push({ counter, modality, tokens });
    rest -= tokens;
  }
  if (rest > 0) counts.push({ counter, modality: 'unknown', tokens: rest });
  return counts;
}
