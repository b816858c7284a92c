import { type Attributes, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import {
  givenFinishReasons,
  type ModelResponseDetails,
  modelResponseAttributes,
} from '../../openai-api/model-response.js';
import {
  isCancelled,
  outputMessages,
  type RealtimeSettings,
  readRealtimeResponse,
  requestedAttributes,
  textOf,
} from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import type { Failure } from '../../semconv/failure.js';
import { type ContentAttributes, type GenAiMessage, withFinishReasons } from '../../semconv/messages.js';
import { OPERATION_CHAT, spanName } from '../../semconv/operations.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import {
  logContent,
  operationDetails,
  requestContentAttributes,
  spanContent,
} from '../../spans/content-attributes.js';
import { CallMetrics } from '../../spans/metrics/call-metrics.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import type { AgentExchange } from './agent-exchange.js';
import { type ConnectionScope, secondsSince } from './connection-scope.js';

/** How a response ended: well, if it neither failed nor was cancelled. */
interface ResponseEnd {
  readonly response: ModelResponseDetails;
  readonly messages: readonly GenAiMessage[];
  readonly failure?: Failure | undefined;
  readonly cancelled?: boolean | undefined;
  /** The whole text of the response. */
  readonly output?: string | undefined;
}

/**
 * One response of the model, from its request to `response.done`. It is a model call with the same span as any other,
 * and it ends once: by `response.done`, when the provider refuses it, or with the connection.
 */
export class ResponseTurn {
  readonly exchange: AgentExchange;

  readonly #scope: ConnectionScope;
  readonly #responseModel: string | undefined;
  readonly #span: RecordedSpan;
  readonly #attributes: Attributes;
  readonly #requestContent: ContentAttributes | undefined;
  readonly #metrics: CallMetrics | undefined;
  /** Text received so far, by item; recorded if the response does not come to its end. */
  readonly #texts = new Map<string, string>();
  /** Seconds between the request for the response and the moment at which its span was made. */
  readonly #secondsBefore: number;
  #timeToFirstChunk: number | undefined;

