/** One call of a model, as far as its price depends on it. */
export interface ModelCall {
  /** In the convention's names: `openai`, `azure.ai.openai`, `groq` … */
  readonly provider?: string | undefined;
  /** Host that answered; `openai` is also the provider of whoever speaks its API. */
  readonly serverAddress?: string | undefined;
  /** What was asked for; with Azure a deployment's name, which says nothing of the model. */
  readonly requestModel?: string | undefined;
  /** What answered, which names the snapshot. */
  readonly responseModel?: string | undefined;
  /** That of the answer, else of the request; absent where neither says one. */
  readonly serviceTier?: string | undefined;
  /** `chat`, `embeddings`, `transcription` … */
  readonly operation?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly usage: TokenUsage;
}

/** Tiers at the price that a list has; others (`flex`, `priority`, `scale`, `batch`) have prices of their own. */
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

/** Tokens of one modality, which are parts of the totals. */
interface ModalityTokens {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Part of `input`. */
  readonly cacheRead?: number | undefined;
}

/** What a call used, in the manner of OpenAI: the two totals, and parts of them that must not be added again. */
export interface TokenUsage {
  /** All input tokens: those read from the cache and written to it are among them. */
  readonly input?: number | undefined;
  /** All output tokens: those of reasoning are among them. */
  readonly output?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoning?: number | undefined;
  /** Only where the provider tells them apart. */
  readonly text?: ModalityTokens | undefined;
  readonly image?: ModalityTokens | undefined;
  readonly audio?: ModalityTokens | undefined;
}
