import type { Attributes } from '@opentelemetry/api';
import { ownMembers, type UnknownRecord } from '../json/readers.js';
import type { Failure } from '../semconv/failure.js';
import type { ContentAttributes, Message } from '../semconv/messages.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import type { Fact } from '../signals/signal-channel.js';
import type { HostedCallReader } from './hosted-tool-call.js';
import type { ModelResponse } from './model-response.js';

/** Puts a stream's chunks together to the response that the same call would have given without streaming. */
export interface ChunkAccumulator {
  add(chunk: unknown): void;
  /** What has arrived so far, in the shape of the API's plain response. */
  readonly response: unknown;
  /** Whether the model said all it had to say, so that a reader who stops now has not cut it off. */
  readonly complete: boolean;
  /** Set once a chunk said that the call failed, where the client hands that on as a chunk instead of throwing. */
  readonly failure?: Failure | undefined;
}

/** A method's arguments, told apart: what is asked, and how the request is to be made. */
export interface CallArguments {
  readonly request: UnknownRecord;
  readonly options: unknown;
}

/**
 * One method of the client that gets a span: where the client has it and how its arguments, its response and its
 * chunks read. All functions are pure and take what the SDK was given or gives, unchecked.
 */
export interface ClientOperation {
  /** Path from the client class to the resource class that has the method. */
  readonly resource: readonly string[];
  readonly method: string;
  /** Every version from 5.0.1 on has it, so its absence is worth a warning. */
  readonly everywhere: boolean;
  /** Value of `gen_ai.operation.name`; absent where the convention has none for this. */
  readonly operationName?: string;
  /** Value of `openai_agents.span.type`, where there is no operation name. */
  readonly spanType?: string;
  /** The attribute whose value ends the span's name. */
  readonly spanTarget?: string;

  readArguments(args: readonly unknown[]): CallArguments;
  /** Attributes of the request, those that samplers want among them. */
  requestAttributes(request: UnknownRecord): Attributes;
  /** Messages of the request. */
  requestDetails?(request: UnknownRecord): ModelRequestDetails;
  /** Content of the request that is not messages. */
  requestContent?(request: UnknownRecord): ContentAttributes;
  /** How many answers are due, each with a finish reason; absent where the API gives none. */
  choiceCount?(request: UnknownRecord): number;
  /** `undefined` when the value is not a response of this operation. */
  readResponse(value: unknown, request: UnknownRecord): ModelResponse | undefined;
  /** Content of the response: one message a choice. */
  outputMessages?(value: unknown): Message[];
  /** Content of the response that is not messages. */
  responseContent?(value: unknown): ContentAttributes;
  /** @param keepContent - whether anybody will read the content; without it only counts and reasons are kept. */
  accumulateChunks?(keepContent: boolean): ChunkAccumulator;
  /** What the call did beside calling a model. Called once, with the response of a call that succeeded. */
  facts?(value: unknown, request: UnknownRecord): readonly Fact[];
  /** The tools that the provider runs within a response; absent where it runs none. */
  readonly hostedCalls?: HostedCallReader;
}

/** The arguments of most methods: `create(body, options)`. */
export function bodyAndOptions([body, options]: readonly unknown[]): CallArguments {
  return { request: ownMembers(body), options };
}
