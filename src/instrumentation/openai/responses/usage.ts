import { asInteger, asRecord, isRecord } from '../../../foreign/read.js';
import { readModalityUsage } from '../modality-usage.js';
import type { Usage } from '../usage.js';

/** The usage of the Responses API, and of the image, audio and decision APIs, which have parts of it. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  // The audio API has its own name for the same.
  const input = asRecord(value.input_tokens_details) ?? asRecord(value.input_token_details);
  const output = asRecord(value.output_tokens_details) ?? asRecord(value.output_token_details);
  return {
    inputTokens: asInteger(value.input_tokens),
    outputTokens: asInteger(value.output_tokens),
    cacheReadInputTokens: asInteger(input?.cached_tokens),
    cacheWriteInputTokens: asInteger(input?.cache_write_tokens),
    reasoningOutputTokens: asInteger(output?.reasoning_tokens),
    ...readModalityUsage(input, output),
  };
}
