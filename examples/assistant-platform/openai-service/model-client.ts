/** Single calls of the model: with retries, the circuit, a timeout and the cache. */
import { APIUserAbortError, type OpenAI } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { Resilience } from '../errors/resilience.js';
import { UpstreamTimeout } from '../errors/upstream-problem.js';
import { AnswerAssembly, type ModelAnswer, readCompletion } from './model-answer.js';
import type { ResponseCache } from './response-cache.js';

/** Everything of a request but whether it is streamed. */
export type ModelRequest = Omit<ChatCompletionCreateParamsNonStreaming, 'stream'>;

/** Takes a piece of the answer. While its promise is pending, the stream is not read further. */
export type OnText = (text: string) => void | Promise<void>;

export interface ModelClientParts {
  readonly client: OpenAI;
  readonly resilience: Resilience;
  readonly cache: ResponseCache;
  /** Longest wait for an answer, for the start of a stream and between two of its chunks. */
  readonly timeoutMs: number;
}

/** All methods throw a ProblemError if the endpoint fails. Their signal aborts when the client leaves. */
export class ModelClient {
  readonly #parts: ModelClientParts;

  constructor(parts: ModelClientParts) {
    this.#parts = parts;
  }

  async complete(request: ModelRequest, signal?: AbortSignal): Promise<ModelAnswer> {
    const { client, cache, resilience } = this.#parts;
    try {
      const { answer, cached } = await cache.get(request, () =>
        this.attempt((options) => client.chat.completions.create(request, options), signal),
      );
      return readCompletion(answer, cached);
    } catch (error) {
      throw resilience.problem(error);
    }
  }

  /** Passes text on as it arrives. There is no retry after the first chunk, because the client has seen it. */
  async stream(request: ModelRequest, onText: OnText, signal?: AbortSignal): Promise<ModelAnswer> {
    const { client, resilience, timeoutMs } = this.#parts;
    const streamed = { ...request, stream: true, stream_options: { include_usage: true } } as const;
    const deadline = new Deadline(timeoutMs, signal);
    try {
      const chunks = await resilience.call(
        () => deadline.guard(() => client.chat.completions.create(streamed, { signal: deadline.signal })),
        signal,
      );
      return await deadline.guard(async () => {
        const assembly = new AnswerAssembly();
        for await (const chunk of chunks) {
          // A slow client is not a slow model.
          deadline.stop();
          const text = assembly.add(chunk);
          if (text !== '') await onText(text);
          deadline.start();
        }
        return assembly.finish();
      });
    } catch (error) {
      throw resilience.problem(error);
    }
  }

  /** Calls any method of the client, again if the failure may pass. */
  attempt<T>(action: (options: { signal: AbortSignal }) => PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    const { resilience, timeoutMs } = this.#parts;
    return resilience.call(() => {
      const deadline = new Deadline(timeoutMs, signal);
      return deadline.guard(() => action({ signal: deadline.signal }));
    }, signal);
  }
}

/** Aborts its signal when the time is over or the caller leaves. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #expiry = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #millis: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(millis: number, caller: AbortSignal | undefined) {
    this.#millis = millis;
    this.#caller = caller;
    this.signal = caller ? AbortSignal.any([this.#expiry.signal, caller]) : this.#expiry.signal;
  }

  /** Starts the time, anew if it runs already. */
  start(): void {
    this.stop();
    this.#timer = setTimeout(() => this.#expiry.abort(), this.#millis);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Runs an action against the time. Its failure after an abort is reported as the reason of the abort. */
  async guard<T>(action: () => PromiseLike<T>): Promise<T> {
    this.start();
    try {
      return await action();
    } catch (error) {
      if (this.#caller?.aborted) throw new APIUserAbortError();
      if (this.#expiry.signal.aborted) throw new UpstreamTimeout('the model did not answer in time');
      throw error;
    } finally {
      this.stop();
    }
  }
}
