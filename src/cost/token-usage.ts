/** Tokens of one modality, which are parts of the totals. */
export interface ModalityTokens {
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
