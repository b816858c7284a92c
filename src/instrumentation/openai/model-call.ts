import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
  ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
  ATTR_GEN_AI_TOOL_DEFINITIONS,
  ATTR_OPENAI_AGENTS_OUTCOME,
  OUTCOME_CANCELLED,
} from '../../semconv/attributes.js';
import { spanName } from '../../semconv/operations.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { PACKAGE_NAME } from '../../version.js';
import { describeFailure, type Failure, isCallerAbort, recordFailure } from '../failure.js';
import { getModelSpanSlot, type ModelSpanOwner, type ModelSpanSlot } from '../model-span-slot.js';
import { getRunContext } from '../run-context.js';
import { type ContentPolicy, contentPolicy, startSpan, type Telemetry } from '../telemetry.js';
import { endpointAttributes } from './endpoint.js';
import { HttpAttempts } from './http-attempts.js';
import type { ChunkAccumulator, ModelOperation } from './model-operation.js';
import { type ModelResponse, modelResponseAttributes } from './model-response.js';

const MODEL_CALL_KEY = createContextKey(`${PACKAGE_NAME} model call`);

/** The model call in whose context the client is sending a request, when it is this client's. */
export function activeModelCall(client: object): ModelCall | undefined {
  const call = context.active().getValue(MODEL_CALL_KEY) as ModelCall | undefined;
  return call?.client === client ? call : undefined;
}

/**
 * One logical model call, from `create()` to the last chunk, whatever the number of HTTP attempts.
 *
 * Several observers report its end: the request chain, the promise, the stream, the Agents SDK, the garbage
 * collector. The first one wins and the span ends exactly once.
 */
export class ModelCall implements ModelSpanOwner {
  readonly span: Span;
  /** What the client's own code runs in, so that its HTTP spans are children of this span. */
  readonly context: Context;
  readonly attempts: HttpAttempts;

  readonly #operation: ModelOperation;
  readonly #content: ContentPolicy;
  readonly #slot: ModelSpanSlot | undefined;
  readonly #startedAt = performance.now();
  /** Set once the call's result is known to be a stream, whose reader ends the call. */
  streaming = false;
  #chunks: ChunkAccumulator | undefined;
  #answeredAt: number | undefined;
  #forgotten = false;
  #cancelled = false;
  #timeToFirstChunk: number | undefined;
  #ended = false;

