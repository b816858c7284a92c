/**
 * The price library, loaded when it is first wanted: its data are 0.8 MB of code, which take about 60 ms to load and
 * as long keep everything else waiting.
 */
import { createRequire } from 'node:module';
import type * as Library from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { Price, PriceList } from './token-cost.js';

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

/** What a model costs at a time, in milliseconds since the epoch. */
export type PricesOverTime = (time: number) => PriceList | undefined;

type TokenPrice = Exclude<keyof PriceList, 'currency' | 'free'>;

/** The library's names of the prices that a call's tokens have. */
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

/** What is billed beside the tokens, by its own number. A call that has none of it costs its tokens alone. */
const BESIDE_TOKENS: ReadonlySet<string> = new Set([
  'web_searches_kcount',
  'storage_searches_kcount',
  'input_document_kpages',
  'input_annotated_document_kpages',
  'audio_hours',
  'input_audio_hours',
]);

/** Anthropic's cache for an hour is dearer than that for five minutes, and no usage tells which one it was. */
const TWO_CACHES = 'cache_write_1h_mtok';

/** The only one of OpenAI's models that is free; elsewhere an empty list may be one that nobody filled in. */
const FREE_MODEL = 'moderation';

/** Each call of these makes a search, which has a price of its own that the list does not. */
const SEARCHES = /search-preview/;

/** Models that hear or speak, whose list in the library (0.1.8) has the prices of text alone. */
const AUDIO = /audio/;

/**
 * Nothing where what the library has does not tell for certain what a call costs.
 *
 * @param name - as the call has it: the library may list it under another one.
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
  // The newest that holds; before the first known one there is no better than that.
  return (time) => (periods.findLast(({ holds }) => holds(time)) ?? periods[0])?.list;
}

function priceList(modelId: string, prices: ModelPrice): PriceList | undefined {
  const names = Object.keys(prices).filter((name) => prices[name] !== undefined);
  if (names.length === 0) return modelId === FREE_MODEL ? { currency: 'USD', free: true } : undefined;
  const list: { -readonly [Name in keyof PriceList]: PriceList[Name] } = { currency: 'USD' };
  for (const name of names) {
    const own = TOKEN_PRICES[name];
    // A price of the call itself, of citations or whatever comes later: without it the sum would be too small.
    if (own === undefined && !BESIDE_TOKENS.has(name) && name !== TWO_CACHES) return undefined;
    if (own !== undefined) list[own] = prices[name] as Price;
  }
  // Not certain, but only where something was written.
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
    // A span of hours may go over midnight.
    return to < from ? now >= from || now < to : now >= from && now < to;
  };
}

/** Of `16:30:00Z`, in milliseconds since midnight. */
function timeOfDay(text: string): number {
  return ((Date.parse(`1970-01-01T${text}`) % DAY) + DAY) % DAY;
}
