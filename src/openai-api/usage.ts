import type { Attributes } from '@opentelemetry/api';
import { asInteger, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import { setIfDefined } from '../semconv/set-attribute.js';

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
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS, usage.inputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS, usage.outputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, usage.cacheReadInputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, usage.cacheWriteInputTokens);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS, usage.reasoningOutputTokens);
  if (text !== undefined) {
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_TEXT_INPUT_TOKENS, text.inputTokens);
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_TEXT_OUTPUT_TOKENS, text.outputTokens);
    setIfDefined(
      attributes,
      semconv.ATTR_GEN_AI_USAGE_TEXT_CACHE_READ_INPUT_TOKENS,
      text.cacheReadInputTokens,
    );
  }
  if (image !== undefined) {
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_IMAGE_INPUT_TOKENS, image.inputTokens);
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_IMAGE_OUTPUT_TOKENS, image.outputTokens);
    setIfDefined(
      attributes,
      semconv.ATTR_GEN_AI_USAGE_IMAGE_CACHE_READ_INPUT_TOKENS,
      image.cacheReadInputTokens,
    );
  }
  if (audio !== undefined) {
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_AUDIO_INPUT_TOKENS, audio.inputTokens);
    setIfDefined(attributes, semconv.ATTR_GEN_AI_USAGE_AUDIO_OUTPUT_TOKENS, audio.outputTokens);
    setIfDefined(
      attributes,
      semconv.ATTR_GEN_AI_USAGE_AUDIO_CACHE_READ_INPUT_TOKENS,
      audio.cacheReadInputTokens,
    );
  }
}

/** Tokens by modality, as the details of a usage's input and output break them down, in all APIs alike. */
export function readModalityUsage(
  input: UnknownRecord | undefined,
  output: UnknownRecord | undefined,
): Pick<Usage, 'text' | 'image' | 'audio'> {
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
