import type { Attributes } from '@opentelemetry/api';
import { asCount, asNumber, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
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
  /** The price of the call as the server states it, in the server's currency. */
  cost?: number | undefined;
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
  setIfDefined(attributes, semconv.ATTR_OPENAI_AGENTS_USAGE_COST, usage.cost);
  for (const modality of MODALITIES) {
    const tokens = usage[modality];
    if (tokens === undefined) continue;
    const names = MODALITY_ATTRIBUTES[modality];
    setIfDefined(attributes, names.input, tokens.inputTokens);
    setIfDefined(attributes, names.output, tokens.outputTokens);
    setIfDefined(attributes, names.cacheRead, tokens.cacheReadInputTokens);
  }
}

/** Reads the tokens of one modality from the details of a usage's input and output, which all APIs share. */
function readModality(
  input: UnknownRecord | undefined,
  output: UnknownRecord | undefined,
  member: string,
): ModalityUsage | undefined {
  const inputTokens = asCount(input?.[member]);
  const outputTokens = asCount(output?.[member]);
  const cacheReadInputTokens = asCount(asRecord(input?.cached_tokens_details)?.[member]);
  const known = inputTokens ?? outputTokens ?? cacheReadInputTokens;
  return known === undefined ? undefined : { inputTokens, outputTokens, cacheReadInputTokens };
}

/**
 * Reads the usage of Chat Completions or of the Responses API, which differ in the names of the members. Some compatible
 * servers answer one API with the usage of the other. Parts of the APIs for images, audio and decisions are the same.
 *
 * Beside OpenAI's members it reads those of known servers, in the places where they have them; `docs/providers.md`
 * lists them.
 */
export function readUsage(value: unknown): ModelUsage | undefined {
  if (!isRecord(value)) return undefined;
  // The audio API uses the singular.
  const input =
    asRecord(value.prompt_tokens_details) ??
    asRecord(value.input_tokens_details) ??
    asRecord(value.input_token_details);
  const output =
    asRecord(value.completion_tokens_details) ??
    asRecord(value.output_tokens_details) ??
    asRecord(value.output_token_details);
  const inputTokens = asCount(value.prompt_tokens) ?? asCount(value.input_tokens);
  const reasoningOutputTokens = asCount(output?.reasoning_tokens) ?? asCount(value.reasoning_tokens);
  return {
    inputTokens,
    outputTokens: outputTokens(value, inputTokens, reasoningOutputTokens),
    cacheReadInputTokens:
      asCount(input?.cached_tokens) ??
      // DeepSeek, Moonshot, and LiteLLM for Anthropic's models.
      asCount(value.prompt_cache_hit_tokens) ??
      asCount(value.cached_tokens) ??
      asCount(value.cache_read_input_tokens),
    cacheWriteInputTokens:
      asCount(input?.cache_write_tokens) ??
      asCount(input?.cache_creation_tokens) ??
      asCount(value.cache_creation_input_tokens),
    reasoningOutputTokens,
    text: readModality(input, output, 'text_tokens'),
    image: readModality(input, output, 'image_tokens'),
    audio: readModality(input, output, 'audio_tokens'),
    cost: statedCost(value),
  };
}

/**
 * The convention counts reasoning as output. xAI keeps the two apart (Grok models, also on Vertex AI): its own total
 * then is the sum of input, output and reasoning, and says so.
 */
function outputTokens(
  usage: UnknownRecord,
  input: number | undefined,
  reasoning: number | undefined,
): number | undefined {
  const output = asCount(usage.completion_tokens) ?? asCount(usage.output_tokens);
  if (output === undefined || input === undefined || reasoning === undefined) return output;
  return asCount(usage.total_tokens) === input + output + reasoning ? output + reasoning : output;
}

/** OpenRouter states the price as a number, Perplexity as the total of a breakdown. */
function statedCost({ cost }: UnknownRecord): number | undefined {
  const amount = asNumber(cost) ?? asNumber(asRecord(cost)?.total_cost);
  return amount !== undefined && amount >= 0 ? amount : undefined;
}

/** Whether a usage has any count, unlike the `{}` of a server that has none to give. */
export function hasTokens(usage: ModelUsage | undefined): usage is ModelUsage {
  return usage !== undefined && (usage.inputTokens !== undefined || usage.outputTokens !== undefined);
}

/**
 * Returns the usage of a stream after a chunk with another one. Servers send it once, with every chunk as it grows, or in
 * parts, and some end with one that is empty. A number that is missing, negative or zero takes none away.
 */
export function laterUsage(known: unknown, later: UnknownRecord): UnknownRecord {
  if (!isRecord(known)) return later;
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(later)) {
    if (isRecord(value)) merged[name] = laterUsage(merged[name], value);
    else if (typeof value !== 'number') merged[name] ??= value;
    else if (value > 0 || typeof merged[name] !== 'number') merged[name] = value;
  }
  return merged;
}
