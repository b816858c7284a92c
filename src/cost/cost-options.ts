import {
  mapOf,
  type OptionRules,
  objectOf,
  oneOf,
  required,
  rule,
  valueOr,
} from '../options/option-rules.js';
import { PRICED_PROVIDERS } from './billing-provider.js';

/** Prices of a model, in units of its currency for a million tokens. */
export interface ModelPrices {
  inputPerMillion: number;
  /** Not needed for embeddings, which have no output tokens. */
  outputPerMillion?: number;
  /**
   * Price of input tokens that were read from the provider's cache.
   *
   * @defaultValue `inputPerMillion`
   */
  cachedInputPerMillion?: number;
  /**
   * Price of input tokens that were written to the provider's cache.
   *
   * @defaultValue `inputPerMillion`
   */
  cacheWritePerMillion?: number;
  /**
   * Price of reasoning tokens. They are part of the output tokens and are not billed twice.
   *
   * @defaultValue `outputPerMillion`
   */
  reasoningPerMillion?: number;
  /** @defaultValue `inputPerMillion` */
  inputAudioPerMillion?: number;
  /** @defaultValue `outputPerMillion` */
  outputAudioPerMillion?: number;
  /** @defaultValue `inputPerMillion` */
  inputImagePerMillion?: number;
  /** @defaultValue `outputPerMillion` */
  outputImagePerMillion?: number;
  /** @defaultValue `'USD'` */
  currency?: string;
}

/** Prices of a model, with separate prices for some service tiers. */
export interface ModelPricing extends ModelPrices {
  /**
   * Prices by the service tier that the response names: `flex`, `priority`. A call in such a tier has no cost if the
   * tier has no prices here, because the standard prices would be wrong.
   */
  serviceTiers?: Readonly<Record<string, ModelPrices>>;
}

/** Options for the cost of model calls, in addition to the price library. */
export interface CostOptions {
  /**
   * Your own prices: negotiated ones, models that you host, deployments. They win over the library's prices.
   *
   * The key is the name of a model, or `provider/model`, which wins over the name alone. Three names are looked up in
   * this order: the model in the response, the model in the request (an Azure deployment), and both without the date of
   * a snapshot, so that `gpt-5` also prices `gpt-5-2025-08-07`. Names are not matched by any other part.
   *
   * ```ts
   * prices: { 'gpt-5': { inputPerMillion: 1.1, cachedInputPerMillion: 0.11, outputPerMillion: 8.8 } }
   * ```
   */
  prices?: Readonly<Record<string, ModelPricing>>;
  /**
   * The provider that bills the calls to a host, by its name in the semantic conventions. The key is the host's name
   * without the port. Your own gateway in front of OpenAI needs an entry: many other services speak OpenAI's API too, so
   * its calls have no cost until you say that OpenAI bills them.
   *
   * ```ts
   * providersByHost: { 'llm.internal': 'openai' }
   * ```
   */
  providersByHost?: Readonly<Record<string, string>>;
}

const AMOUNT = rule(
  'a number for a million tokens, 0 or above',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);

const PRICES: OptionRules<ModelPrices> = {
  inputPerMillion: required(AMOUNT),
  outputPerMillion: AMOUNT,
  cachedInputPerMillion: AMOUNT,
  cacheWritePerMillion: AMOUNT,
  reasoningPerMillion: AMOUNT,
  inputAudioPerMillion: AMOUNT,
  outputAudioPerMillion: AMOUNT,
  inputImagePerMillion: AMOUNT,
  outputImagePerMillion: AMOUNT,
  currency: rule(
    "a currency's code, e.g. 'EUR'",
    (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
  ),
};

const ANY_PRICES = 'an object of prices, e.g. { inputPerMillion: 1.25, outputPerMillion: 10 }';

const PRICING: OptionRules<ModelPricing> = {
  ...PRICES,
  serviceTiers: mapOf(objectOf(PRICES, ANY_PRICES), 'an object of prices by service tier'),
};

const OPTIONS: OptionRules<CostOptions> = {
  prices: mapOf(objectOf(PRICING, ANY_PRICES), 'an object of prices by model name'),
  providersByHost: mapOf(
    oneOf(PRICED_PROVIDERS),
    "an object of provider names by host, e.g. { 'llm.internal': 'openai' }",
  ),
};

/** The rule for option `cost`. */
export const COST_RULE = valueOr(
  (value) => typeof value === 'boolean',
  objectOf(
    OPTIONS,
    'false, true or an object of options, e.g. ' +
      "{ prices: { 'gpt-5': { inputPerMillion: 1.25, outputPerMillion: 10 } } }",
  ),
);
