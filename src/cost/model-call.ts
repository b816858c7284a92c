/** The facts about a model call that determine its price. */
export interface ModelCall {
  /** Name in the semantic conventions: `openai`, `azure.ai.openai`, `groq`. */
  readonly provider?: string | undefined;
  /** Host of the service. It distinguishes OpenAI from other services with OpenAI's API, which are all `openai`. */
  readonly serverAddress?: string | undefined;
  /** Model in the request. With Azure it is the name of a deployment, which does not identify a model. */
  readonly requestModel?: string | undefined;
  /** Model in the response, with the date of its snapshot. */
  readonly responseModel?: string | undefined;
  /** Tier in the response, else in the request; `undefined` if neither has one. */
  readonly serviceTier?: string | undefined;
  /** `chat`, `embeddings`, `transcription` and so on. */
  readonly operation?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly usage: PricedTokens;
  /** The price that the server stated in its answer, in its own currency. */
  readonly statedCost?: number | undefined;
}

/** Tiers with the prices of the list. Other tiers (`flex`, `priority`, `scale`, `batch`) have prices of their own. */
const STANDARD: ReadonlySet<string | undefined> = new Set([
  undefined,
  'auto',
  'default',
  'standard',
  'on_demand',
]);

export function isStandardTier(tier: string | undefined): boolean {
  return STANDARD.has(tier);
}

/** Tokens of one modality. They are part of the totals. */
interface ModalityTokens {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Part of `input`. */
  readonly cacheRead?: number | undefined;
}

/** Token counts as OpenAI reports them: two totals, and parts of these totals that must not be added to them. */
export interface PricedTokens {
  /** All input tokens, including those read from the cache and written to it. */
  readonly input?: number | undefined;
  /** All output tokens, including reasoning tokens. */
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoning?: number | undefined;
  /** Tokens by modality, if the provider reports them. */
  readonly text?: ModalityTokens | undefined;
  readonly image?: ModalityTokens | undefined;
  readonly audio?: ModalityTokens | undefined;
}
