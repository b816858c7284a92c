import type { CostDetails } from '../chaukas/event.js';
import { billingProvider, libraryId, listedModel } from './billing-provider.js';
import type { CostOptions } from './cost-options.js';
import { type CustomPrices, ownPrices } from './custom-prices.js';
import { isStandardTier, type ModelCall } from './model-call.js';
import {
  loadedPriceLibrary,
  loadPriceLibrary,
  type PriceLibrary,
  type PricesOverTime,
  requirePriceLibrary,
} from './price-library.js';
import { type PriceList, type TokenCost, tokenCost } from './token-cost.js';

/** Models of a provider whose prices are kept; names come from answers, and there may be any number of them. */
const MAX_KEPT = 1000;

/** Tells what model calls cost. */
export interface CostCalculator {
  /** Whether the price library is there, so that {@link costOf} does not have to load it. */
  readonly ready: boolean;
  /**
   * Loads the price library, if it is not there, so that no cost has to wait for it. It takes about 60 ms of the
   * thread, once a process: best when a model is first called, as the application waits for the answer anyway. Rejects
   * where the library cannot be loaded.
   */
  prepare(): Promise<void>;
  /**
   * What a call cost, or nothing where that is not certain. Loads the price library there and then, if it takes that
   * and {@link prepare} has not.
   *
   * @throws Error - where the library cannot be loaded; once, and afterwards there is no cost.
   */
  costOf(call: ModelCall): CostDetails | undefined;
}

export function createCostCalculator(options: CostOptions = {}): CostCalculator {
  const own = ownPrices(options.prices);
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
      if (!isUse(call)) return undefined;
      const list = priceListOf(call, own, byHost, listed);
      const cost = list && tokenCost(list, call.usage);
      return list && cost && costDetails(call, list, cost);
    },
  };
}

/** A call that used no tokens has no cost, except where nothing is billed: then it is certain. */
function isUse({ usage, operation }: ModelCall): boolean {
  return usage.input !== undefined || usage.output !== undefined || operation === 'moderation';
}

function priceListOf(
  call: ModelCall,
  own: CustomPrices,
  byHost: Readonly<Record<string, string>>,
  listed: ListedPrices,
): PriceList | undefined {
  const given = own(call);
  if (given !== undefined) return given.list;
  if (!isStandardTier(call.serviceTier)) return undefined;
  const provider = billingProvider(call, byHost);
  const model = provider === undefined ? undefined : listedModel(call, provider);
  return provider === undefined || model === undefined ? undefined : listed.of(provider, model)?.(call.time);
}

/** What the library has, looked up once for each model. */
class ListedPrices {
  /** By provider, then by model: to join the two names would take longer than to price the call. */
  readonly #kept = new Map<string, Map<string, PricesOverTime | undefined>>();
  #missing = false;

  of(provider: string, model: string): PricesOverTime | undefined {
    const kept = this.#kept.get(provider)?.get(model);
    return kept ?? this.#lookUp(provider, model);
  }

  #lookUp(provider: string, model: string): PricesOverTime | undefined {
    const models = this.#kept.get(provider) ?? new Map<string, PricesOverTime | undefined>();
    if (models.has(model)) return undefined;
    const id = libraryId(provider);
    if (id === undefined) return undefined;
    const library = this.#library();
    // Not kept: it may still be on its way.
    if (library === undefined) return undefined;
    const found = library.find(id, model);
    if (models.size >= MAX_KEPT) models.clear();
    models.set(model, found);
    this.#kept.set(provider, models);
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

function costDetails(
  { provider, operation, usage }: ModelCall,
  list: PriceList,
  cost: TokenCost,
): CostDetails {
  const details: CostDetails = {};
  if (provider !== undefined) details.provider = provider;
  if (operation !== undefined) details.service = operation;
  if (usage.input !== undefined) details.input_tokens = usage.input;
  if (usage.output !== undefined) details.output_tokens = usage.output;
  if (usage.input !== undefined || usage.output !== undefined) {
    details.total_tokens = (usage.input ?? 0) + (usage.output ?? 0);
  }
  details.input_cost = cost.inputCost;
  details.output_cost = cost.outputCost;
  details.total_cost = cost.totalCost;
  details.currency = list.currency;
  if (cost.inputRate !== undefined) details.input_rate_per_token = cost.inputRate;
  if (cost.outputRate !== undefined) details.output_rate_per_token = cost.outputRate;
  return details;
}
