import type { TokenUsage } from './model-call.js';

/** What a call's tokens cost, in the list's currency. */
export interface TokenCost {
  readonly inputCost: number;
  readonly outputCost: number;
  readonly totalCost: number;
  /** Of one uncached text token; absent where the list has no such price. */
  readonly inputRate: number | undefined;
  readonly outputRate: number | undefined;
}

const MILLION = 1_000_000;

/** Costs are multiples of this part of a unit, so that sums of doubles show no noise. */
const GRID = 1e12;

/**
 * The cost of a call, or nothing where the list and the usage do not tell it for certain: tokens of a kind that the
 * list has no price for, kinds with prices of their own that the usage does not tell apart, or parts that are more than
 * their whole.
 */
export function tokenCost(list: PriceList, usage: TokenUsage): TokenCost | undefined {
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

/** Rounds to the grid; a number that is too large for it has no noise that anybody sees. */
export function roundCost(value: number): number {
  const steps = value * GRID;
  return steps < Number.MAX_SAFE_INTEGER ? Math.round(steps) / GRID : value;
}

/** Shorter prompts are never cached with OpenAI: where nothing is said of the cache, nothing of them was in it. */
const MIN_CACHED_PROMPT = 1024;

const FREE: TokenCost = { inputCost: 0, outputCost: 0, totalCost: 0, inputRate: 0, outputRate: 0 };

/** In millionths of a unit: tokens times prices for a million. `NaN` where it is not certain. */
function inputMicros(list: PriceList, usage: TokenUsage, total: number): number {
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
  // Which of the modalities was cached decides what is left of each.
  if (cached > 0 && !cachedApart && audioTokens + imageTokens > 0) return Number.NaN;
  const written = usage.cacheWrite ?? 0;
  const cachedText = cached - cachedAudio - cachedImage;
  return (
    micros(total - audioTokens - imageTokens - cachedText - written, price) +
    micros(cachedText, cachedPrice) +
    micros(written, at(list.cacheWrite) ?? price) +
    micros(audioTokens - cachedAudio, audioPrice) +
    micros(cachedAudio, at(list.cacheReadAudio) ?? audioPrice) +
    // A model that sees counts an image as tokens of text, where it has no price of their own for them.
    micros(imageTokens - cachedImage, imagePrice ?? price) +
    micros(cachedImage, at(list.cacheReadImage) ?? imagePrice ?? cachedPrice)
  );
}

function outputMicros(list: PriceList, usage: TokenUsage, total: number, inputTokens: number): number {
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

/** `NaN` where the tokens are fewer than none, which their whole does not allow, or have no price. */
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

/** Prices of one model at one time, in a currency's units for a million tokens. */
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
  /** Calls cost nothing, whatever they use. */
  readonly free?: boolean | undefined;
}

/** A number, or one that the whole call's input tokens decide: a long context makes every token dearer. */
export type Price = number | TieredPrice;

interface TieredPrice {
  readonly base: number;
  /** In ascending order; each holds for calls of more input tokens than its `start`. */
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

function priceAt(price: Price | undefined, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.findLast((tier) => inputTokens > tier.start)?.price ?? price.base;
}
