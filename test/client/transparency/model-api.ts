import type { APIPromise, OpenAI } from 'openai';
import type { Stream } from 'openai/streaming';

type Options = OpenAI.RequestOptions;

/** An API of a model. Each scenario must hold for all of them. */
export interface ModelApi {
  readonly name: string;
  create(client: OpenAI, options?: Options): APIPromise<object>;
}

export interface StreamingApi extends ModelApi {
  open(client: OpenAI, options?: Options): APIPromise<Stream<object>>;
}

export const MESSAGES = [{ role: 'user' as const, content: 'What is the capital of France?' }];

export const CHAT: StreamingApi = {
  name: 'chat',
  create: (client, options) =>
    client.chat.completions.create({ model: 'plain', messages: MESSAGES }, options),
  open: (client, options) =>
    client.chat.completions.create({ model: 'plain', messages: MESSAGES, stream: true }, options),
};

export const RESPONSES: StreamingApi = {
  name: 'responses',
  create: (client, options) => client.responses.create({ model: 'plain', input: MESSAGES }, options),
  open: (client, options) =>
    client.responses.create({ model: 'plain', input: MESSAGES, stream: true }, options),
};

export const EMBEDDINGS: ModelApi = {
  name: 'embeddings',
  create: (client, options) =>
    client.embeddings.create({ model: 'text-embedding-3-small', input: 'x', dimensions: 2 }, options),
};

export const STREAMING_APIS: readonly StreamingApi[] = [CHAT, RESPONSES];
export const MODEL_APIS: readonly ModelApi[] = [CHAT, RESPONSES, EMBEDDINGS];

/** Headers that make the model server produce a fault, counted separately for each call. */
export function withFault(fault: string): { headers: Record<string, string> } {
  return { headers: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() } };
}
