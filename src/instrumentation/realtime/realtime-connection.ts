import { type Context, context, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { describeRealtimeError } from '../../openai-api/realtime.js';
import { readServerError } from '../../openai-api/realtime-errors.js';
import * as semconv from '../../semconv/attributes.js';
import { exceptionAttributes, type Failure } from '../../semconv/failure.js';
import { SPAN_TYPE_REALTIME, spanName } from '../../semconv/operations.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { redactedFailure } from '../../spans/content-redaction.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { setEndpoint } from '../client/endpoint.js';
import { type closeOf, type DueWork, LossReasons } from './connection-loss.js';
import { ConnectionScope, type ConnectionStart } from './connection-scope.js';
import { Exchanges } from './exchanges.js';
import { FunctionCalls } from './function-calls.js';
import { HostedMcpCalls } from './hosted-mcp-calls.js';
import { InputTranscriptions } from './input-transcriptions.js';
import { ResponseRequests } from './response-requests.js';

/**
 * One connection of a session, from `connect()` until it is closed, lost or abandoned.
 *
 * Invariant: its span and all spans beneath it end exactly once. It holds no object of the SDK or the application,
 * only what was read from them, because it outlives the session when that is garbage-collected.
 *
 * `server-events.ts` and `session-events.ts` say which event changes which part of it.
 */
export class RealtimeConnection {
  /** Its span is active here. The socket is opened in this context, so events of the socket run in it, too. */
  readonly context: Context;
  readonly scope: ConnectionScope;
  readonly exchanges: Exchanges;
  readonly requests = new ResponseRequests();
  readonly functionCalls: FunctionCalls;
  readonly hostedMcpCalls: HostedMcpCalls;
  readonly transcriptions: InputTranscriptions;

  readonly #span: RecordedSpan;
  readonly #onEnd: () => void;
  #state: 'connecting' | 'connected' | 'ended' = 'connecting';
  readonly #reasons = new LossReasons();

  constructor(telemetry: Telemetry, start: ConnectionStart, onEnd: () => void) {
    const outer = context.active();
    const scope = new ConnectionScope(telemetry, start, outer);
    this.scope = scope;
    this.#onEnd = onEnd;
    this.#span = RecordedSpan.start(
      telemetry,
      {
        name: spanName(SPAN_TYPE_REALTIME, start.model),
        kind: SpanKind.INTERNAL,
        attributes: {
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_REALTIME,
          ...scope.endpoint,
          [semconv.ATTR_GEN_AI_REQUEST_MODEL]: start.model,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: scope.conversationId,
          [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: start.workflowName,
        },
      },
      outer,
    );
    scope.started(this.#span);
    this.context = withRunSettings(this.#span.context, {
      ...getRunSettings(outer),
      conversationId: scope.conversationId,
      contentAllowed: scope.content.allowed,
    });
    this.exchanges = new Exchanges(scope, this.context);
    this.functionCalls = new FunctionCalls(scope, this.exchanges);
    this.hostedMcpCalls = new HostedMcpCalls(scope, this.exchanges, this.functionCalls);
    this.transcriptions = new InputTranscriptions(scope, this.context);
  }

  connected(): void {
    if (this.#state === 'connecting') this.#state = 'connected';
  }

  /** @param url - of the socket; `undefined` if the transport does not show it. */
  reaches(url: string | undefined): void {
    if (url === undefined || this.#state === 'ended') return;
    setEndpoint(this.scope.endpoint, { baseURL: url });
    this.#span.span.setAttributes(this.scope.endpoint);
  }

  /** @param sessionId - the provider's identifier of the session. */
  identified(sessionId: string | undefined): void {
    this.#span.span.setAttributes({ [semconv.ATTR_OPENAI_AGENTS_REALTIME_SESSION_ID]: sessionId });
  }

  /** The provider's identifier of the conversation, which comes with the first response. */
  conversationKnown(conversationId: string | undefined): void {
    if (conversationId === undefined || this.scope.providerConversationId === conversationId) return;
    this.scope.providerConversationId = conversationId;
    this.#span.span.setAttributes({ [semconv.ATTR_GEN_AI_CONVERSATION_ID]: this.scope.knownConversationId });
  }

  connectFailed(error: unknown): void {
    this.#end(describeRealtimeError(error), false);
  }

  transportFailed(error: unknown): void {
    this.#reasons.failed(error);
  }

  socketFailed(error: unknown): void {
    this.#reasons.socketFailed(error);
  }

  /**
   * The provider reports an error.
   *
   * @param error - that of its `error` event.
   */
  errorReported(error: UnknownRecord, agent: UnknownRecord): void {
    const read = readServerError(error);
    const described = describeRealtimeError({ error });
    const request = this.requests.refused(read);
    if (request !== undefined) this.exchanges.responseRefused(request, agent, described);
    // An error that names no request can be a fault of the provider, which ends the connection as well.
    if (request === undefined || read.requestId === undefined) {
      this.#reasons.reported(read, described, this.#isConfirmed);
    }
  }

  /** An event shows that the connection survived the latest error. */
  transportRecovered(): void {
    this.#reasons.recovered();
  }

  /**
   * The connection is gone without `close()`. A failed attempt to connect is reported by `connect()` itself.
   *
   * @param agent - the one whose turn it was.
   */
  lost(close: ReturnType<typeof closeOf>, agent: UnknownRecord): void {
    if (this.#state !== 'connected') return;
    const end = { ...close, due: this.#due, confirmed: this.#isConfirmed };
    this.#span.span.setAttributes({ [semconv.ATTR_OPENAI_AGENTS_REALTIME_CLOSE_CODE]: close.code });
    this.#end(this.#reasons.failureOf(end), false, agent);
  }

  /** The socket of a client without a session closed, perhaps before it was open. */
  socketClosed(close: ReturnType<typeof closeOf>, agent: UnknownRecord): void {
    if (this.#state === 'connecting') this.#state = 'connected';
    this.lost(close, agent);
  }

  /** The session closed the connection. */
  closed(agent: UnknownRecord): void {
    this.#end(undefined, this.#state === 'connecting', agent);
  }

  /** The end of the connection cannot be observed any more. */
  abandoned(): void {
    this.#end(undefined, true);
  }

  /** The user began to speak while an answer was played. */
  interrupted(): void {
    const turn = this.exchanges.newestTurn;
    if (turn === undefined) this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_INTERRUPTED);
    else turn.interrupt();
  }

  /** An error after which the session continues. */
  errorOccurred(error: unknown): void {
    const described = describeRealtimeError(error);
    const { type, message, plainMessage } = described;
    const requestId = requestIdOf(error);
    const { content } = this.scope;
    const { span } = this.#span;
    if (signalsWanted()) {
      publishSignal({
        type: 'recorded',
        time: clock.now(),
        span: span.spanContext(),
        spanRecording: span.isRecording(),
        fact: {
          type: 'system.message',
          message: `Error in a realtime session: ${plainMessage ?? type}`,
          severity: 'error',
          metadata: { error_type: type, ...(requestId !== undefined && { request_id: requestId }) },
          ...(content.allowed && message !== plainMessage && { content: { error_message: message } }),
        },
      });
    }
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_ERROR, {
      ...exceptionAttributes(redactedFailure(described, content), content.onSpan),
      ...(requestId !== undefined && { [semconv.ATTR_OPENAI_AGENTS_REALTIME_REQUEST_ID]: requestId }),
    });
  }

  /** Whether the provider has confirmed the session. */
  get #isConfirmed(): boolean {
    return this.scope.config !== undefined;
  }

  /** The most advanced of what is unfinished. */
  get #due(): DueWork | undefined {
    if (this.exchanges.areAnswering) return 'answer';
    if (this.functionCalls.areRunning || this.hostedMcpCalls.areRunning || this.requests.callsAreDue)
      return 'tool';
    if (this.functionCalls.awaitApproval) return 'approval';
    if (this.requests.areDue) return 'question';
    if (this.requests.userSpeaks) return 'speech';
    if (this.requests.userHasSpoken) return 'reply';
    return this.exchanges.areOpen ? 'answer' : undefined;
  }

  /** @param agent - the one whose turn it was; `undefined` if the session is gone, and what was due with it. */
  #end(reason: Failure | undefined, cancelled: boolean, agent?: UnknownRecord): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#span.span.setAttributes({ [semconv.ATTR_OPENAI_AGENTS_REALTIME_DUE]: this.#due });
    const { guard } = this.scope.telemetry;
    // Each step is guarded by itself, so that no span stays open.
    const run = (action: () => void) => guard.run('Ending a realtime session', action);
    if (agent !== undefined) run(() => this.#endRequests(reason, agent));
    run(() =>
      this.exchanges.endAll(reason, () => {
        run(() => this.functionCalls.abandonAll());
        run(() => this.hostedMcpCalls.abandonAll());
        run(() => this.transcriptions.abandonAll());
      }),
    );
    run(() => {
      this.#span.span.setAttributes(this.exchanges.usage.attributes());
    });
    run(() => this.#span.end({ failure: reason, cancelled }));
    this.#onEnd();
  }

  /** Records the questions that get no answer. A request during a response was not sent yet. */
  #endRequests(reason: Failure | undefined, agent: UnknownRecord): void {
    if (this.exchanges.areAnswering) return;
    const requests = this.requests.takeAll();
    for (const request of requests) this.exchanges.responseLost(request, agent, reason);
    if (requests.length === 0 && reason !== undefined && this.requests.userHasSpoken) {
      this.exchanges.inputLost(agent, reason);
    }
  }
}

/** The `event_id` of the client's event that an error is about. */
function requestIdOf(event: unknown): string | undefined {
  const error = ownValue(event, 'error');
  const inner = ownValue(error, 'error') ?? error;
  return asNonEmptyString(ownValue(ownValue(inner, 'error') ?? inner, 'event_id'));
}
