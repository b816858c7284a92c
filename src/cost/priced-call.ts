import type { TokenUsage } from './token-usage.js';

/** One call of a model, as far as its price depends on it. */
export interface PricedCall {
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
