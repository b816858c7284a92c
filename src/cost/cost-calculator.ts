import type { CostDetails } from '../chaukas/event.js';
import { nearestInt32 } from '../chaukas/int32.js';
import { billingProvider, libraryId, listedModel, statedDollars } from './billing-provider.js';
import type { CostOptions } from './cost-options.js';
import { customPrices } from './custom-prices.js';
import { isStandardTier, type ModelCall, type PricedTokens } from './model-call.js';
import {
  loadedPriceLibrary,
  loadPriceLibrary,
  type PriceLibrary,
  type PricesOverTime,
  requirePriceLibrary,
} from './price-library.js';
import { type PriceList, type TokenCost, tokenCost } from './token-cost.js';

/** Models per provider with cached prices. Names come from responses, so their number is not limited otherwise. */
const MAX_CACHED_MODELS = 1000;

/** Calculates the cost of model calls. */
export interface CostCalculator {
  /** Whether the price library is loaded, so that {@link costOf} does not have to load it. */
  readonly ready: boolean;
  /**
   * Loads the price library unless it is loaded already. Loading blocks the thread for about 60 ms, once per process.
   * The best time is the first model call, because the application waits for the response anyway. Rejects if the library
   * cannot be loaded.
   */
  prepare(): Promise<void>;
  /**
   * Returns the cost of a call; `undefined` if it is not certain. Loads the price library synchronously if it is needed
   * and {@link prepare} has not loaded it.
   *
   * @throws Error - if the library cannot be loaded. Later calls return `undefined` instead.
   */
  costOf(call: ModelCall): CostDetails | undefined;
}

export function createCostCalculator(options: CostOptions = {}): CostCalculator {
  const custom = customPrices(options.prices);
  const byHost = options.providersByHost ?? {};
  const listed = new ListedPrices();
  return {
    get ready() {
      return loadedPriceLibrary() !== undefined;
    },
    async prepare() {
      await loadPriceLibrary();
    },
    costOf(call) {
      if (!isBillable(call)) return undefined;
      const customPrice = custom(call);
      const stated = customPrice === undefined ? statedDollars(call) : undefined;
      // The service knows better than any list.
      if (stated !== undefined) return { ...billedTokens(call), total_cost: stated, currency: 'USD' };
      const list = customPrice === undefined ? priceListOf(call, byHost, listed) : customPrice.list;
      const cost = list && tokenCost(list, call.usage);
      return list && cost && costDetails(call, list, cost);
    },
  };
}

/** Without token counts the cost is unknown, except for moderation, which is free. */
function isBillable({ usage, operation }: ModelCall): boolean {
  return usage.input !== undefined || usage.output !== undefined || operation === 'moderation';
}

function priceListOf(
  call: ModelCall,
  byHost: Readonly<Record<string, string>>,
  listed: ListedPrices,
): PriceList | undefined {
  if (!isStandardTier(call.serviceTier)) return undefined;
  const provider = billingProvider(call, byHost);
  const model = provider === undefined ? undefined : listedModel(call, provider);
  return provider === undefined || model === undefined ? undefined : listed.of(provider, model)?.(call.time);
}

/** The prices in the library, looked up once per model. */
class ListedPrices {
  /** Keyed by provider, then by model. Joining the two names to one key would take longer than the calculation of a cost. */
  readonly #cached = new Map<string, Map<string, PricesOverTime | undefined>>();
  #missing = false;

  of(provider: string, model: string): PricesOverTime | undefined {
    const cached = this.#cached.get(provider)?.get(model);
    return cached ?? this.#lookUp(provider, model);
  }

  #lookUp(provider: string, model: string): PricesOverTime | undefined {
    const models = this.#cached.get(provider) ?? new Map<string, PricesOverTime | undefined>();
    if (models.has(model)) return undefined;
    const id = libraryId(provider);
    if (id === undefined) return undefined;
    const library = this.#library();
    // The miss is not cached, because the library may be loaded later.
    if (library === undefined) return undefined;
    const found = library.find(id, model);
    if (models.size >= MAX_CACHED_MODELS) models.clear();
    models.set(model, found);
    this.#cached.set(provider, models);
    return found;
  }

  #library(): PriceLibrary | undefined {
    const loaded = loadedPriceLibrary();
    if (loaded !== undefined || this.#missing) return loaded;
    this.#missing = true;
    const library = requirePriceLibrary();
    this.#missing = false;
    return library;
  }
}

function costDetails(call: ModelCall, list: PriceList, cost: TokenCost): CostDetails {
  const details = billedTokens(call);
  details.input_cost = cost.inputCost;
  details.output_cost = cost.outputCost;
  details.total_cost = cost.totalCost;
  details.currency = list.currency;
  if (cost.inputRate !== undefined) details.input_rate_per_token = cost.inputRate;
  if (cost.outputRate !== undefined) details.output_rate_per_token = cost.outputRate;
  return details;
}

function billedTokens({ provider, operation, usage }: ModelCall): CostDetails {
  const details: CostDetails = {};
  if (provider !== undefined) details.provider = provider;
  if (operation !== undefined) details.service = operation;
  return Object.assign(details, tokenCounts(usage));
}

/** The tokens of a call as an event has them: the nearest 32-bit integers. */
export function tokenCounts({ input, output }: Pick<PricedTokens, 'input' | 'output'>): CostDetails {
  const counts: CostDetails = {};
  if (input !== undefined) counts.input_tokens = nearestInt32(input) ?? 0;
  if (output !== undefined) counts.output_tokens = nearestInt32(output) ?? 0;
  if (input !== undefined || output !== undefined) {
    counts.total_tokens = nearestInt32((input ?? 0) + (output ?? 0)) ?? 0;
  }
  return counts;
}
