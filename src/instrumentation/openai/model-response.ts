/** What a model's answer says beside its content, the same for every API; and its attributes. */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_RESPONSE_ID,
  ATTR_GEN_AI_RESPONSE_MODEL,
  ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_OPENAI_RESPONSE_SERVICE_TIER,
  ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
} from '../../semconv/attributes.js';
import type { Failure } from '../failure.js';

/** Billed tokens; the cached, cache-written, reasoning and audio counts are parts of the first two. */
export interface Usage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
  cacheWriteInputTokens?: number | undefined;
  reasoningOutputTokens?: number | undefined;
  audioInputTokens?: number | undefined;
  audioOutputTokens?: number | undefined;
}

export interface ModelResponse {
  id?: string | undefined;
  model?: string | undefined;
  /** One a choice, in the provider's words; empty while the answer is not complete. */
  finishReasons: readonly string[];
  usage?: Usage | undefined;
  serviceTier?: string | undefined;
  systemFingerprint?: string | undefined;
  /** Set when the API answered with a failure instead of throwing one. */
  failure?: Failure | undefined;
}

export function modelResponseAttributes(response: ModelResponse): Attributes {
  const { usage } = response;
  // The SDK drops attributes whose value is undefined, so absent stays absent.
  return {
    [ATTR_GEN_AI_RESPONSE_ID]: response.id,
    [ATTR_GEN_AI_RESPONSE_MODEL]: response.model,
    [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]:
      response.finishReasons.length > 0 ? [...response.finishReasons] : undefined,
    [ATTR_OPENAI_RESPONSE_SERVICE_TIER]: response.serviceTier,
    [ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT]: response.systemFingerprint,
    [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage?.inputTokens,
    [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage?.outputTokens,
    [ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: usage?.cacheReadInputTokens,
    [ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS]: usage?.cacheWriteInputTokens,
    [ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS]: usage?.reasoningOutputTokens,
    [ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS]: usage?.audioInputTokens,
    [ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS]: usage?.audioOutputTokens,
  };
}
