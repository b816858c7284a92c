import { isRecord } from '../json/readers.js';
import { showValue } from '../text/show-value.js';
import { PRICED_PROVIDERS } from './billing-provider.js';

/** Prices of a model, in units of its currency for a million tokens. */
export interface ModelPrices {
  inputPerMillion: number;
  /** Not needed for embeddings, which give back no tokens. */
  outputPerMillion?: number;
  /**
   * Of input tokens that were read from the provider's cache.
   *
   * @defaultValue `inputPerMillion`
   */
  cachedInputPerMillion?: number;
  /**
   * Of input tokens that were written to the provider's cache.
   *
   * @defaultValue `inputPerMillion`
   */
  cacheWritePerMillion?: number;
  /**
   * Of output tokens that the model thought with. They are among the output tokens and not billed again.
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

/** A model's prices, and others in the service tiers that have their own. */
export interface ModelPricing extends ModelPrices {
  /**
   * By what the answer says of its service tier: `flex`, `priority` … A call in such a tier that has no prices here has
   * no cost: it is not what the standard one costs.
   */
  serviceTiers?: Readonly<Record<string, ModelPrices>>;
}

/** What a model call costs, beyond what the price library tells. */
export interface CostOptions {
  /**
   * Prices of your own: what you negotiated, models that you run yourself, deployments. They win over the library's.
   *
   * The key is a model's name or, to tell it from others' of the same name, `provider/model`, which wins. It is looked
   * for as the answer names the model, then as the request does (an Azure deployment), then, as a snapshot's name, without
   * the date: `gpt-5` also prices `gpt-5-2025-08-07`. No other part of a name counts.
   *
   * ```ts
   * prices: { 'gpt-5': { inputPerMillion: 1.1, cachedInputPerMillion: 0.11, outputPerMillion: 8.8 } }
   * ```
   */
  prices?: Readonly<Record<string, ModelPricing>>;
  /**
   * Who bills what a host answers, in the convention's names: a gateway of yours before OpenAI speaks OpenAI's API as
   * many others do, so its calls have no cost until it is known that their prices are OpenAI's. The key is the host's
   * name without the port.
   *
   * ```ts
   * providersByHost: { 'llm.internal': 'openai' }
   * ```
   */
  providersByHost?: Readonly<Record<string, string>>;
}

type PriceRule = { readonly accepted: string; readonly accepts: (value: unknown) => boolean };

const AMOUNT: PriceRule = {
  accepted: 'a number for a million tokens, 0 or above',
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};

const PRICE_RULES: Readonly<Record<keyof ModelPrices, PriceRule>> = {
  inputPerMillion: AMOUNT,
  outputPerMillion: AMOUNT,
  cachedInputPerMillion: AMOUNT,
  cacheWritePerMillion: AMOUNT,
  reasoningPerMillion: AMOUNT,
  inputAudioPerMillion: AMOUNT,
  outputAudioPerMillion: AMOUNT,
  inputImagePerMillion: AMOUNT,
  outputImagePerMillion: AMOUNT,
  currency: {
    accepted: "a currency's code, e.g. 'EUR'",
    accepts: (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
  },
};

const OPTIONS: Readonly<Record<keyof CostOptions, (value: unknown) => string[]>> = {
  prices: pricesProblems,
  providersByHost: providersByHostProblems,
};

/** What is wrong with the option `cost`, in words; nothing where it is accepted. */
export function costProblems(value: unknown): string[] {
  if (typeof value === 'boolean') return [];
  if (!isRecord(value)) {
    return [
      `option "cost" is ${showValue(value)}; it must be false, true or an object of options, e.g. ` +
        "{ prices: { 'gpt-5': { inputPerMillion: 1.25, outputPerMillion: 10 } } }",
    ];
  }
  return Object.entries(value).flatMap(([name, option]) => {
    if (!Object.hasOwn(OPTIONS, name)) return [unknown(`cost.${name}`, Object.keys(OPTIONS))];
    return option === undefined ? [] : OPTIONS[name as keyof CostOptions](option);
  });
}

function pricesProblems(value: unknown): string[] {
  if (!isRecord(value)) {
    return [`option "cost.prices" is ${showValue(value)}; it must be an object of prices by model name`];
  }
  return Object.entries(value).flatMap(([model, pricing]) =>
    modelProblems(`cost.prices['${model}']`, pricing, true),
  );
}

function modelProblems(option: string, value: unknown, withTiers: boolean): string[] {
  if (!isRecord(value)) {
    return [
      `option "${option}" is ${showValue(value)}; it must be an object of prices, e.g. ` +
        '{ inputPerMillion: 1.25, outputPerMillion: 10 }',
    ];
  }
  const problems = Object.entries(value).flatMap(([name, price]) => {
    if (withTiers && name === 'serviceTiers') return tierProblems(`${option}.${name}`, price);
    if (!Object.hasOwn(PRICE_RULES, name)) {
      const known = Object.keys(PRICE_RULES);
      return [unknown(`${option}.${name}`, withTiers ? [...known, 'serviceTiers'] : known)];
    }
    const rule = PRICE_RULES[name as keyof ModelPrices];
    if (price === undefined || rule.accepts(price)) return [];
    return [`option "${option}.${name}" is ${showValue(price)}; it must be ${rule.accepted}`];
  });
  if (value.inputPerMillion === undefined) {
    problems.push(`option "${option}.inputPerMillion" is missing; it must be ${AMOUNT.accepted}`);
  }
  return problems;
}

function tierProblems(option: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (!isRecord(value)) {
    return [`option "${option}" is ${showValue(value)}; it must be an object of prices by service tier`];
  }
  return Object.entries(value).flatMap(([tier, prices]) =>
    modelProblems(`${option}['${tier}']`, prices, false),
  );
}

function providersByHostProblems(value: unknown): string[] {
  if (!isRecord(value)) {
    return [
      `option "cost.providersByHost" is ${showValue(value)}; it must be an object of provider names by host, ` +
        "e.g. { 'llm.internal': 'openai' }",
    ];
  }
  return Object.entries(value).flatMap(([host, provider]) => {
    if (PRICED_PROVIDERS.some((name) => name === provider)) return [];
    return [
      `option "cost.providersByHost['${host}']" is ${showValue(provider)}; it must be one of ` +
        PRICED_PROVIDERS.join(', '),
    ];
  });
}

function unknown(option: string, known: readonly string[]): string {
  return `unknown option "${option}"; known are: ${known.join(', ')}`;
}
