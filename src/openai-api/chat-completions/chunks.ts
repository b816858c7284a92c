import {
  asArray,
  asInteger,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { entryAt } from '../choices.js';
import type { ChunkAccumulator } from '../client-operation.js';
import { errorIn, isReportedError } from '../model-response.js';
import { laterUsage } from '../usage.js';
import { PartialSpeech, withPiece } from './streamed-content.js';
import { addFunctionCall, type PartialFunctionCall, PartialToolCalls } from './tool-calls.js';

interface PartialChoice {
  index: number;
  message: {
    role: string;
    content: string | UnknownRecord[];
    refusal: string;
    /** The images that a model of OpenRouter generates. */
    images?: unknown[];
    readonly tool_calls: PartialToolCalls['calls'];
    /** The call of older models, before tools. */
    function_call?: PartialFunctionCall;
    audio?: { transcript: string; bytes?: number; sha256?: string };
    /** The reasoning of compatible providers' models, for which there are two names. */
    reasoning_content?: string;
    reasoning?: string;
  };
  finish_reason: string | null;
  error?: unknown;
  usage?: UnknownRecord;
  readonly toolCalls: PartialToolCalls;
  readonly speech: PartialSpeech;
}

/** Assembles `chat.completion.chunk`s into a `chat.completion`. */
export class ChatChunks implements ChunkAccumulator {
  readonly #response: { choices: PartialChoice[]; [key: string]: unknown } = { choices: [] };
  readonly #keepContent: boolean;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get response(): unknown {
    for (const { message, speech } of this.#response.choices) {
      if (speech.begun) message.audio = speech.audio;
    }
    return this.#response;
  }

  get complete(): boolean {
    const { choices } = this.#response;
    return choices.length > 0 && choices.every((choice) => choice.finish_reason !== null);
  }

  add(chunk: unknown): void {
    if (!isRecord(chunk)) return;
    // Every chunk repeats these. The first is enough, but Azure's first chunk has only empty texts, and the tier that was
    // really used may come last.
    this.#response.id ||= chunk.id;
    this.#response.model ||= chunk.model;
    this.#response.system_fingerprint ||= chunk.system_fingerprint;
    this.#response.service_tier = chunk.service_tier || this.#response.service_tier;
    // The client does not throw those that are not nested.
    const error = errorIn(chunk);
    if (error !== undefined) this.#response.error = error;
    if (isRecord(chunk.usage)) this.#response.usage = laterUsage(this.#response.usage, chunk.usage);
    if (isRecord(chunk.x_groq) && isRecord(chunk.x_groq.usage)) this.#response.x_groq = chunk.x_groq;
    for (const choice of asArray(chunk.choices)) if (isRecord(choice)) this.#addChoice(choice);
  }

  #addChoice(part: UnknownRecord): void {
    const choice = entryAt(this.#response.choices, asInteger(part.index) ?? 0, newChoice);
    if (choice === undefined) return;
    choice.finish_reason = asNonEmptyString(part.finish_reason) ?? choice.finish_reason;
    if (isReportedError(part.error)) choice.error = part.error;
    if (isRecord(part.usage)) choice.usage = laterUsage(choice.usage, part.usage);
    const delta = asRecord(part.delta);
    if (delta === undefined || !this.#keepContent) return;
    const { message } = choice;
    message.role = asNonEmptyString(delta.role) ?? message.role;
    if (delta.content) message.content = withPiece(message.content, delta.content);
    message.refusal += asString(delta.refusal) ?? '';
    for (const call of asArray(delta.tool_calls)) if (isRecord(call)) choice.toolCalls.add(call);
    if (isRecord(delta.function_call)) {
      message.function_call ??= { name: '', arguments: '' };
      addFunctionCall(message.function_call, delta.function_call);
    }
    for (const name of ['reasoning_content', 'reasoning'] as const) {
      const reasoning = asNonEmptyString(delta[name]);
      if (reasoning !== undefined) message[name] = (message[name] ?? '') + reasoning;
    }
    const images = asArray(delta.images);
    if (images.length > 0) message.images = [...(message.images ?? []), ...images];
    const audio = asRecord(delta.audio);
    if (audio !== undefined) choice.speech.add(audio);
  }
}

function newChoice(index: number): PartialChoice {
  const toolCalls = new PartialToolCalls();
  const speech = new PartialSpeech();
  return {
    index,
    message: { role: 'assistant', content: '', refusal: '', tool_calls: toolCalls.calls },
    finish_reason: null,
    toolCalls,
    speech,
  };
}
