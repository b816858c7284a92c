import type { Attributes } from '@opentelemetry/api';
import {
  asArray,
  asInteger,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage } from '../semconv/messages.js';
import { OPERATION_TEXT_COMPLETION } from '../semconv/operations.js';
import { setIfDefined } from '../semconv/set-attribute.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { readChatResponse } from './chat-completions/response.js';
import { entryAt } from './choices.js';
import { bodyAndOptions, type ChunkAccumulator, type ClientOperation } from './client-operation.js';
import { textParts } from './message-parts.js';
import { isReportedError } from './model-response.js';
import { addSamplingAttributes, requestedChoices } from './request-attributes.js';
import { textsOf, userMessages } from './text-or-tokens.js';
import { laterUsage } from './usage.js';

export const completions: ClientOperation = {
  resource: ['Completions'],
  method: 'create',
  everywhere: true,
  operationName: OPERATION_TEXT_COMPLETION,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: completionRequestAttributes,
  requestDetails: completionRequestDetails,
  choiceCount: completionChoiceCount,
  readResponse: readChatResponse,
  answer: 'a completion',
  outputMessages: completionOutputMessages,
  accumulateChunks: (keepContent) => new CompletionChunks(keepContent),
};

interface TextChoice {
  readonly index: number;
  text: string;
  finish_reason: string | null;
  error?: unknown;
}

/** Assembles streamed `text_completion` chunks, each with a piece of a choice's text, into one completion. */
export class CompletionChunks implements ChunkAccumulator {
  readonly #response: { choices: TextChoice[]; [key: string]: unknown } = { choices: [] };
  readonly #keepContent: boolean;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get response(): unknown {
    return this.#response;
  }

  get complete(): boolean {
    const { choices } = this.#response;
    return choices.length > 0 && choices.every((choice) => choice.finish_reason !== null);
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    this.#response.id ||= chunk.id;
    this.#response.model ||= chunk.model;
    this.#response.system_fingerprint ||= chunk.system_fingerprint;
    if (isReportedError(chunk.error)) this.#response.error = chunk.error;
    if (isRecord(chunk.usage)) this.#response.usage = laterUsage(this.#response.usage, chunk.usage);
    if (isRecord(chunk.x_groq) && isRecord(chunk.x_groq.usage)) this.#response.x_groq = chunk.x_groq;
    for (const choice of asArray(chunk.choices)) if (isRecord(choice)) this.#addChoice(choice);
  }

  #addChoice(part: UnknownRecord): void {
    const choice = entryAt(this.#response.choices, asInteger(part.index) ?? 0, newChoice);
    if (choice === undefined) return;
    choice.finish_reason = asNonEmptyString(part.finish_reason) ?? choice.finish_reason;
    if (isReportedError(part.error)) choice.error = part.error;
    if (this.#keepContent) choice.text += asString(part.text) ?? '';
  }
}

function newChoice(index: number): TextChoice {
  return { index, text: '', finish_reason: null };
}

export function completionRequestDetails(request: UnknownRecord): ModelRequestDetails {
  return { messages: userMessages(request.prompt) };
}

export function completionOutputMessages(response: unknown): GenAiMessage[] {
  return asArray(asRecord(response)?.choices).map((choice) => ({
    role: 'assistant',
    parts: textParts(asRecord(choice)?.text),
  }));
}

/** `openai.api.type` is absent, because it has no value for this API. */
export function completionRequestAttributes(request: UnknownRecord): Attributes {
  const attributes: Attributes = {};
  addSamplingAttributes(attributes, request);
  setIfDefined(attributes, semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS, asInteger(request.max_tokens));
  return attributes;
}

/** The API gives `n` answers to each prompt, and one set of answers to a request without a prompt. */
export function completionChoiceCount(request: UnknownRecord): number {
  return requestedChoices(request.n, Math.max(textsOf(request.prompt).length, 1));
}
