import type { Attributes } from '@opentelemetry/api';
import { asInteger, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { setIfDefined } from '../semconv/set-attribute.js';

/** Tokens of one modality, which are parts of the totals. */
export interface ModalityUsage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
}

/** Billed tokens. All but the first two are parts of the first two. */
export interface ModelUsage {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
  cacheWriteInputTokens?: number | undefined;
  reasoningOutputTokens?: number | undefined;
  /** Set only if the provider broke the tokens down by modality. */
  text?: ModalityUsage | undefined;
  image?: ModalityUsage | undefined;
  audio?: ModalityUsage | undefined;
}

const MODALITIES = ['text', 'image', 'audio'] as const;

const MODALITY_ATTRIBUTES = {
  text: {
    input: semconv.ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS,
    output: semconv.ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS,
    cacheRead: semconv.ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS,
  },
  image: {
    input: semconv.ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS,
    output: semconv.ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS,
    cacheRead: semconv.ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS,
  },
  audio: {
    input: semconv.ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS,
    output: semconv.ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS,
    cacheRead: semconv.ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
  },
} as const;

export function setUsage(attributes: Attributes, usage: ModelUsage): void {
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS, usage.inputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, usage.outputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, usage.cacheReadInputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, usage.cacheWriteInputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, usage.reasoningOutputTokens);
  for (const modality of MODALITIES) {
    const tokens = usage[modality];
    if (tokens === undefined) continue;
    const names = MODALITY_ATTRIBUTES[modality];
    setIfDefined(attributes, names.input, tokens.inputTokens);
    setIfDefined(attributes, names.output, tokens.outputTokens);
    setIfDefined(attributes, names.cacheRead, tokens.cacheReadInputTokens);
  }
}

/** Reads the tokens by modality from the details of a usage's input and output, which all APIs share. */
export function readModalityUsage(
  input: UnknownRecord | undefined,
  output: UnknownRecord | undefined,
): Pick<ModelUsage, 'text' | 'image' | 'audio'> {
  const cacheRead = asRecord(input?.cached_tokens_details);
  const read = (member: string): ModalityUsage | undefined => {
    const inputTokens = asInteger(input?.[member]);
    const outputTokens = asInteger(output?.[member]);
    const cacheReadInputTokens = asInteger(cacheRead?.[member]);
    const known = inputTokens ?? outputTokens ?? cacheReadInputTokens;
    return known === undefined ? undefined : { inputTokens, outputTokens, cacheReadInputTokens };
  };
  return { text: read('text_tokens'), image: read('image_tokens'), audio: read('audio_tokens') };
}

/** Reads the usage of the Responses API, and of the image, audio and decision APIs, which have parts of it. */
export function readResponsesUsage(value: unknown): ModelUsage | undefined {
  if (!isRecord(value)) return undefined;
  // The audio API uses the singular.
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
