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

export interface TieredPrice {
  readonly base: number;
  /** In ascending order; each holds for calls of more input tokens than its `start`. */
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
}

export function priceAt(price: Price | undefined, inputTokens: number): number | undefined {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.findLast((tier) => inputTokens > tier.start)?.price ?? price.base;
}
