import type { Attributes } from '@opentelemetry/api';
import type { JsonValue } from '../json/json.js';
import { withoutMedia } from '../json/media.js';
import { OwnData, withMembers } from '../json/own-data.js';
import type { UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { Failure } from '../semconv/failure.js';
import { type ContentAttributes, type GenAiMessage, withFinishReasons } from '../semconv/messages.js';
import type { Fact, ModelRequestDetails } from '../signals/signal.js';
import type { HostedCallReader } from './hosted-tool-call.js';
import type { ModelResponseDetails } from './model-response.js';

/** Assembles a stream's chunks into the response that the same call would have returned without streaming. */
export interface ChunkAccumulator {
  add(chunk: unknown): void;
  /** The part that has arrived so far, in the shape of the API's plain response. */
  readonly response: unknown;
  /** Whether the model has finished, so that an application that stops reading now does not cut the answer off. */
  readonly complete: boolean;
  /** Set once a chunk reported a failure that the client passes on as a chunk instead of throwing. */
  readonly failure?: Failure | undefined;
}

/** A method's arguments, as the application passed them. */
export interface CallArguments {
  /** The argument that the client serialises as the body, or sends as the query. */
  readonly body: unknown;
  /** Members of the request that are arguments of their own, such as an id in the path of the URL. */
  readonly members?: UnknownRecord;
  /** The options of the HTTP request. */
  readonly options: unknown;
}

/** Returns the request as a view of the application's objects. */
export function requestView({ body, members }: CallArguments, own = new OwnData()): UnknownRecord {
  return withMembers(own.record(body), members);
}

/**
 * One method of the client that is recorded: where the client has it and how to read its arguments, response and
 * chunks. All functions are pure. A request is a view of the application's object or the parsed body that was sent,
 * so reading it runs no code of the application. Results are unchecked and may throw, so callers guard the functions.
 */
export interface ClientOperation {
  /** Path from the client class to the resource class that has the method. */
  readonly resource: readonly string[];
  readonly method: string;
  /** Whether every version from 5.0.1 on has it, so that its absence is worth a warning. */
  readonly everywhere: boolean;
  /**
   * Set for a helper that calls this method of the same resource, and then polls until the work is done. That call is
   * part of the helper's and not recorded on its own.
   */
  readonly pollingHelperOf?: string;
  /** Value of `gen_ai.operation.name`; absent if the convention has no name for this operation. */
  readonly operationName?: string;
  /** Value of `openai_agents.span.type`; set if there is no operation name. */
  readonly callType?: string;
  /** Name of the attribute that says what the call is aimed at: `gen_ai.request.model` for `chat gpt-5`. */
  readonly targetAttribute?: string;

  readArguments(args: readonly unknown[]): CallArguments;
  /** Members of the request that are ids in the path of the URL; absent if its path has none. */
  pathMembers?(ids: readonly string[]): UnknownRecord;
  /** Attributes of the request, including those that samplers want. */
  requestAttributes(request: UnknownRecord): Attributes;
  /** Messages of the request. */
  requestDetails?(request: UnknownRecord): ModelRequestDetails;
  /** Content of the request that is not messages. */
  requestContent?(request: UnknownRecord): ContentAttributes;
  /** Number of answers to expect, each with a finish reason; absent if the API has no finish reasons. */
  choiceCount?(request: UnknownRecord): number;
  /** `undefined` if the value is not a response of this operation. */
  readResponse(value: unknown, request: UnknownRecord): ModelResponseDetails | undefined;
  /**
   * The shape of the API's answer, such as `a chat completion`. Set if a body of another shape means that the call
   * failed, even with status 200. An `error` in place of the answer means it for every operation.
   */
  readonly answer?: string;
  /** Content of the response, one message per choice. */
  outputMessages?(value: unknown): GenAiMessage[];
  /** Content of the response that is not messages. */
  responseContent?(value: unknown): ContentAttributes;
  /** @param keepContent - whether the content is recorded; if not, only counts and finish reasons are kept. */
  accumulateChunks?(keepContent: boolean): ChunkAccumulator;
  /** The call's effects other than calling a model. Called once, with the response of a call that succeeded. */
  facts?(value: unknown, request: UnknownRecord): readonly Fact[];
  /** Reads the tools that the provider runs within a response; absent if it runs none. */
  readonly hostedCalls?: HostedCallReader;
}

/** The arguments of most methods: `create(body, options)`. */
export function bodyAndOptions([body, options]: readonly unknown[]): CallArguments {
  return { body, options };
}

/** The content of a response. */
interface CallOutput {
  readonly messages: readonly GenAiMessage[];
  readonly attributes: ContentAttributes;
}

/**
 * Reads the content of a response, or of the part that has arrived.
 *
 * @param finishReasons - those on the span; `undefined` if there are none.
 */
export function readOutput(
  operation: ClientOperation,
  value: unknown,
  finishReasons: readonly string[] | undefined,
): CallOutput {
  const read = operation.outputMessages?.(value) ?? [];
  const content = withoutMedia(withFinishReasons(read, finishReasons) as readonly unknown[] as JsonValue[]);
  return {
    messages: content as readonly unknown[] as GenAiMessage[],
    attributes: {
      ...(content.length > 0 && { [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: content }),
      ...operation.responseContent?.(value),
    },
  };
}
