import type { ModalityUsage, Usage } from '../openai/usage.js';
import type { TokenCounterName } from './instruments.js';

/** Values of `gen_ai.token.modality` that this package writes. */
export type Modality = 'text' | 'image' | 'audio' | 'unknown';

export interface TokenCount {
  readonly counter: TokenCounterName;
  readonly modality: Modality;
  readonly tokens: number;
}

/**
 * A call's tokens as the counters want them: each token once, under the modality that the provider gave it. What it
 * did not break down is `unknown`, also for a request of nothing but text, since that is not said.
 */
export function tokenCounts(usage: Usage): TokenCount[] {
  return [
    ...byModality('inputTokens', usage.inputTokens, usage),
    ...byModality('outputTokens', usage.outputTokens, usage),
    ...byModality('cacheReadInputTokens', usage.cacheReadInputTokens, usage),
    ...byModality('cacheWriteInputTokens', usage.cacheWriteInputTokens, undefined),
    ...byModality('reasoningOutputTokens', usage.reasoningOutputTokens, undefined),
  ];
}

function byModality(
  counter: TokenCounterName,
  total: number | undefined,
  breakdown: Usage | undefined,
): TokenCount[] {
  if (total === undefined) return [];
  const counts: TokenCount[] = [];
  let rest = total;
  for (const modality of ['text', 'image', 'audio'] as const) {
    const part = breakdown?.[modality]?.[counter as keyof ModalityUsage] ?? 0;
    // More than is left is a fault of the provider's; the sum is what is billed.
    const tokens = Math.min(part, rest);
    if (tokens <= 0) continue;
    counts.push({ counter, modality, tokens });
    rest -= tokens;
  }
  if (rest > 0) counts.push({ counter, modality: 'unknown', tokens: rest });
  return counts;
}
