/** What a run costs, from the list of prices that the audit events use as well. */
import type { Usage } from '@openai/agents';
import { calcPrice } from '@pydantic/genai-prices';
import type { Pricing } from './run-result.js';

/** @param model - a model of OpenAI; without a listed price runs have no cost. */
export function priceOf(model: string): Pricing {
  return (usage: Usage) => {
    let dollars = 0;
    // Request by request, since a long request can have another price.
    for (const { inputTokens, outputTokens, inputTokensDetails } of usage.requestUsageEntries ?? []) {
      const tokens = {
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        cache_read_tokens: inputTokensDetails.cached_tokens ?? 0,
      };
      const price = calcPrice(tokens, model, { providerId: 'openai' });
      if (price === null) return undefined;
      dollars += price.total_price;
    }
    return dollars;
  };
}
