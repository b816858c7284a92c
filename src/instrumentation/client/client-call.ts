import { type Attributes, type Context, context, SpanKind, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { UnknownRecord } from '../../json/readers.js';
import { type ClientOperation, readOutput } from '../../openai-api/client-operation.js';
import type { HostedCallReader } from '../../openai-api/hosted-tool-call.js';
import {
  givenFinishReasons,
  type ModelResponseDetails,
  modelResponseAttributes,
  partialFinishReasons,
  unusableResponse,
} from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, isCallerAbort } from '../../semconv/failure.js';
import type { ContentAttributes } from '../../semconv/messages.js';
import type { SettledCall } from '../../signals/signal.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { type ContentPolicy, contentOffer, contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import { CallMetrics } from '../../spans/metrics/call-metrics.js';
import {
  getModelSpanSlot,
  type ModelCallEnd,
  type ModelSpanOwner,
  type ModelSpanSlot,
  startModelSpan,
} from '../../spans/model-span-slot.js';
import { RecordedSpan, type RecordedSpanEnd } from '../../spans/recorded-span.js';
import { sessionOfCall } from '../../spans/session-calls.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { rememberPending, settlePending, withSettled } from './background-responses.js';
import { CallChunks } from './call-chunks.js';
import { CLIENT_CALL_KEY, contextOfUnobservedCall, UNOBSERVED_CALL_KEY } from './call-context.js';
import { CallLog } from './call-log.js';
import { CallRequest, callName, type RequestContent } from './call-request.js';
import { HostedToolSpans } from './hosted-tool-spans.js';
import { HttpAttempts, RequestExchange } from './http-attempts.js';

/**
 * The state of a call:
 *
 * - `pending`: the client's method was called, and its result has not been read.
 * - `streaming`: the result is a stream, whose reader ends the call.
 * - `unread`: the result was garbage-collected before an answer came. The answer ends the call.
 * - `ended`: the span has ended.
 */
type CallState = 'pending' | 'streaming' | 'unread' | 'ended';

interface CallEnd extends RecordedSpanEnd {
  readonly response?: ModelResponseDetails | undefined;
  readonly finishReasons?: readonly string[] | undefined;
}

const RELEASED: UnknownRecord = {};

/**
 * One logical call of the client, from the method to the last chunk, whatever the number of HTTP attempts.
 *
 * Invariant: the state only moves forward and reaches `ended` once, and that ends the span. Several observers report
 * the end (the request chain, the promise, the stream, the Agents SDK, the garbage collector); the first one wins.
 *
 * The callers guard every method. The guards in here keep a fault in one reader from losing what the others read.
 */
export class ClientCall implements ModelSpanOwner {
  /** The client's own code runs in it, so that its HTTP spans are children of this call's span. */
  readonly context: Context;
  readonly attempts: HttpAttempts;
  readonly exchange = new RequestExchange();

  readonly #telemetry: Telemetry;
  readonly #content: ContentPolicy;
  readonly #span: RecordedSpan;
  readonly #metrics: CallMetrics | undefined;
  /** The number of finish reasons that the answer should have; `undefined` if the API gives none. */
  #choiceCount: number | undefined;
  #state: CallState = 'pending';
  #request: UnknownRecord;
  /** Present until the content of the request has been read, if anything wants it. */
  #unread: CallRequest | undefined;
  #kept: RequestContent | undefined;
  #outputContent: ContentAttributes | undefined;
  /** Those of the request, until the call ends. */
  #attributes: Attributes | undefined;
  /** Present until the call ends, if its content goes to log records. */
  #log: CallLog | undefined;
  #slot: ModelSpanSlot | undefined;
  /** Spans of the tools that the provider may run within the response. */
  #hosted: HostedToolSpans | undefined;
  /** Present from the first chunk on. */
  #chunks: CallChunks | undefined;

  /**
   * Starts the span of a call. Returns only the context in which the client is to run if the call is recorded nowhere,
   * since then nothing needs to be known of it.
   */
  static start(
    telemetry: Telemetry,
    operation: ClientOperation,
    client: UnknownRecord,
    args: readonly unknown[],
  ): ClientCall | Context {
    const active = context.active();
    // All parameters are read before the span starts: nothing may throw between its start and the constructor's end.
    const policy = contentPolicy(telemetry, active);
    const request = new CallRequest(telemetry, operation, client, args, active);
    if (policy.onEvent || signalsWanted() || telemetry.instruments !== undefined || getModelSpanSlot(active))
      return new ClientCall(telemetry, operation, client, request, policy, active);
    const { attributes } = request;
    const start = { name: callName(operation, attributes), kind: SpanKind.CLIENT, attributes };
    const recorded = RecordedSpan.startRecording(telemetry, start, active);
    return recorded instanceof RecordedSpan
      ? new ClientCall(telemetry, operation, client, request, policy, active, recorded)
      : contextOfUnobservedCall(active, recorded, client);
  }

