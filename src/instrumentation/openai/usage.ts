import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS,
} from '../../semconv/attributes.js';
import { setPresent } from '../../semconv/present-attribute.js';

/** Tokens of one modality: parts of the totals. */
export interface ModalityUsage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
}

/** Billed tokens; all but the first two are parts of those. */
export interface Usage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
  cacheWriteInputTokens?: number | undefined;
  reasoningOutputTokens?: number | undefined;
  /** Only what the provider broke down itself. */
  text?: ModalityUsage | undefined;
  image?: ModalityUsage | undefined;
  audio?: ModalityUsage | undefined;
}

export function setUsage(attributes: Attributes, usage: Usage): void {
  const { text, image, audio } = usage;
  setPresent(attributes, ATTR_GEN_AI_USAGE_INPUT_TOKENS, usage.inputTokens);
  setPresent(attributes, ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, usage.outputTokens);
  setPresent(attributes, ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, usage.cacheReadInputTokens);
  setPresent(attributes, ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, usage.cacheWriteInputTokens);
  setPresent(attributes, ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, usage.reasoningOutputTokens);
  if (text !== undefined) {
    setPresent(attributes, ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS, text.inputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS, text.outputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS, text.cacheReadInputTokens);
  }
  if (image !== undefined) {
    setPresent(attributes, ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS, image.inputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS, image.outputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS, image.cacheReadInputTokens);
  }
  if (audio !== undefined) {
    setPresent(attributes, ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS, audio.inputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS, audio.outputTokens);
    setPresent(attributes, ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS, audio.cacheReadInputTokens);
  }
}
