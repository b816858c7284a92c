import { asInteger, asNonEmptyString, asRecord, isRecord } from '../../json/readers.js';
import type { ModelResponseDetails } from '../model-response.js';
import { type ModelUsage, readModalityUsage } from '../usage.js';

/** Reads a chat completion, or a legacy completion, whose members have the same names. */
export function readChatResponse(value: unknown): ModelResponseDetails | undefined {
  if (!isRecord(value) || !Array.isArray(value.choices)) return undefined;
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    finishReasons: value.choices.map((choice) => asNonEmptyString(asRecord(choice)?.finish_reason)),
    usage: readChatUsage(value.usage),
    serviceTier: asNonEmptyString(value.service_tier),
    systemFingerprint: asNonEmptyString(value.system_fingerprint),
  };
}

export function readChatUsage(value: unknown): ModelUsage | undefined {
  if (!isRecord(value)) return undefined;
  const input = asRecord(value.prompt_tokens_details);
  const output = asRecord(value.completion_tokens_details);
  return {
    inputTokens: asInteger(value.prompt_tokens),
    outputTokens: asInteger(value.completion_tokens),
    cacheReadInputTokens: asInteger(input?.cached_tokens),
    cacheWriteInputTokens: asInteger(input?.cache_write_tokens),
    reasoningOutputTokens: asInteger(output?.reasoning_tokens),
    ...readModalityUsage(input, output),
  };
}