  /** @param recorded - the span of the call; if absent, it is started. */
  private constructor(
    telemetry: Telemetry,
    readonly operation: ClientOperation,
    readonly client: UnknownRecord,
    request: CallRequest,
    policy: ContentPolicy,
    active: Context,
    recorded?: RecordedSpan,
  ) {
    const { attributes, choiceCount } = request;
    this.#telemetry = telemetry;
    this.#request = request.request;
    this.#choiceCount = choiceCount;
    this.#attributes = attributes;
    this.#metrics = CallMetrics.of(telemetry.instruments, attributes);
    const slot = getModelSpanSlot(active);
    this.#slot = slot?.claim(this, operation.operationName ?? operation.callType ?? '') ? slot : undefined;
    const started = this.#slot?.startedSpan;
    const offer = started
      ? this.#slot?.contentOffer
      : contentOffer(policy, operation.requestDetails !== undefined);
    this.#span =
      recorded ??
      startModelSpan(telemetry, this.#slot, active, {
        name: callName(operation, attributes),
        kind: SpanKind.CLIENT,
        attributes,
        details: offer && { contentOffer: offer },
      });
    this.#content = policyOfSpan(policy, this.#span.span, offer);
    if (this.#content.onEvent) this.#log = this.#newLog();
    if (this.#content.wanted || (!request.complete && this.observed)) this.#unread = request;
    this.attempts = new HttpAttempts(this.#span, request.attemptLimit);
    // A span that stands between the step of a run and this call encloses the request more closely than ours.
    const key = this.observed ? CLIENT_CALL_KEY : UNOBSERVED_CALL_KEY;
    this.context =
      started === undefined || trace.getSpan(active) === started
        ? this.#span.contextWith(key, this)
        : active.setValue(key, this);
    this.#expectHostedCalls(request.hostedCalls);
  }

  #newLog(): CallLog {
    return new CallLog(this.#telemetry, this.operation.operationName, this.#content, this.#attributes ?? {});
  }

  #expectHostedCalls(reader: HostedCallReader | undefined): void {
    if (reader === undefined || !this.#span.span.isRecording()) return;
    this.#hosted ??= new HostedToolSpans(
      this.#telemetry,
      reader,
      this.#request,
      this.#content,
      this.#span.context,
    );
  }

  /**
   * Reads the request from the body that the client has handed to `fetch`, once. A body that is not a text, such as a
   * form with files, shows nothing that could be read without running code.
   */
  bodySent(body: unknown): void {
    // A request without a body is not the call's own: it polls, or fetches a key.
    if (this.#unread === undefined || body === undefined || body === null) return;
    this.#readRequest(body);
  }

  /**
   * Keeps the content of the application's objects, as far as it is data, because the request may never be sent: a
   * transport of the application has it. The application may change its objects before the call ends.
   */
  keepRequest(): void {
    if (this.#content.wanted) this.#kept = this.#unread?.content();
  }

  /** @param body - `undefined` if the client sent nothing: a mocked transport, or a failure before. */
  #readRequest(body?: unknown): void {
    const request = this.#unread;
    this.#unread = undefined;
    if (request === undefined || this.#state === 'ended') return;
    const { guard } = this.#telemetry;
    const sent = typeof body === 'string' ? request.parseSent(body) : undefined;
    if (sent !== undefined && !request.complete) {
      guard.run('Reading a request', () => this.#setSentParameters(request, sent));
    }
    if (this.#content.wanted) {
      guard.run('Reading the content of a request', () => this.#recordRequest(request, sent));
    }
  }

  /** Adds the parameters that could not be read before the span started. */
  #setSentParameters(call: CallRequest, sent: UnknownRecord): void {
    const { attributes, request, choiceCount, hostedCalls } = call.sentParameters(sent);
    this.#request = request;
    this.#choiceCount = choiceCount;
    this.#span.span.setAttributes(attributes).updateName(callName(this.operation, attributes));
    this.#metrics?.requestSent(attributes[semconv.ATTR_GEN_AI_REQUEST_MODEL]);
    Object.assign(this.#attributes ?? {}, attributes);
    this.#expectHostedCalls(hostedCalls);
  }

  #recordRequest(call: CallRequest, sent: UnknownRecord | undefined): void {
    const { attributes, details } = (sent === undefined ? this.#kept : undefined) ?? call.content(sent);
    this.#kept = undefined;
    if (this.#content.onEvent && this.#log !== undefined) this.#log.requestContent = attributes;
    this.#span.setContent(attributes, this.#content);
    if (details !== undefined) this.#span.publish(() => ({ type: 'model.request', request: details }));
  }

  /** Whether the call is recorded anywhere: metrics may measure a call whose span is not sampled. */
  get observed(): boolean {
    return this.#span.span.isRecording() || this.#metrics !== undefined;
  }

  /**
   * Whether a call that the same client makes in this call's context is part of this call: a polling helper makes it,
   * or it is this call, which another instrumentation has passed on to a second hook of ours beneath its own. Once the
   * request is under way, only code of the application can make a call: its `fetch`, its key provider.
   */
  covers(operation: ClientOperation): boolean {
    if (operation === this.operation) return this.#state === 'pending' && !this.exchange.hasBegun;
    const { pollingHelperOf, resource } = this.operation;
    return pollingHelperOf === operation.method && resource.join() === operation.resource.join();
  }

  /** Whether a request that the client makes in this call's context is part of this call; see {@link covers}. */
  get ownsRequests(): boolean {
    return this.pollsItself || !this.exchange.hasBegun;
  }

  /** Whether this call is a polling helper, whose promise is that of a function of the SDK. */
  get pollsItself(): boolean {
    return this.operation.pollingHelperOf !== undefined;
  }

  /** Records and ends a call whose plain response arrived. */
  succeed(value: unknown): void {
    if (this.#state === 'ended') return;
    const response = this.#readResponse(value) ?? unusableResponse(value, this.operation.answer);
    const failure = response?.failure;
    const finishReasons =
      failure === undefined
        ? response && givenFinishReasons(response)
        : partialFinishReasons(response, this.#choiceCount);
    this.#recordOutput(value, finishReasons);
    // Here and in what runs for each call: a closure for the guard would be made each time.
    try {
      this.#hosted?.complete(value);
      const settled = settlePending(this.client, response, this.#span);
      if (failure === undefined) this.#publishFacts(value, settled);
    } catch (error) {
      this.#telemetry.guard.caught('Reading a response', error);
    }
    this.#end({ response, finishReasons, failure, cancelled: undefined, endTime: undefined });
  }

  /** Ends a call whose response is not known here: the caller took the raw response and reads its body itself. */
  succeedUnread(): void {
    this.#end({});
  }

  fail(error: unknown): void {
    if (this.#state === 'ended') return;
    if (isCallerAbort(error)) {
      this.cancel();
      return;
    }
    const failure = describeFailure(error);
    this.#telemetry.guard.run('Recording an error', () =>
      (this.#log ?? this.#newLog()).exception(error, failure, this.#span.context),
    );
    this.#endPartial({ failure });
  }

  /** The result is a stream. Returns `false` if that was known already, or the call has ended. */
  beginStream(): boolean {
    if (this.#state === 'streaming' || this.#state === 'ended') return false;
    this.#state = 'streaming';
    return true;
  }

  addChunk(chunk: unknown): void {
    if (this.#state === 'ended') return;
    this.#chunks ??= new CallChunks(
      this.operation.accumulateChunks?.(this.#content.wanted),
      this.#span.elapsed,
    );
    this.#chunks.add(chunk);
    if (this.#metrics !== undefined) this.#measureGap(this.#chunks, this.#metrics);
    this.#hosted?.addChunk(chunk);
  }

  #measureGap(chunks: CallChunks, metrics: CallMetrics): void {
    const gap = chunks.gap();
    if (gap !== undefined) metrics.chunkAfter(gap, () => this.#readResponse(chunks.response)?.model);
  }

  /** Ends a call whose stream is at its end, or whose reader left it. */
  finishStream(): void {
    if (this.#state === 'ended') return;
    // If the operation has no reader for chunks, the end of the stream is all that can be known.
    if (this.operation.accumulateChunks === undefined) this.succeedUnread();
    // A stream of no events at all is an empty body. A stream that is resumed at its end has none either.
    else if (this.#chunks === undefined && this.#choiceCount !== undefined) this.succeed(undefined);
    else if (this.#chunks?.failure !== undefined) this.#endPartial({ failure: this.#chunks.failure });
    else if (this.#chunks?.complete) this.succeed(this.#chunks.response);
    else this.#endPartial({});
  }

  /** Ends a call that the caller gave up: neither a success nor an error. The span shows what had arrived. */
  cancel(endTime?: Date): void {
    if (this.#state === 'ended') return;
    if (this.#chunks?.complete || this.#chunks?.failure !== undefined) this.finishStream();
    else this.#endPartial({ cancelled: true, endTime });
  }

  abandon(): void {
    this.cancel();
  }

  /** The request was answered, and the body has not been read. */
  answered(): void {
    if (this.#state === 'unread') this.forget();
  }

  /**
   * The result was garbage-collected, so it will never be read. The call was over when it was answered. If that is
   * still to come, the call stays open until then, since a request goes on without a reader.
   */
  forget(): void {
    const { answeredAt } = this.attempts;
    if (answeredAt === undefined) {
      if (this.#state === 'pending') this.#state = 'unread';
      return;
    }
    const endTime = new Date(clock.timeOrigin + answeredAt);
    if (this.#state === 'streaming') this.cancel(endTime);
    else this.#end({ endTime });
  }

  /** Ends a call before the model's end. */
  #endPartial(end: RecordedSpanEnd & { readonly endTime?: Date | undefined }): void {
    const value = this.#chunks?.response;
    const response = value === undefined ? undefined : this.#readResponse(value);
    const finishReasons = partialFinishReasons(response, this.#choiceCount);
    if (response !== undefined) this.#recordOutput(value, finishReasons);
    this.#end({ ...end, response, failure: end.failure ?? response?.failure, finishReasons });
  }

  #readResponse(value: unknown): ModelResponseDetails | undefined {
    try {
      return this.operation.readResponse(value, this.#request);
    } catch (error) {
      this.#telemetry.guard.caught('Reading a response', error);
      return undefined;
    }
  }

  #recordOutput(value: unknown, finishReasons: readonly string[] | undefined): void {
    if (!this.#content.wanted) return;
    try {
      const { messages, attributes } = readOutput(this.operation, value, finishReasons);
      if (this.#content.onSpan || this.#content.onEvent) this.#outputContent = attributes;
      if (messages.length > 0) this.#span.publish(() => ({ type: 'model.output', messages }));
    } catch (error) {
      this.#telemetry.guard.caught('Reading the content of a response', error);
    }
  }

  #publishFacts(value: unknown, settled: SettledCall | undefined): void {
    if (!signalsWanted()) return;
    const facts = withSettled(this.operation.facts?.(value, this.#request) ?? [], settled);
    for (const fact of facts) publishFact(fact, this.#span.span.spanContext(), this.#content.allowed);
  }

  #end(end: CallEnd): void {
    if (this.#state === 'ended') return;
    if (this.#unread !== undefined) this.#readRequest();
    this.#state = 'ended';
    // A fault while the end is recorded must not lose the span's end; the caller's guard reports it.
    try {
      this.#recordEnd(end);
    } finally {
      this.#span.end(end);
      this.#release();
    }
  }

  #recordEnd({ response, finishReasons, failure, cancelled }: CallEnd): void {
    const errorType = failure?.type;
    if (response?.pending === true && this.#request.background === true) {
      const call = { span: this.#span.span.spanContext(), attributes: this.#attributes ?? {} };
      rememberPending(this.client, response, { ...call, metrics: this.#metrics });
    }
    const attributes = modelResponseAttributes(response ?? {}, finishReasons);
    this.#chunks?.addAttributes(attributes);
    this.#span.span.setAttributes(attributes);
    if (this.#outputContent !== undefined) this.#span.setContent(this.#outputContent, this.#content);
    if (this.#metrics !== undefined) {
      const timeToFirstChunk = this.#chunks?.timeToFirst;
      this.#metrics.ended({ response, errorType, duration: this.#span.elapsed, timeToFirstChunk });
    }
    this.#log?.details(attributes, this.#outputContent, failure, this.#span.context);
    this.#hosted?.close();
    const session = this.#slot === undefined ? sessionOfCall(this.operation, this.context) : undefined;
    if (this.#slot === undefined && session === undefined) return;
    const end: ModelCallEnd = {
      response,
      finishReasons,
      errorType,
      cancelled: cancelled === true,
      content: this.#span.content,
      lastAttempt: this.attempts.lastOutcome,
    };
    if (this.#slot !== undefined) this.#slot.ended(end);
    else session?.add(end);
  }

  /**
   * Drops the content of a call that has ended. Objects that were created inside the call keep its context alive, a
   * connection for hours, and must not keep a conversation alive with it.
   */
  #release(): void {
    this.#request = RELEASED;
    this.#attributes = undefined;
    this.#outputContent = undefined;
    this.#log = undefined;
    this.#chunks = undefined;
    this.#hosted = undefined;
    this.#slot = undefined;
    this.exchange.release();
    this.#unread = undefined;
    this.#kept = undefined;
  }
}