  /**
   * @param input - the messages added to the conversation since the previous response.
   * @param requestedAt - in milliseconds since the epoch; now if absent.
   */
  constructor(
    scope: ConnectionScope,
    exchange: AgentExchange,
    response: UnknownRecord,
    input: readonly GenAiMessage[],
    requestedAt = clock.now(),
  ) {
    const { telemetry, content, model, config } = scope;
    this.#scope = scope;
    this.exchange = exchange;
    this.#responseModel = config?.model;
    this.#attributes = {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
      ...scope.endpoint,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
      [semconv.ATTR_GEN_AI_CONVERSATION_ID]:
        scope.conversationId ?? asNonEmptyString(response.conversation_id) ?? scope.providerConversationId,
      ...requestedAttributes(response),
    };
    this.#secondsBefore = secondsSince(requestedAt);
    this.#metrics = CallMetrics.of(telemetry.instruments, this.#attributes);
    const details = content.wanted ? requestDetails(input, config) : undefined;
    this.#requestContent =
      details !== undefined && (content.onSpan || content.onEvent)
        ? requestContentAttributes(details)
        : undefined;
    exchange.responseBegan();
    this.#span = RecordedSpan.start(
      telemetry,
      {
        name: spanName(OPERATION_CHAT, model),
        kind: SpanKind.CLIENT,
        attributes:
          content.onSpan && this.#requestContent !== undefined
            ? { ...this.#attributes, ...spanContent(this.#requestContent, content) }
            : this.#attributes,
        details: details && { modelRequest: details },
        startTime: requestedAt,
      },
      exchange.context,
    );
  }

  /** A part of the response arrived. */
  addChunk(): void {
    this.#timeToFirstChunk ??= this.#secondsBefore + this.#span.elapsed;
  }

  addText(itemId: string, text: string): void {
    if (this.#scope.content.wanted) this.#texts.set(itemId, (this.#texts.get(itemId) ?? '') + text);
  }

  /** The user began to speak while the response was played. */
  interrupt(): void {
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_INTERRUPTED);
  }

  /** @param response - that of `response.done`. */
  complete(response: UnknownRecord): void {
    const read = readRealtimeResponse(response, this.#responseModel);
    const { wanted } = this.#scope.content;
    const messages = wanted
      ? withFinishReasons(outputMessages(response.output), givenFinishReasons(read))
      : [];
    const cancelled = isCancelled(response);
    this.#end({
      response: read,
      messages,
      failure: read.failure,
      cancelled,
      output: read.failure === undefined && !cancelled ? textOf(messages) : undefined,
    });
  }

  fail(failure: Failure): void {
    this.#end({ ...this.#partial(), failure });
  }

  /**
   * The provider refuses to begin the response.
   *
   * @param requestId - the `event_id` of the request, if it is known.
   */
  refuse(failure: Failure, requestId: string | undefined): void {
    this.#span.span.setAttributes({ [semconv.ATTR_OPENAI_AGENTS_REALTIME_REQUEST_ID]: requestId });
    this.fail(failure);
  }

  cancel(): void {
    this.#end({ ...this.#partial(), cancelled: true });
  }

  /** A response that did not come to its end: the text received so far, with finish reason `error`. */
  #partial(): ResponseEnd {
    const parts = [...this.#texts.values()].map((content) => ({ type: 'text' as const, content }));
    return {
      response: { model: this.#responseModel, finishReasons: ['error'] },
      messages: parts.length > 0 ? [{ role: 'assistant', parts, finish_reason: 'error' }] : [],
    };
  }

  #end({ response, messages, failure, cancelled = false, output }: ResponseEnd): void {
    if (this.#span.ended) return;
    this.#texts.clear();
    const attributes: Attributes = {
      ...modelResponseAttributes(response),
      [semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]: this.#timeToFirstChunk,
    };
    this.#span.span.setAttributes(attributes);
    this.#recordOutput(messages);
    if (this.#scope.content.onEvent) {
      this.#logOperationDetails(messages, {
        ...attributes,
        [semconv.ATTR_OPENAI_AGENTS_OUTCOME]: cancelled ? semconv.OUTCOME_CANCELLED : undefined,
        [semconv.ATTR_ERROR_TYPE]: failure?.type,
      });
    }
    this.#metrics?.ended({
      response,
      errorType: failure?.type,
      duration: this.#secondsBefore + this.#span.elapsed,
      timeToFirstChunk: this.#timeToFirstChunk,
    });
    const { content } = this.#span;
    this.#span.end({ failure, cancelled });
    const finishReasons = givenFinishReasons(response);
    this.exchange.responseEnded(
      { response, finishReasons, errorType: failure?.type, cancelled, content },
      failure,
      output,
    );
  }

  #recordOutput(messages: readonly GenAiMessage[]): void {
    const { content } = this.#scope;
    this.#span.setContent(outputContent(messages), content);
    if (content.wanted && messages.length > 0) {
      this.#span.publish(() => ({ type: 'model.output', messages }));
    }
  }

  #logOperationDetails(messages: readonly GenAiMessage[], endAttributes: Attributes): void {
    const { content, telemetry } = this.#scope;
    const record = operationDetails(
      { ...this.#attributes, ...endAttributes },
      logContent({ ...this.#requestContent, ...outputContent(messages) }, content),
    );
    telemetry.logger.emit({ ...record, context: this.#span.context });
  }
}

function outputContent(messages: readonly GenAiMessage[]): ContentAttributes {
  return messages.length > 0
    ? { [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messages as readonly unknown[] as JsonValue }
    : {};
}

function requestDetails(
  input: readonly GenAiMessage[],
  config: RealtimeSettings | undefined,
): ModelRequestDetails {
  return {
    messages: input,
    ...(config?.systemInstructions !== undefined && { systemInstructions: config.systemInstructions }),
    ...(config?.toolDefinitions !== undefined && { toolDefinitions: config.toolDefinitions }),
  };
}
