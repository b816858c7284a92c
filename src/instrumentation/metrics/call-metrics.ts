import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROVIDER_NAME,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_TOKEN_MODALITY,
  ATTR_GEN_AI_TOKEN_TYPE,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '../../semconv/attributes.js';
import { INFERENCE_OPERATIONS } from '../../semconv/operations.js';
import type { ModelResponse } from '../openai/model-response.js';
import type { Instruments } from './instruments.js';
import { tokenCounts } from './token-counts.js';

/** How a call ended, as its metrics need it. */
export interface CallMeasurement {
  readonly response: ModelResponse | undefined;
  readonly errorType: string | undefined;
  /** All times in seconds. */
  readonly duration: number;
  readonly timeToFirstChunk: number | undefined;
}

/**
 * The metrics of one client operation (section "Metrics" of the conventions). An operation that the convention has no
 * name for is not measured: its name is a required attribute.
 */
export class CallMetrics {
  readonly #instruments: Instruments;
  readonly #common: Attributes;
  readonly #inference: boolean;
  #chunkAttributes: Attributes | undefined;

  /** @param attributes - those of the span at its start. */
  static of(instruments: Instruments | undefined, attributes: Attributes): CallMetrics | undefined {
    const operation = attributes[ATTR_GEN_AI_OPERATION_NAME];
    if (instruments === undefined || typeof operation !== 'string') return undefined;
    return new CallMetrics(instruments, operation, attributes);
  }

  private constructor(instruments: Instruments, operation: string, attributes: Attributes) {
    this.#instruments = instruments;
    this.#inference = INFERENCE_OPERATIONS.has(operation);
    this.#common = definedOnly({
      [ATTR_GEN_AI_OPERATION_NAME]: operation,
      [ATTR_GEN_AI_PROVIDER_NAME]: attributes[ATTR_GEN_AI_PROVIDER_NAME],
      [ATTR_GEN_AI_REQUEST_MODEL]: attributes[ATTR_GEN_AI_REQUEST_MODEL],
      [ATTR_SERVER_ADDRESS]: attributes[ATTR_SERVER_ADDRESS],
      [ATTR_SERVER_PORT]: attributes[ATTR_SERVER_PORT],
    });
  }

  /** @param responseModel - asked for once a call. */
  chunkAfter(gap: number, responseModel: () => string | undefined): void {
    if (!this.#inference) return;
    this.#chunkAttributes ??= this.#with({ [ATTR_GEN_AI_RESPONSE_MODEL]: responseModel() });
    this.#instruments.timePerOutputChunk.record(gap, this.#chunkAttributes);
  }

  ended({ response, errorType, duration, timeToFirstChunk }: CallMeasurement): void {
    const { inferenceDuration, operationDuration, tokenUsage } = this.#instruments;
    const answered = this.#with({
      [ATTR_GEN_AI_RESPONSE_MODEL]: response?.model,
      [ATTR_OPENAI_RESPONSE_SERVICE_TIER]: response?.serviceTier,
      [ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT]: response?.systemFingerprint,
    });
    const outcome = errorType === undefined ? answered : { ...answered, [ATTR_ERROR_TYPE]: errorType };
    if (this.#inference) inferenceDuration.record(duration, outcome);
    // The older convention counted inference here, too.
    if (!this.#inference || tokenUsage !== undefined) operationDuration.record(duration, outcome);
    if (this.#inference && timeToFirstChunk !== undefined) {
      this.#instruments.timeToFirstChunk.record(timeToFirstChunk, answered);
    }
    this.#recordUsage(response, answered);
  }

  #recordUsage(response: ModelResponse | undefined, attributes: Attributes): void {
    const usage = response?.usage;
    if (usage === undefined) return;
    const { tokenCounters, operationInputTokens, operationOutputTokens, tokenUsage } = this.#instruments;
    const { inputTokens, outputTokens } = usage;
    if (this.#inference) {
      for (const { counter, modality, tokens } of tokenCounts(usage)) {
        tokenCounters[counter].add(tokens, { ...attributes, [ATTR_GEN_AI_TOKEN_MODALITY]: modality });
      }
      if (inputTokens !== undefined) operationInputTokens.record(inputTokens, attributes);
      if (outputTokens !== undefined) operationOutputTokens.record(outputTokens, attributes);
    }
    if (inputTokens !== undefined) {
      tokenUsage?.record(inputTokens, { ...attributes, [ATTR_GEN_AI_TOKEN_TYPE]: 'input' });
    }
    if (outputTokens !== undefined) {
      tokenUsage?.record(outputTokens, { ...attributes, [ATTR_GEN_AI_TOKEN_TYPE]: 'output' });
    }
  }

  #with(more: Attributes): Attributes {
    return { ...this.#common, ...definedOnly(more) };
  }
}

/** Unlike spans, metrics keep an attribute without a value, as a time series of its own. */
function definedOnly(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
