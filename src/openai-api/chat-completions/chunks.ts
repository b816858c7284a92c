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

interface PartialToolCall {
  index: number;
  id: string | undefined;
  type: string;
  function: { name: string; arguments: string };
  custom?: { name: string; input: string };
}

interface PartialChoice {
  index: number;
  message: {
    role: string;
    content: string;
    refusal: string;
    tool_calls: PartialToolCall[];
    /** The call of older models, before tools. */
    function_call?: { name: string; arguments: string };
    audio?: { transcript: string };
    /** The reasoning of compatible providers' models, for which there are two names. */
    reasoning_content?: string;
    reasoning?: string;
  };
  finish_reason: string | null;
}

/** Assembles `chat.completion.chunk`s into a `chat.completion`. */
export class ChatChunks implements ChunkAccumulator {
  readonly #response: { choices: PartialChoice[]; [key: string]: unknown } = { choices: [] };
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
    // Every chunk repeats these. The first is enough, but the tier that was really used may come last.
    this.#response.id ??= chunk.id;
    this.#response.model ??= chunk.model;
    this.#response.system_fingerprint ??= chunk.system_fingerprint;
    this.#response.service_tier = chunk.service_tier ?? this.#response.service_tier;
    if (isRecord(chunk.usage)) this.#response.usage = chunk.usage;
    for (const choice of asArray(chunk.choices)) if (isRecord(choice)) this.#addChoice(choice);
  }

  #addChoice(part: UnknownRecord): void {
    const choice = entryAt(this.#response.choices, asInteger(part.index) ?? 0, newChoice);
    if (choice === undefined) return;
    choice.finish_reason = asNonEmptyString(part.finish_reason) ?? choice.finish_reason;
    const delta = asRecord(part.delta);
    if (delta === undefined || !this.#keepContent) return;
    const { message } = choice;
    message.role = asNonEmptyString(delta.role) ?? message.role;
    message.content += asString(delta.content) ?? '';
    message.refusal += asString(delta.refusal) ?? '';
    for (const call of asArray(delta.tool_calls)) if (isRecord(call)) addToolCall(message.tool_calls, call);
    if (isRecord(delta.function_call)) {
      message.function_call ??= { name: '', arguments: '' };
      addFunctionCall(message.function_call, delta.function_call);
    }
    for (const name of ['reasoning_content', 'reasoning'] as const) {
      const reasoning = asNonEmptyString(delta[name]);
      if (reasoning !== undefined) message[name] = (message[name] ?? '') + reasoning;
    }
    const transcript = asNonEmptyString(asRecord(delta.audio)?.transcript);
    if (transcript !== undefined) {
      message.audio ??= { transcript: '' };
      message.audio.transcript += transcript;
    }
  }
}

function newChoice(index: number): PartialChoice {
  return {
    index,
    message: { role: 'assistant', content: '', refusal: '', tool_calls: [] },
    finish_reason: null,
  };
}

function addToolCall(calls: PartialToolCall[], part: UnknownRecord): void {
  const index = asInteger(part.index) ?? calls.length;
  const call = entryAt(calls, index, newToolCall);
  if (call === undefined) return;
  call.id ??= asNonEmptyString(part.id);
  if (isRecord(part.function)) addFunctionCall(call.function, part.function);
  const custom = asRecord(part.custom);
  if (custom !== undefined) {
    call.custom ??= { name: '', input: '' };
    call.custom.name += asString(custom.name) ?? '';
    call.custom.input += asString(custom.input) ?? '';
  }
}

function newToolCall(index: number): PartialToolCall {
  return { index, id: undefined, type: 'function', function: { name: '', arguments: '' } };
}

function addFunctionCall(call: { name: string; arguments: string }, part: UnknownRecord): void {
  call.name += asString(part.name) ?? '';
  call.arguments += asString(part.arguments) ?? '';
}
