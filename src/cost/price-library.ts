/**
 * The price library, loaded when it is first wanted: its data are 0.8 MB of code, which take about 60 ms to load and
 * as long keep everything else waiting.
 */
import { createRequire } from 'node:module';
import type * as Library from '@pydantic/genai-prices';
import { type PricesOverTime, pricesOverTime } from './library-prices.js';

export interface PriceLibrary {
  /** @param provider - the library's own name of it. */
  find(provider: string, model: string): PricesOverTime | undefined;
}

/** One a process, whoever asks. */
let loaded: PriceLibrary | undefined;
let loading: Promise<PriceLibrary> | undefined;

export function loadedPriceLibrary(): PriceLibrary | undefined {
  return loaded;
}

/** By `import()`, which bundlers follow. Rejects where the library cannot be loaded. */
export function loadPriceLibrary(): Promise<PriceLibrary> {
  loading ??= import('@pydantic/genai-prices').then((module) => {
    loaded ??= priceLibrary(module);
    return loaded;
  });
  return loading;
}

/**
 * For when there is no time left to wait, as at the process' end.
 *
 * @throws Error - where the library cannot be found, as beside a bundle.
 */
export function requirePriceLibrary(): PriceLibrary {
  loaded ??= priceLibrary(createRequire(import.meta.url)('@pydantic/genai-prices') as typeof Library);
  return loaded;
}

function priceLibrary({ calcPrice, findProvider }: typeof Library): PriceLibrary {
  return {
    find(providerId, model) {
      const found = findModel(calcPrice, providerId, model);
      if (found === null || !isListedBy(findProvider, found.provider, found.model)) return undefined;
      return pricesOverTime(model, found.model);
    },
  };
}

/** By a calculation of no tokens, as only that knows of aliases and of the dates in names. */
function findModel(
  calcPrice: typeof Library.calcPrice,
  providerId: string,
  model: string,
): Library.PriceCalculationResult {
  try {
    return calcPrice({}, model, { providerId });
  } catch {
    // It does so where a list lacks a price that another one of it is based on: a list that tells nothing for certain.
    return null;
  }
}

/**
 * What the library does not find with a provider it looks for with others whose models that one sells, too, but not at
 * the same price. Azure sells those of OpenAI at OpenAI's.
 */
function isListedBy(
  findProvider: typeof Library.findProvider,
  provider: Library.Provider,
  model: Library.ModelInfo,
): boolean {
  if (provider.models.includes(model)) return true;
  return provider.id === 'azure' && findProvider({ providerId: 'openai' })?.models.includes(model) === true;
}
