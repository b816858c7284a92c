/** Builders of what a compatible server sends, and of what is expected of it. */

export interface SentAnswer {
  /** The body of a plain answer. */
  readonly plain: unknown;
  /** The events of a streamed answer, without the `[DONE]` at its end. */
  readonly stream: readonly unknown[];
}

interface ExpectedAnswer {
  readonly model: string;
  readonly id: string;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead?: number;
    readonly reasoning?: number;
  };
  readonly finish: string;
  /** The parts of the message: `text: Paris`, `tool_call: weather({"city":"Paris"})`. */
  readonly output: readonly string[];
  /** `cost.total_cost` of MODEL_INVOCATION_END; absent if it is not checked, as prices change. */
  readonly cost?: number;
}

export interface CompatibleServer {
  /** The first cell of the row in docs/providers.md. */
  readonly name: string;
  readonly baseURL: string;
  /** `gen_ai.provider.name`. */
  readonly provider: string;
  /** The cell of docs/providers.md that says what is particular about the server. */
  readonly particular: string;
  /** The report or page in which it was seen. */
  readonly source: string;
  readonly answer: SentAnswer;
  readonly expected: ExpectedAnswer;
  /** A failure with status 200, and the type and message of it. `thrown` if the client throws the streamed one. */
  readonly failure: SentAnswer & {
    readonly type: string;
    readonly streamedType?: string;
    readonly thrown?: boolean;
  };
}

export const usage = { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 };

type Members = Readonly<Record<string, unknown>>;

/** A chat completion with one choice. */
export function completion(
  id: string,
  model: string,
  message: Members,
  more: Members = {},
  choice: Members = {},
) {
  return {
    id,
    object: 'chat.completion',
    created: 1,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...message },
        finish_reason: message.tool_calls === undefined ? 'stop' : 'tool_calls',
        ...choice,
      },
    ],
    usage,
    ...more,
  };
}

/** Makes the chunks of one answer, which share its id and model. */
export function chunksOf(id: string, model: string) {
  const chunk = (choices: readonly unknown[], more: Members = {}) => ({
    id,
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices,
    ...more,
  });
  return {
    /** A piece of the message. */
    say: (delta: Members, more: Members = {}) => chunk([{ index: 0, delta, finish_reason: null }], more),
    /** The last piece of the choice. */
    end: (finish_reason: string, more: Members = {}, choice: Members = {}) =>
      chunk([{ index: 0, delta: {}, finish_reason, ...choice }], more),
    /** A chunk without choices. */
    bare: (more: Members) => chunk([], more),
  };
}

/** An error in the place of the answer, which the client throws if it is streamed. */
export const failureOf = (error: Members | string, type: string) => ({
  plain: { error },
  stream: [{ error }],
  type,
  thrown: true,
});
