import type { CostOptions, ModelPrices, ModelPricing } from './cost-options.js';
import { isStandardTier, type ModelCall } from './model-call.js';
import type { PriceList } from './token-cost.js';

/** The date at the end of a snapshot's name: `gpt-5-2025-08-07`. */
const SNAPSHOT_DATE = /-\d{4}-\d{2}-\d{2}$/;

/** Looks up the application's price for a call; `undefined` if it has none for the model. */
export type CustomPrices = (call: ModelCall) => CustomPrice | undefined;

interface CustomPrice {
  /** `undefined` if the application has prices for the model, but not in the service tier of the call. */
  readonly list: PriceList | undefined;
}

/** Reads option `cost.prices`. */
export function customPrices(prices: CostOptions['prices'] = {}): CustomPrices {
  const models = new Map(Object.entries(prices).map(([name, pricing]) => [name, readPricing(pricing)]));
  if (models.size === 0) return () => undefined;
  return ({ provider, requestModel, responseModel, serviceTier }) => {
    for (const name of namesOf(requestModel, responseModel)) {
      const found = models.get(`${provider}/${name}`) ?? models.get(name);
      if (found !== undefined) {
        const list = isStandardTier(serviceTier) ? found.standard : found.tiers.get(serviceTier);
        return { list };
      }
    }
    return undefined;
  };
}

/** The names of a model, in the order in which they are looked up. */
function namesOf(requestModel: string | undefined, responseModel: string | undefined): string[] {
  const names = [responseModel, requestModel].filter((name) => name !== undefined);
  const undated = names.map((name) => name.replace(SNAPSHOT_DATE, ''));
  return [...names, ...undated];
}

interface Pricing {
  readonly standard: PriceList;
  readonly tiers: ReadonlyMap<string | undefined, PriceList>;
}

function readPricing(pricing: ModelPricing): Pricing {
  return {
    standard: priceList(pricing),
    tiers: new Map(
      Object.entries(pricing.serviceTiers ?? {}).map(([tier, prices]) => [tier, priceList(prices)]),
    ),
  };
}

/** A price for all input tokens is also the price of audio and image tokens, unless those have prices of their own. */
function priceList(prices: ModelPrices): PriceList {
  return {
    currency: prices.currency ?? 'USD',
    input: prices.inputPerMillion,
    cacheRead: prices.cachedInputPerMillion,
    cacheWrite: prices.cacheWritePerMillion,
    output: prices.outputPerMillion,
    reasoning: prices.reasoningPerMillion,
    inputAudio: prices.inputAudioPerMillion ?? prices.inputPerMillion,
    cacheReadAudio: prices.inputAudioPerMillion === undefined ? prices.cachedInputPerMillion : undefined,
    outputAudio: prices.outputAudioPerMillion ?? prices.outputPerMillion,
    inputImage: prices.inputImagePerMillion,
    outputImage: prices.outputImagePerMillion,
  };
}
