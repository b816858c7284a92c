import type { CostDetails } from '../../chaukas/event.js';
import { type CostCalculator, createCostCalculator, tokenCounts } from '../../cost/cost-calculator.js';
import type { CostOptions } from '../../cost/cost-options.js';
import type { ModelCall, PricedTokens } from '../../cost/model-call.js';
import type { Guard } from '../../diagnostics/guard.js';
import * as semconv from '../../semconv/attributes.js';
import type { SettledCall } from '../../signals/signal.js';
import { millisOf, numberAttribute, type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

/** The attributes of a call, on its span or apart. */
type CallAttributes = Pick<SpanSnapshot, 'attributes'>;

/**
 * Returns the tokens and the price of a call whose response was made in the background, for the event of the access that
 * is the first to see them.
 *
 * @param costs - `undefined` if costs are switched off. The tokens are counted in any case.
 */
export function settledCost(
  call: SettledCall,
  millis: number,
  costs: CallCosts | undefined,
): CostDetails | undefined {
  const { input, output } = tokenUsage(call);
  if (input === undefined && output === undefined) return undefined;
  return costs?.price(billedCall(call, millis)) ?? tokenCounts({ input, output });
}

/** Prices model calls by their spans. */
export class CallCosts {
  readonly #calculator: CostCalculator;
  readonly #guard: Guard;
  #prepared = false;

  constructor(options: CostOptions, guard: Guard) {
    this.#calculator = createCostCalculator(options);
    this.#guard = guard;
  }

  /** Loads the prices once. Called when a model call starts, so that they load while its answer is awaited. */
  prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    this.#calculator.prepare().catch((error: unknown) => this.#guard.caught('Loading the prices', error));
  }

  of(span: SpanSnapshot): CostDetails | undefined {
    return this.price(modelCallOf(span));
  }

  price(call: ModelCall | undefined): CostDetails | undefined {
    return call && this.#guard.run('Pricing a model call', () => this.#calculator.costOf(call));
  }
}

export function modelCallOf(span: SpanSnapshot): ModelCall | undefined {
  return billedCall(span, millisOf(span.startTime));
}

/**
 * Returns what the price of a call depends on. `undefined` if the span has no model, or if its usage is the sum of other
 * spans that are priced themselves.
 *
 * @param time - in milliseconds since the epoch.
 */
function billedCall(span: CallAttributes, time: number): ModelCall | undefined {
  const requestModel = textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL);
  const responseModel = textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_MODEL);
  if (requestModel === undefined && responseModel === undefined) return undefined;
  if (span.attributes[semconv.ATTR_OPENAI_AGENTS_USAGE_AGGREGATED] === true) return undefined;
  return {
    provider: textAttribute(span, semconv.ATTR_GEN_AI_PROVIDER_NAME),
    serverAddress: textAttribute(span, semconv.ATTR_SERVER_ADDRESS),
    requestModel,
    responseModel,
    serviceTier:
      textAttribute(span, semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER) ??
      textAttribute(span, semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER),
    operation:
      textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME) ??
      textAttribute(span, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE),
    time,
    usage: tokenUsage(span),
    statedCost: numberAttribute(span, semconv.ATTR_OPENAI_AGENTS_USAGE_COST),
  };
}

function tokenUsage(span: CallAttributes): PricedTokens {
  return {
    input: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS),
    output: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS),
    cacheRead: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
    cacheWrite: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS),
    reasoning: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
    text: {
      input: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS),
      output: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS),
    },
    image: {
      input: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS),
      output: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS),
    },
    audio: {
      input: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS),
      output: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS),
      cacheRead: numberAttribute(span, semconv.ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS),
    },
  };
}
