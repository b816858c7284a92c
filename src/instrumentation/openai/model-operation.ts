import type { Attributes } from '@opentelemetry/api';
import type { Message } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import type { ModelResponse } from './model-response.js';

/** Puts a stream's chunks together to the response that the same call would have given without streaming. */
export interface ChunkAccumulator {
  add(chunk: unknown): void;
  /** What has arrived so far, in the shape of the API's plain response. */
  readonly response: unknown;
  /** Whether the model said all it had to say, so that a reader who stops now has not cut it off. */
  readonly complete: boolean;
}

/**
 * One kind of model call: where the client has it and how its request, response and chunks read. All functions are
 * pure and take what the SDK was given or gives, unchecked.
 */
export interface ModelOperation {
  /** Path from the client class to the resource class whose `create` makes the call. */
  readonly resource: readonly string[];
  /** Value of `gen_ai.operation.name`. */
  readonly operationName: string;
  /** Attributes of the request, those that samplers want among them. */
  requestAttributes(body: unknown): Attributes;
  /** Content of the request. */
  requestDetails(body: unknown): ModelRequestDetails;
  /** `undefined` when the value is not a response of this operation. */
  readResponse(value: unknown): ModelResponse | undefined;
  /** Content of the response: one message a choice. */
  outputMessages(value: unknown): Message[];
  /** @param keepContent - whether anybody will read the content; without it only counts and reasons are kept. */
  accumulateChunks(keepContent: boolean): ChunkAccumulator;
}
