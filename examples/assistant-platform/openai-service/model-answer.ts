/** One answer of the model, whether it came whole or in chunks, and whatever form its calls have. */
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { ContentFiltered, UnusableAnswer } from '../errors/upstream-problem.js';
import type { FunctionCall } from '../functions/registry.js';

export interface TokenUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

export const NO_TOKENS: TokenUsage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };

export function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}

/** A call with the id by which its result is matched. A call in the legacy form has no id. */
export interface RequestedCall extends FunctionCall {
  readonly id?: string;
}

export interface ModelAnswer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly refusal?: string;
  readonly calls: readonly RequestedCall[];
  /** Whether the model stopped at its token limit. */
  readonly truncated: boolean;
  readonly usage: TokenUsage;
  readonly cached: boolean;
}

/** @throws ContentFiltered or UnusableAnswer */
export function readCompletion(completion: ChatCompletion, cached: boolean): ModelAnswer {
  const [choice] = completion.choices;
  if (choice === undefined) throw new UnusableAnswer('the model sent no answer');
  const { message, finish_reason } = choice;
  const calls = (message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? { id: call.id, ...call.function } : [],
  );
  return finishAnswer({
    id: completion.id,
    model: completion.model,
    text: message.content ?? '',
    refusal: message.refusal ?? undefined,
    calls: message.function_call ? [...calls, { ...message.function_call }] : calls,
    finishReason: finish_reason,
    usage: readUsage(completion.usage),
    cached,
  });
}

/** Puts chunks together. */
export class AnswerAssembly {
  #id = '';
  #model = '';
  #text = '';
  #refusal: string | undefined;
  #usage = NO_TOKENS;
  #finishReason: string | undefined;
  #legacyCall: { name: string; arguments: string } | undefined;
  /** By the index that the chunks have. */
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();

  /** @returns the text that the chunk adds. */
  add(chunk: ChatCompletionChunk): string {
    this.#id ||= chunk.id;
    this.#model ||= chunk.model;
    if (chunk.usage) this.#usage = readUsage(chunk.usage);
    const [choice] = chunk.choices;
    if (choice === undefined) return '';
    const { delta, finish_reason } = choice;
    this.#finishReason = finish_reason ?? this.#finishReason;
    for (const { index, id, function: part } of delta.tool_calls ?? []) {
      const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
      call.id ||= id ?? '';
      call.name += part?.name ?? '';
      call.arguments += part?.arguments ?? '';
      this.#calls.set(index, call);
    }
    if (delta.function_call) {
      this.#legacyCall ??= { name: '', arguments: '' };
      this.#legacyCall.name += delta.function_call.name ?? '';
      this.#legacyCall.arguments += delta.function_call.arguments ?? '';
    }
    if (delta.refusal) this.#refusal = (this.#refusal ?? '') + delta.refusal;
    const text = delta.content ?? '';
    this.#text += text;
    return text;
  }

  /** @throws ContentFiltered, or UnusableAnswer if the stream ended before the answer did. */
  finish(): ModelAnswer {
    if (this.#finishReason === undefined) throw new UnusableAnswer('the answer ended early');
    const calls = [...this.#calls.entries()].toSorted(([a], [b]) => a - b).map(([, call]) => call);
    return finishAnswer({
      id: this.#id,
      model: this.#model,
      text: this.#text,
      refusal: this.#refusal,
      calls: this.#legacyCall ? [...calls, this.#legacyCall] : calls,
      finishReason: this.#finishReason,
      usage: this.#usage,
      cached: false,
    });
  }
}

/** The model's answer as a message of the next request. */
export function answerMessage({ text, calls }: ModelAnswer): ChatCompletionMessageParam {
  const content = text === '' && calls.length > 0 ? null : text;
  const [first] = calls;
  if (first === undefined) return { role: 'assistant', content };
  if (first.id === undefined) {
    return { role: 'assistant', content, function_call: { name: first.name, arguments: first.arguments } };
  }
  return {
    role: 'assistant',
    content,
    tool_calls: calls.map(({ id = '', name, arguments: text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    })),
  };
}

/** The result of a call as a message, in the form of the call. */
export function resultMessage({ id, name }: RequestedCall, content: string): ChatCompletionMessageParam {
  return id === undefined ? { role: 'function', name, content } : { role: 'tool', tool_call_id: id, content };
}

type ReceivedAnswer = Omit<ModelAnswer, 'truncated' | 'refusal'> & {
  readonly refusal: string | undefined;
  readonly finishReason: string;
};

function finishAnswer({ finishReason, refusal, calls, ...rest }: ReceivedAnswer): ModelAnswer {
  if (finishReason === 'content_filter') throw new ContentFiltered('a content filter stopped the answer');
  const truncated = finishReason === 'length';
  return {
    ...rest,
    ...(refusal !== undefined && { refusal }),
    calls: truncated ? calls.map((call) => ({ ...call, truncated })) : calls,
    truncated,
  };
}

function readUsage(usage: ChatCompletion['usage'] | null): TokenUsage {
  if (!usage) return NO_TOKENS;
  return {
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
  };
}
