/**
 * The price library, which is loaded at its first use. Its data are 0.8 MB of code; loading them blocks the thread for
 * about 60 ms.
 */
import { createRequire } from 'node:module';
import type * as Library from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { Price, PriceList } from './token-cost.js';

export interface PriceLibrary {
  /** @param provider - the library's name of the provider. */
  find(provider: string, model: string): PricesOverTime | undefined;
}

/** One instance per process. */
let loaded: PriceLibrary | undefined;
let loading: Promise<PriceLibrary> | undefined;

export function loadedPriceLibrary(): PriceLibrary | undefined {
  return loaded;
}

/** Loads the library by `import()`, which bundlers follow. Rejects if it cannot be loaded. */
export function loadPriceLibrary(): Promise<PriceLibrary> {
  loading ??= import('@pydantic/genai-prices').then((module) => {
    loaded ??= priceLibrary(module);
    return loaded;
  });
  return loading;
}

/**
 * Loads the library synchronously, for callers that cannot wait, such as at the exit of the process.
 *
 * @throws Error - if the library cannot be found, for example next to a bundle.
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

/** Finds a model by calculating the price of no tokens, because only that function resolves aliases and dates in names. */
function findModel(
  calcPrice: typeof Library.calcPrice,
  providerId: string,
  model: string,
): Library.PriceCalculationResult {
  try {
    return calcPrice({}, model, { providerId });
  } catch {
    // The library throws if a list lacks a price that another one is based on. Such a list is not certain.
    return null;
  }
}

/**
 * Whether the model has a price from this provider. The library also finds models of other providers that this one sells,
 * but whose prices may differ. Azure sells OpenAI's models at OpenAI's prices.
 */
function isListedBy(
  findProvider: typeof Library.findProvider,
  provider: Library.Provider,
  model: Library.ModelInfo,
): boolean {
  if (provider.models.includes(model)) return true;
  return provider.id === 'azure' && findProvider({ providerId: 'openai' })?.models.includes(model) === true;
}

/** Returns the prices of a model at a time in milliseconds since the epoch; `undefined` if they are not certain. */
export type PricesOverTime = (time: number) => PriceList | undefined;

type TokenPrice = Exclude<keyof PriceList, 'currency' | 'free'>;

/** Our names of token prices, by the library's names. */
const TOKEN_PRICES: Readonly<Record<string, TokenPrice>> = {
  input_mtok: 'input',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite',
  output_mtok: 'output',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'inputAudio',
  cache_audio_read_mtok: 'cacheReadAudio',
  output_audio_mtok: 'outputAudio',
  input_image_mtok: 'inputImage',
  cache_image_read_mtok: 'cacheReadImage',
  output_image_mtok: 'outputImage',
};

/** Items that are billed in addition to tokens. A call without them costs only its tokens. */
const BESIDE_TOKENS: ReadonlySet<string> = new Set([
  'web_searches_kcount',
  'storage_searches_kcount',
  'input_document_kpages',
  'input_annotated_document_kpages',
  'audio_hours',
  'input_audio_hours',
]);

/** Anthropic's one-hour cache costs more than its five-minute cache, and the usage does not say which one was used. */
const TWO_CACHES = 'cache_write_1h_mtok';

/** OpenAI's only free model. For any other model an empty price list may just be incomplete. */
const FREE_MODEL = 'moderation';

/** Models whose every call makes a search. The price of the search is not in the list. */
const SEARCHES = /search-preview/;

/** Audio models. Their lists in the library (0.1.8) may have only prices of text. */
const AUDIO = /audio/;

/**
 * Returns the prices of a model; `undefined` if the library's data leave the cost of a call uncertain.
 *
 * @param name - the model's name in the call. The library may list the model by another name.
 */
function pricesOverTime(name: string, { id, prices }: ModelInfo): PricesOverTime | undefined {
  if (SEARCHES.test(name)) return undefined;
  if (!Array.isArray(prices)) {
    const list = priceList(id, prices);
    return list && (() => list);
  }
  const periods = prices.map(({ constraint, prices: list }) => ({
    holds: constraint === undefined ? always : holdsWithin(constraint),
    list: priceList(id, list),
  }));
  // The newest period that applies. Before the first known period, its prices are the best guess.
  return (time) => (periods.findLast(({ holds }) => holds(time)) ?? periods[0])?.list;
}

function priceList(modelId: string, prices: ModelPrice): PriceList | undefined {
  const names = Object.keys(prices).filter((name) => prices[name] !== undefined);
  if (names.length === 0) return modelId === FREE_MODEL ? { currency: 'USD', free: true } : undefined;
  const list: { -readonly [Name in keyof PriceList]: PriceList[Name] } = { currency: 'USD' };
  for (const name of names) {
    const own = TOKEN_PRICES[name];
    // An unknown kind of price, for example per call or per citation. Without it the sum would be too small.
    if (own === undefined && !BESIDE_TOKENS.has(name) && name !== TWO_CACHES) return undefined;
    if (own !== undefined) list[own] = prices[name] as Price;
  }
  // Uncertain only for calls that wrote to the cache.
  if (prices[TWO_CACHES] !== undefined) list.cacheWrite = Number.NaN;
  return AUDIO.test(modelId) && list.inputAudio === undefined ? undefined : list;
}

type Constraint =
  | { readonly type: 'start_date'; readonly start_date: string }
  | { readonly type: 'time_of_date'; readonly start_time: string; readonly end_time: string };

const always = () => true;
const DAY = 24 * 60 * 60 * 1000;

function holdsWithin(constraint: Constraint): (time: number) => boolean {
  if (constraint.type === 'start_date') {
    const start = Date.parse(constraint.start_date);
    return (time) => time >= start;
  }
  const from = timeOfDay(constraint.start_time);
  const to = timeOfDay(constraint.end_time);
  return (time) => {
    const now = ((time % DAY) + DAY) % DAY;
    // The period may include midnight.
    return to < from ? now >= from || now < to : now >= from && now < to;
  };
}

/** Parses `16:30:00Z` to milliseconds since midnight. */
function timeOfDay(text: string): number {
  return ((Date.parse(`1970-01-01T${text}`) % DAY) + DAY) % DAY;
}
