import { type Attributes, type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import {
  givenFinishReasons,
  type ModelResponse,
  modelResponseAttributes,
} from '../../openai-api/model-response.js';
import {
  isCancelled,
  outputMessages,
  readRealtimeResponse,
  requestedAttributes,
  type SessionConfig,
  textOf,
} from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, recordFailure } from '../../semconv/failure.js';
import type { ContentAttributes, Message } from '../../semconv/messages.js';
import { OPERATION_CHAT, spanName } from '../../semconv/operations.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import {
  logContent,
  operationDetails,
  requestContentAttributes,
  spanContent,
} from '../../spans/content-attributes.js';
import { CallMetrics } from '../../spans/metrics/call-metrics.js';
import { startSpan } from '../../spans/telemetry.js';
import type { AgentExchange } from './agent-exchange.js';
import type { ConnectionScope } from './connection-scope.js';

/**
 * One response of the model, from `response.created` to `response.done`: a model call like any other, and its span is
 * the same. It ends once, by the response or by what ends the connection.
 */
export class ResponseTurn {
  /** What it belongs to, and with it what it asks for. */
  readonly exchange: AgentExchange;

  readonly #scope: ConnectionScope;
  readonly #responseModel: string | undefined;
  readonly #span: Span;
  readonly #context: Context;
  readonly #attributes: Attributes;
  readonly #requestContent: ContentAttributes | undefined;
  readonly #metrics: CallMetrics | undefined;
  readonly #startedTicks = performance.now();
  /** What was said so far, by the item it was said in; kept for a response that does not come to its end. */
  readonly #texts = new Map<string, string>();
  #timeToFirstChunk: number | undefined;
  #ended = false;

  /** @param input - what has been added to the conversation since the response before. */
  constructor(
    scope: ConnectionScope,
    exchange: AgentExchange,
    response: UnknownRecord,
    input: readonly Message[],
    config: SessionConfig | undefined,
  ) {
    const { telemetry, content, model } = scope;
    this.#scope = scope;
    this.exchange = exchange;
    this.#responseModel = config?.model;
    this.#attributes = {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_CHAT,
      ...scope.endpoint,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: model,
      [semconv.ATTR_GEN_AI_CONVERSATION_ID]:
        scope.conversationId ?? asNonEmptyString(response.conversation_id),
      ...requestedAttributes(response),
    };
    this.#metrics = CallMetrics.of(telemetry.instruments, this.#attributes);
    const details = content.wanted ? requestDetails(input, config) : undefined;
    this.#requestContent =
      details !== undefined && (content.onSpan || content.onEvent)
        ? requestContentAttributes(details)
        : undefined;
    const spanAttributes =
      content.onSpan && this.#requestContent !== undefined
        ? { ...this.#attributes, ...spanContent(this.#requestContent, content.lengthLimit) }
        : this.#attributes;
    const parent = exchange.context;
    exchange.responseBegan();
    this.#span = startSpan(
      telemetry,
      spanName(OPERATION_CHAT, model),
      { kind: SpanKind.CLIENT, attributes: spanAttributes },
      details === undefined ? parent : withSpanStartDetails(parent, { modelRequest: details }),
    );
    this.#context = trace.setSpan(parent, this.#span);
  }

  get span(): Span {
    return this.#span;
  }

  /** A part of the answer has come. */
  chunk(): void {
    this.#timeToFirstChunk ??= (performance.now() - this.#startedTicks) / 1000;
  }

  said(itemId: string, text: string): void {
    if (this.#scope.content.wanted) this.#texts.set(itemId, (this.#texts.get(itemId) ?? '') + text);
  }

  /** The user spoke on while the answer was heard. */
  interrupted(): void {
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_INTERRUPTED);
  }

  /** `response.done` came. */
  done(response: UnknownRecord): void {
    const read = readRealtimeResponse(response, this.#responseModel);
    const messages = outputMessages(response.output);
    this.#end(read, this.#scope.content.wanted ? messages : [], {
      failure: read.failure,
      cancelled: isCancelled(response),
      output: textOf(messages),
    });
  }

  fail(failure: Failure): void {
    this.#end(this.#partialResponse(), this.#partialOutput(), { failure, cancelled: false });
  }

  cancel(): void {
    this.#end(this.#partialResponse(), this.#partialOutput(), { failure: undefined, cancelled: true });
  }

  /** A finish reason was due for what had begun, and never came. */
  #partialResponse(): ModelResponse {
    return { model: this.#responseModel, finishReasons: ['error'] };
  }

  #partialOutput(): Message[] {
    const parts = [...this.#texts.values()].map((content) => ({ type: 'text' as const, content }));
    return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
  }

  #end(
    response: ModelResponse,
    messages: readonly Message[],
    {
      failure,
      cancelled,
      output,
    }: { failure: Failure | undefined; cancelled: boolean; output?: string | undefined },
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#texts.clear();
    const attributes: Attributes = {
      ...modelResponseAttributes(response),
      [semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]: this.#timeToFirstChunk,
      [semconv.ATTR_OPENAI_AGENTS_OUTCOME]: cancelled ? semconv.OUTCOME_CANCELLED : undefined,
    };
    this.#span.setAttributes(attributes);
    this.#recordOutput(attributes, messages, failure);
    if (failure !== undefined) recordFailure(this.#span, failure);
    const finishReasons = givenFinishReasons(response);
    this.#metrics?.ended({
      response,
      errorType: failure?.type,
      duration: (performance.now() - this.#startedTicks) / 1000,
      timeToFirstChunk: this.#timeToFirstChunk,
    });
    this.#span.end();
    this.exchange.responseEnded(
      { response, finishReasons, errorType: failure?.type, cancelled },
      failure,
      failure === undefined && !cancelled ? output : undefined,
    );
  }

  #recordOutput(attributes: Attributes, messages: readonly Message[], failure: Failure | undefined): void {
    const { content, telemetry } = this.#scope;
    const given: ContentAttributes =
      messages.length > 0
        ? { [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messages as readonly unknown[] as JsonValue }
        : {};
    if (content.onSpan) this.#span.setAttributes(spanContent(given, content.lengthLimit));
    if (content.wanted && messages.length > 0 && signalsWanted()) {
      publishSignal({ type: 'model.output', span: this.#span.spanContext(), time: Date.now(), messages });
    }
    if (!content.onEvent) return;
    const record = operationDetails(
      {
        ...this.#attributes,
        ...attributes,
        [semconv.ATTR_ERROR_TYPE]: failure?.type,
      },
      logContent({ ...this.#requestContent, ...given }, content.lengthLimit),
    );
    telemetry.logger.emit({ ...record, context: this.#context });
  }
}

function requestDetails(input: readonly Message[], config: SessionConfig | undefined): ModelRequestDetails {
  return {
    messages: input,
    ...(config?.systemInstructions !== undefined && { systemInstructions: config.systemInstructions }),
    ...(config?.toolDefinitions !== undefined && { toolDefinitions: config.toolDefinitions }),
  };
}
