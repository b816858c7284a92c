import type { PricedTokens } from './model-call.js';

/** The cost of a call's tokens, in the currency of the price list. */
export interface TokenCost {
  readonly inputCost: number;
  readonly outputCost: number;
  readonly totalCost: number;
  /** Price of one uncached text token; `undefined` if the list has none. */
  readonly inputRate: number | undefined;
  readonly outputRate: number | undefined;
}

const MILLION = 1_000_000;

/** Costs are rounded to multiples of 1/GRID, so that sums of doubles show no rounding errors. */
const GRID = 1e12;

/**
 * Returns the cost of a call, or `undefined` if it is not certain:
 *
 * - The list has no price for a kind of token that the call used.
 * - Kinds of tokens have different prices, but the usage does not count them separately.
 * - A part in the usage is larger than its total.
 */
export function tokenCost(list: PriceList, usage: PricedTokens): TokenCost | undefined {
  if (list.free === true) return FREE;
  const { input: total = 0, output: outputTotal = 0 } = usage;
  if (usage.input === undefined && usage.output === undefined) return undefined;
  if (!Number.isSafeInteger(total) || !Number.isSafeInteger(outputTotal)) return undefined;
  const inputCost = roundCost(inputMicros(list, usage, total) / MILLION);
  const outputCost = roundCost(outputMicros(list, usage, outputTotal, total) / MILLION);
  if (Number.isNaN(inputCost + outputCost)) return undefined;
  return {
    inputCost,
    outputCost,
    totalCost: roundCost(inputCost + outputCost),
    inputRate: perToken(priceAt(list.input, total)),
    outputRate: perToken(priceAt(list.output, total)),
  };
}

/** Rounds to the grid. A number that is too large for it is returned unchanged; its rounding errors are not visible. */
export function roundCost(value: number): number {
  const steps = value * GRID;
  return steps < Number.MAX_SAFE_INTEGER ? Math.round(steps) / GRID : value;
}

/** OpenAI never caches shorter prompts. Without a count of cached tokens, such a prompt had none. */
const MIN_CACHED_PROMPT = 1024;

const FREE: TokenCost = { inputCost: 0, outputCost: 0, totalCost: 0, inputRate: 0, outputRate: 0 };

/** Returns the cost in millionths of a unit, which is tokens times price per million; `NaN` if it is not certain. */
function inputMicros(list: PriceList, usage: PricedTokens, total: number): number {
  if (total === 0) return 0;
  const at = (price: Price | undefined) => priceAt(price, total);
  const { text, audio, image } = usage;
  const price = at(list.input);
  const audioPrice = at(list.inputAudio);
  const imagePrice = at(list.inputImage);
  const apart = (text?.input ?? audio?.input ?? image?.input) !== undefined;
  if (!apart && (differs(audioPrice, price) || differs(imagePrice, price))) return Number.NaN;
  const audioTokens = audio?.input ?? 0;
  const imageTokens = image?.input ?? 0;
  const cachedPrice = at(list.cacheRead) ?? price;
  if (usage.cacheRead === undefined && total >= MIN_CACHED_PROMPT && cachedPrice !== price) return Number.NaN;
  const cached = usage.cacheRead ?? 0;
  const cachedAudio = audio?.cacheRead ?? 0;
  const cachedImage = image?.cacheRead ?? 0;
  const cachedApart = (text?.cacheRead ?? audio?.cacheRead ?? image?.cacheRead) !== undefined;
  // The uncached rest of each modality depends on which modality was cached.
  if (cached > 0 && !cachedApart && audioTokens + imageTokens > 0) return Number.NaN;
  const written = usage.cacheWrite ?? 0;
  const cachedText = cached - cachedAudio - cachedImage;
  return (
    micros(total - audioTokens - imageTokens - cachedText - written, price) +
    micros(cachedText, cachedPrice) +
    micros(written, at(list.cacheWrite) ?? price) +
    micros(audioTokens - cachedAudio, audioPrice) +
    micros(cachedAudio, at(list.cacheReadAudio) ?? audioPrice) +
    // Without a price for image tokens, a model counts images as text tokens.
    micros(imageTokens - cachedImage, imagePrice ?? price) +
    micros(cachedImage, at(list.cacheReadImage) ?? imagePrice ?? cachedPrice)
  );
}

function outputMicros(list: PriceList, usage: PricedTokens, total: number, inputTokens: number): number {
  if (total === 0) return 0;
  const at = (price: Price | undefined) => priceAt(price, inputTokens);
  const { text, audio, image } = usage;
  const price = at(list.output);
  const audioPrice = at(list.outputAudio);
  const imagePrice = at(list.outputImage);
  const apart = (text?.output ?? audio?.output ?? image?.output) !== undefined;
  if (!apart && (differs(audioPrice, price) || differs(imagePrice, price))) return Number.NaN;
  const audioTokens = audio?.output ?? 0;
  const imageTokens = image?.output ?? 0;
  const reasoning = usage.reasoning ?? 0;
  return (
    micros(total - audioTokens - imageTokens - reasoning, price) +
    micros(reasoning, at(list.reasoning) ?? price) +
    micros(audioTokens, audioPrice) +
    micros(imageTokens, imagePrice ?? price)
  );
}

/** Returns `NaN` if the tokens have no price, or are negative because a part was larger than its total. */
function micros(tokens: number, price: number | undefined): number {
  if (tokens === 0) return 0;
  return tokens > 0 && price !== undefined ? tokens * price : Number.NaN;
}

function differs(price: number | undefined, base: number | undefined): boolean {
  return price !== undefined && price !== base;
}

function perToken(price: number | undefined): number | undefined {
  return price === undefined ? undefined : price / MILLION;
}

/** Prices of one model at one time, in units of the currency per million tokens. */
export interface PriceList {
  readonly currency: string;
  readonly input?: Price | undefined;
  readonly cacheRead?: Price | undefined;
  readonly cacheWrite?: Price | undefined;
  readonly output?: Price | undefined;
  readonly reasoning?: Price | undefined;
  readonly inputAudio?: Price | undefined;
  readonly cacheReadAudio?: Price | undefined;
  readonly outputAudio?: Price | undefined;
  readonly inputImage?: Price | undefined;
  readonly cacheReadImage?: Price | undefined;
  readonly outputImage?: Price | undefined;
  /** Whether all calls are free. */
  readonly free?: boolean | undefined;
}

/** A price, or a price that depends on the input tokens of the call: with a long context every token costs more. */
export type Price = number | TieredPrice;

interface TieredPrice {
  readonly base: number;
  /** In ascending order. A tier applies to calls with more input tokens than its `start`. */
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

function priceAt(price: Price | undefined, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.findLast((tier) => inputTokens > tier.start)?.price ?? price.base;
}