  constructor(
    telemetry: Telemetry,
    operation: ModelOperation,
    readonly client: object,
    body: unknown,
  ) {
    const active = context.active();
    this.#operation = operation;
    this.#content = contentPolicy(telemetry, active);
    const attributes: Attributes = {
      [ATTR_GEN_AI_OPERATION_NAME]: operation.operationName,
      [ATTR_GEN_AI_CONVERSATION_ID]: getRunContext(active)?.conversationId,
      ...endpointAttributes(client),
      ...definedOnly(operation.requestAttributes(body)),
    };
    const details = this.#content.wanted ? operation.requestDetails(body) : undefined;
    if (this.#content.onSpan && details !== undefined) Object.assign(attributes, requestContent(details));
    const name = spanName(
      operation.operationName,
      attributes[ATTR_GEN_AI_REQUEST_MODEL] as string | undefined,
    );

    const slot = getModelSpanSlot(active);
    this.#slot = slot?.claim(this) ? slot : undefined;
    const start = (parent: Context) =>
      startSpan(
        telemetry,
        name,
        { kind: SpanKind.CLIENT, attributes },
        details === undefined ? parent : withSpanStartDetails(parent, { modelRequest: details }),
      );
    const started = this.#slot?.startedSpan;
    if (started !== undefined) {
      this.span = started.updateName(name).setAttributes(attributes);
    } else {
      this.span = this.#slot === undefined ? start(active) : this.#slot.start(start);
    }
    this.attempts = new HttpAttempts(this.span);
    const callContext = trace.setSpan(active, this.span);
    this.context = this.span.isRecording() ? callContext.setValue(MODEL_CALL_KEY, this) : callContext;
  }

  /** The plain response arrived. */
  succeed(value: unknown): void {
    if (this.#ended) return;
    const response = this.#operation.readResponse(value);
    this.#recordOutput(value);
    this.#end(response, response?.failure);
  }

  /** The caller took the raw response and reads its body itself: what it says is not known here. */
  succeedUnread(): void {
    this.#end(undefined, undefined);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    if (isCallerAbort(error)) this.cancel();
    else this.#endPartial(describeFailure(error));
  }

  addChunk(chunk: unknown): void {
    if (this.#ended) return;
    this.#timeToFirstChunk ??= (performance.now() - this.#startedAt) / 1000;
    this.#chunks ??= this.#operation.accumulateChunks(this.#content.wanted);
    this.#chunks.add(chunk);
  }

  /** The stream is at its end, or its reader left it. */
  finishStream(): void {
    if (this.#ended) return;
    if (this.#chunks?.complete) this.succeed(this.#chunks.response);
    else this.#endPartial(undefined);
  }

  /** The caller gave up: neither a success nor an error; what had arrived stands on the span. */
  cancel(endTime?: Date): void {
    if (this.#ended) return;
    if (this.#chunks?.complete) {
      this.succeed(this.#chunks.response);
      return;
    }
    this.#cancelled = true;
    this.span.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
    this.#endPartial(undefined, endTime);
  }

  abandon(): void {
    this.cancel();
  }

  /** The request succeeded; the body has not been read. */
  answered(): void {
    this.#answeredAt = performance.now();
    if (this.#forgotten) this.forget();
  }

  /**
   * Nobody has read the result and nobody can any more. The call was over when it was answered, which may be still
   * to come: a request that nobody awaits goes on all the same.
   */
  forget(): void {
    this.#forgotten = true;
    if (this.#answeredAt === undefined) return;
    const endTime = new Date(performance.timeOrigin + this.#answeredAt);
    if (this.streaming) this.cancel(endTime);
    else this.#end(undefined, undefined, endTime);
  }

  /** An end before the model's: a finish reason was due for what had begun, and never came. */
  #endPartial(failure: Failure | undefined, endTime?: Date): void {
    const value = this.#chunks?.response;
    const response = this.#operation.readResponse(value);
    if (response !== undefined) this.#recordOutput(value);
    const finishReasons = response?.finishReasons.length ? response.finishReasons : ['error'];
    this.#end(response && { ...response, finishReasons }, failure, endTime);
  }

  #recordOutput(value: unknown): void {
    if (!this.#content.wanted) return;
    const messages = this.#operation.outputMessages(value);
    if (messages.length === 0) return;
    if (this.#content.onSpan) this.span.setAttribute(ATTR_GEN_AI_OUTPUT_MESSAGES, JSON.stringify(messages));
    if (signalsWanted()) {
      publishSignal({ type: 'model.output', span: this.span.spanContext(), time: Date.now(), messages });
    }
  }

  #end(response: ModelResponse | undefined, failure: Failure | undefined, endTime?: Date): void {
    if (this.#ended) return;
    this.#ended = true;
    if (response !== undefined) this.span.setAttributes(modelResponseAttributes(response));
    if (this.#timeToFirstChunk !== undefined) {
      this.span.setAttribute(ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK, this.#timeToFirstChunk);
    }
    if (failure !== undefined) recordFailure(this.span, failure);
    this.#slot?.ended({ response, errorType: failure?.type, cancelled: this.#cancelled });
    this.span.end(endTime);
  }
}

/** A spread would let an absent attribute of the request erase one that the run has set. */
function definedOnly(attributes: Attributes): Attributes {
  for (const name of Object.keys(attributes)) if (attributes[name] === undefined) delete attributes[name];
  return attributes;
}

function requestContent(details: ModelRequestDetails): Attributes {
  const { messages, systemInstructions, toolDefinitions } = details;
  return {
    [ATTR_GEN_AI_INPUT_MESSAGES]: JSON.stringify(messages),
    [ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: systemInstructions && JSON.stringify(systemInstructions),
    // The convention leaves descriptions and parameters out unless they are asked for apart.
    [ATTR_GEN_AI_TOOL_DEFINITIONS]:
      toolDefinitions && JSON.stringify(toolDefinitions.map(({ type, name }) => ({ type, name }))),
  };
}
