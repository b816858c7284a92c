import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { JsonValue } from '../../json/json.js';
import type { UnknownRecord } from '../../json/readers.js';
import type { ChunkAccumulator, ClientOperation } from '../../openai-api/client-operation.js';
import {
  givenFinishReasons,
  type ModelResponse,
  modelResponseAttributes,
} from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, type Failure, isCallerAbort, recordFailure } from '../../semconv/failure.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import { INFERENCE_OPERATIONS, spanName } from '../../semconv/operations.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import { publishFact, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import {
  logContent,
  operationDetails,
  requestContentAttributes,
  spanContent,
} from '../../spans/content-attributes.js';
import { type ContentPolicy, contentPolicy } from '../../spans/content-policy.js';
import { CallMetrics } from '../../spans/metrics/call-metrics.js';
import { getModelSpanSlot, type ModelSpanOwner, type ModelSpanSlot } from '../../spans/model-span-slot.js';
import { getRunSettings } from '../../spans/run-settings.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import { setEndpoint } from './endpoint.js';
import { HostedToolSpans } from './hosted-tool-spans.js';
import { HttpAttempts, maxAttempts } from './http-attempts.js';

const RELEASED: UnknownRecord = {};

const CLIENT_CALL_KEY = createContextKey(`${PACKAGE_NAME} client call`);

/** The call in whose context the client is sending a request, when it is this client's. */
export function activeClientCall(client: object): ClientCall | undefined {
  const call = context.active().getValue(CLIENT_CALL_KEY) as ClientCall | undefined;
  return call?.client === client ? call : undefined;
}

/**
 * One logical call of the client, from the method to the last chunk, whatever the number of HTTP attempts.
 *
 * Several observers report its end: the request chain, the promise, the stream, the Agents SDK, the garbage
 * collector. The first one wins and the span ends exactly once.
 */
export class ClientCall implements ModelSpanOwner {
  readonly span: Span;
  /** What the client's own code runs in, so that its HTTP spans are children of this span. */
  readonly context: Context;
  readonly attempts: HttpAttempts;
  /** Set once the call's result is known to be a stream, whose reader ends the call. */
  streaming = false;

  readonly #telemetry: Telemetry;
  readonly #operation: ClientOperation;
  #request: UnknownRecord;
  /** Finish reasons that the answer should have; absent where the API gives none. */
  readonly #choiceCount: number | undefined;
  readonly #content: ContentPolicy;
  #requestContent: ContentAttributes | undefined;
  /** Kept where a log record will repeat them. */
  #startAttributes: Attributes | undefined;
  readonly #metrics: CallMetrics | undefined;
  #slot: ModelSpanSlot | undefined;
  /** Of the tools that the provider may run within the response. */
  #hosted: HostedToolSpans | undefined;
  readonly #startedAt = performance.now();
  #outputContent: ContentAttributes | undefined;
  #chunks: ChunkAccumulator | undefined;
  #chunkCount = 0;
  #lastChunkAt = 0;
  #timeToFirstChunk: number | undefined;
  #onSent: (() => void) | undefined;
  #forgotten = false;
  #cancelled = false;
  #ended = false;

  constructor(
    telemetry: Telemetry,
    operation: ClientOperation,
    readonly client: UnknownRecord,
    args: readonly unknown[],
  ) {
    const { guard } = telemetry;
    const active = context.active();
    const { request, options } = operation.readArguments(args);
    this.#telemetry = telemetry;
    this.#operation = operation;
    this.#request = request;
    this.#choiceCount = guard.run('Reading a request', () => operation.choiceCount?.(request));
    this.#content = contentPolicy(telemetry.content, active);

    const attributes = this.#requestAttributes(active);
    const { targetAttribute, operationName = operation.callType ?? '' } = operation;
    const target =
      targetAttribute === undefined ? undefined : (attributes[targetAttribute] as string | undefined);
    const name = spanName(operationName, target);
    this.#metrics = CallMetrics.of(telemetry.instruments, attributes);
    if (this.#content.onEvent && INFERENCE_OPERATIONS.has(operationName)) this.#startAttributes = attributes;

    const details = this.#content.wanted
      ? guard.run('Reading the content of a request', () => operation.requestDetails?.(request))
      : undefined;
    this.#requestContent =
      this.#content.onSpan || this.#content.onEvent
        ? guard.run('Reading the content of a request', () => ({
            ...(details && requestContentAttributes(details)),
            ...operation.requestContent?.(request),
          }))
        : undefined;
    const spanAttributes =
      this.#content.onSpan && this.#requestContent !== undefined
        ? { ...attributes, ...spanContent(this.#requestContent, this.#content.lengthLimit) }
        : attributes;

    const slot = getModelSpanSlot(active);
    this.#slot = slot?.claim(this, operationName) ? slot : undefined;
    const start = (parent: Context) =>
      startSpan(
        telemetry,
        name,
        { kind: SpanKind.CLIENT, attributes: spanAttributes },
        details === undefined ? parent : withSpanStartDetails(parent, { modelRequest: details }),
      );
    const started = this.#slot?.startedSpan;
    if (started !== undefined) {
      this.span = started.updateName(name).setAttributes(spanAttributes);
    } else {
      this.span = this.#slot === undefined ? start(active) : this.#slot.start(start);
    }
    // From here on nothing may throw: the span would never end.
    const attempts = guard.run('Reading a request', () => maxAttempts(client, options));
    this.attempts = new HttpAttempts(this.span, attempts);
    const callContext = trace.setSpan(active, this.span);
    this.context = this.observed ? callContext.setValue(CLIENT_CALL_KEY, this) : callContext;
    const reader = this.span.isRecording() ? operation.hostedCalls : undefined;
    if (reader !== undefined && guard.run('Reading a request', () => reader.expects(request))) {
      this.#hosted = new HostedToolSpans(telemetry, reader, request, this.#content, this.context);
    }
  }

  /** Whether anybody will learn what is seen of the call: a span that is not sampled still may be measured. */
  get observed(): boolean {
    return this.span.isRecording() || this.#metrics !== undefined;
  }

  /** The plain response arrived. */
  succeed(value: unknown): void {
    if (this.#ended) return;
    const response = this.#readResponse(value);
    this.#recordOutput(value);
    this.#telemetry.guard.run('Reading a response', () => this.#hosted?.complete(value));
    if (response?.failure === undefined) this.#publishFacts(value);
    this.#end(response, response && givenFinishReasons(response), response?.failure);
  }

  /** The caller took the raw response and reads its body itself: what it says is not known here. */
  succeedUnread(): void {
    this.#end(undefined, undefined, undefined);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    if (isCallerAbort(error)) this.cancel();
    else this.#endPartial(describeFailure(error));
  }

  addChunk(chunk: unknown): void {
    if (this.#ended) return;
    this.#chunkCount += 1;
    // The clock is read for each chunk only where somebody measures the gaps: it would be half of what a chunk costs.
    if (this.#chunkCount === 1) this.#beginChunks();
    else if (this.#metrics !== undefined) this.#measureGap(this.#metrics);
    this.#chunks?.add(chunk);
    this.#hosted?.addChunk(chunk);
  }

  #beginChunks(): void {
    this.#lastChunkAt = performance.now();
    this.#timeToFirstChunk = (this.#lastChunkAt - this.#startedAt) / 1000;
    this.#chunks = this.#operation.accumulateChunks?.(this.#content.wanted);
  }

  #measureGap(metrics: CallMetrics): void {
    const now = performance.now();
    metrics.chunkAfter((now - this.#lastChunkAt) / 1000, () => this.#responseSoFar()?.model);
    this.#lastChunkAt = now;
  }

  /** The stream is at its end, or its reader left it. */
  finishStream(): void {
    if (this.#ended) return;
    // Without a reader for its chunks a stream that came to its end is all that can be known.
    if (this.#chunks === undefined && this.#operation.accumulateChunks === undefined) this.succeedUnread();
    else if (this.#chunks?.failure !== undefined) this.#endPartial(this.#chunks.failure);
    else if (this.#chunks?.complete) this.succeed(this.#chunks.response);
    else this.#endPartial(undefined);
  }

  /** The caller gave up: neither a success nor an error; what had arrived stands on the span. */
  cancel(endTime?: Date): void {
    if (this.#ended) return;
    if (this.#chunks?.complete || this.#chunks?.failure !== undefined) {
      this.finishStream();
      return;
    }
    this.#cancelled = true;
    this.span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    this.#endPartial(undefined, endTime);
  }

  abandon(): void {
    this.cancel();
  }

  /** @param action - run once, when the client sends its first request: some turns after the method has returned. */
  onSent(action: () => void): void {
    this.#onSent = action;
  }

  /** The client sends a request. */
  sending(): void {
    this.#onSent?.();
    this.#onSent = undefined;
  }

  /** The request was answered; the body has not been read. */
  answered(): void {
    if (this.#forgotten) this.forget();
  }

  /**
   * Nobody has read the result and nobody can any more. The call was over when it was answered, which may be still
   * to come: a request that nobody awaits goes on all the same.
   */
  forget(): void {
    this.#forgotten = true;
    const { answeredAt } = this.attempts;
    if (answeredAt === undefined) return;
    const endTime = new Date(performance.timeOrigin + answeredAt);
    if (this.streaming) this.cancel(endTime);
    else this.#end(undefined, undefined, undefined, endTime);
  }

  #requestAttributes(active: Context): Attributes {
    const { operationName, callType } = this.#operation;
    const attributes =
      this.#telemetry.guard.run('Reading a request', () =>
        this.#operation.requestAttributes(this.#request),
      ) ?? {};
    if (operationName !== undefined) attributes[semconv.ATTR_GEN_AI_OPERATION_NAME] = operationName;
    else setIfDefined(attributes, semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE, callType);
    setEndpoint(attributes, this.client);
    // What the request says itself goes before what the run says of all its requests.
    if (attributes[semconv.ATTR_GEN_AI_CONVERSATION_ID] === undefined) {
      setIfDefined(attributes, semconv.ATTR_GEN_AI_CONVERSATION_ID, getRunSettings(active)?.conversationId);
    }
    return attributes;
  }

  /** An end before the model's: a finish reason was due for what had begun, and never came. */
  #endPartial(failure: Failure | undefined, endTime?: Date): void {
    const value = this.#chunks?.response;
    const response = value === undefined ? undefined : this.#readResponse(value);
    if (response !== undefined) this.#recordOutput(value);
    this.#end(response, this.#partialFinishReasons(response), failure, endTime);
  }

  #partialFinishReasons(response: ModelResponse | undefined): string[] | undefined {
    if (this.#choiceCount === undefined) return response && givenFinishReasons(response);
    const given = response?.finishReasons ?? [];
    const length = Math.max(this.#choiceCount, given.length);
    return Array.from({ length }, (_, index) => given[index] ?? 'error');
  }

  #readResponse(value: unknown): ModelResponse | undefined {
    return this.#telemetry.guard.run('Reading a response', () =>
      this.#operation.readResponse(value, this.#request),
    );
  }

  #responseSoFar(): ModelResponse | undefined {
    return this.#chunks && this.#readResponse(this.#chunks.response);
  }

  #recordOutput(value: unknown): void {
    if (!this.#content.wanted) return;
    const { guard } = this.#telemetry;
    const read = 'Reading the content of a response';
    const messages = guard.run(read, () => this.#operation.outputMessages?.(value)) ?? [];
    if (this.#content.onSpan || this.#content.onEvent) {
      this.#outputContent = guard.run(read, () => ({
        ...(messages.length > 0 && {
          [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: messages as unknown as JsonValue,
        }),
        ...this.#operation.responseContent?.(value),
      }));
    }
    if (messages.length === 0 || !signalsWanted()) return;
    publishSignal({ type: 'model.output', span: this.span.spanContext(), time: Date.now(), messages });
  }

  #publishFacts(value: unknown): void {
    if (!signalsWanted() || this.#operation.facts === undefined) return;
    const facts = this.#telemetry.guard.run('Reading a response', () =>
      this.#operation.facts?.(value, this.#request),
    );
    for (const fact of facts ?? []) publishFact(fact, this.span.spanContext(), this.#content.allowed);
  }

  #end(
    response: ModelResponse | undefined,
    finishReasons: readonly string[] | undefined,
    failure: Failure | undefined,
    endTime?: Date,
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    const duration = (performance.now() - this.#startedAt) / 1000;
    const attributes: Attributes = response === undefined ? {} : modelResponseAttributes(response);
    if (finishReasons !== undefined)
      attributes[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] = [...finishReasons];
    if (this.#timeToFirstChunk !== undefined) {
      attributes[semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] = this.#timeToFirstChunk;
    }
    if (this.#chunkCount > 0) attributes[semconv.ATTR_OPENAI_AGENTS_RESPONSE_CHUNK_COUNT] = this.#chunkCount;

    this.span.setAttributes(attributes);
    if (this.#content.onSpan && this.#outputContent !== undefined) {
      this.span.setAttributes(spanContent(this.#outputContent, this.#content.lengthLimit));
    }
    if (failure !== undefined) recordFailure(this.span, failure);
    this.#metrics?.ended({
      response,
      errorType: failure?.type,
      duration,
      timeToFirstChunk: this.#timeToFirstChunk,
    });
    this.#emitDetails(attributes, failure);
    this.#telemetry.guard.run('Ending a call', () => this.#hosted?.close());
    this.#slot?.ended({
      response,
      finishReasons,
      errorType: failure?.type,
      cancelled: this.#cancelled,
      lastAttempt: this.attempts.lastOutcome,
    });
    this.span.end(endTime);
    this.#release();
  }

  /**
   * What was created inside the call lives in its context for as long as it likes, a connection for hours, and must
   * not keep a conversation alive.
   */
  #release(): void {
    this.#request = RELEASED;
    this.#requestContent = undefined;
    this.#outputContent = undefined;
    this.#startAttributes = undefined;
    this.#chunks = undefined;
    this.#hosted = undefined;
    this.#slot = undefined;
    this.#onSent = undefined;
  }

  #emitDetails(attributes: Attributes, failure: Failure | undefined): void {
    if (this.#startAttributes === undefined) return;
    const record = operationDetails(
      {
        ...this.#startAttributes,
        ...attributes,
        ...(failure !== undefined && { [semconv.ATTR_ERROR_TYPE]: failure.type }),
      },
      logContent({ ...this.#requestContent, ...this.#outputContent }, this.#content.lengthLimit),
    );
    this.#telemetry.logger.emit({ ...record, context: this.context });
  }
}
