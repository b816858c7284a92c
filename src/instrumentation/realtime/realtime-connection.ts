import { type Context, context, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { describeRealtimeError } from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import { exceptionAttributes, type Failure, failure } from '../../semconv/failure.js';
import { SPAN_TYPE_REALTIME, spanName } from '../../semconv/operations.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { setEndpoint } from '../client/endpoint.js';
import { ConnectionScope, type ConnectionStart } from './connection-scope.js';
import { Exchanges } from './exchanges.js';
import { FunctionCalls } from './function-calls.js';
import { HostedMcpCalls } from './hosted-mcp-calls.js';
import { InputTranscriptions } from './input-transcriptions.js';

/** `error.type` if the connection is lost during an answer without any error being reported. */
const CONNECTION_CLOSED = 'connection_closed';

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
  readonly functionCalls: FunctionCalls;
  readonly hostedMcpCalls: HostedMcpCalls;
  readonly transcriptions: InputTranscriptions;

  readonly #span: RecordedSpan;
  readonly #onEnd: () => void;
  #state: 'connecting' | 'connected' | 'ended' = 'connecting';
  /** The latest error that was reported; if the connection is lost now, this is the reason. */
  #lastError: Failure | undefined;

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
    this.hostedMcpCalls = new HostedMcpCalls(scope, this.exchanges);
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

  connectFailed(error: unknown): void {
    this.#end(describeRealtimeError(error), false);
  }

  transportFailed(error: unknown): void {
    this.#lastError = describeRealtimeError(error);
  }

  /** An event shows that the connection survived the latest error. */
  transportRecovered(): void {
    this.#lastError = undefined;
  }

  /** The connection is gone without `close()`. A failed attempt to connect is reported by `connect()` itself. */
  lost(): void {
    if (this.#state !== 'connected') return;
    const reason = this.exchanges.areOpen
      ? failure(CONNECTION_CLOSED, undefined, 'The connection was closed in the middle of an answer')
      : undefined;
    this.#end(this.#lastError ?? reason, false);
  }

  /** @param reason - the error if the connection was never open and nothing else has been reported. */
  socketClosed(reason: unknown): void {
    if (this.#state === 'connecting') this.#end(this.#lastError ?? describeRealtimeError(reason), false);
    else this.lost();
  }

  /** The session closed the connection. */
  closed(): void {
    this.#end(undefined, this.#state === 'connecting');
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
    const { allowed, onSpan } = this.scope.content;
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
          metadata: { error_type: type },
          ...(allowed && message !== plainMessage && { content: { error_message: message } }),
        },
      });
    }
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_ERROR, exceptionAttributes(described, onSpan));
  }

  #end(reason: Failure | undefined, cancelled: boolean): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const { guard } = this.scope.telemetry;
    // Whatever fails in here, nothing stays open.
    const run = (action: () => void) => guard.run('Ending a realtime session', action);
    run(() =>
      this.exchanges.endAll(reason, () => {
        run(() => this.functionCalls.abandonAll());
        run(() => this.hostedMcpCalls.abandonAll());
        run(() => this.transcriptions.abandonAll());
      }),
    );
    run(() => {
      const totals = this.exchanges.totals.attributes();
      for (const name of [
        semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
        semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
        semconv.ATTR_OPENAI_AGENTS_USAGE_AGGREGATED,
      ]) {
        this.#span.span.setAttributes({ [name]: totals[name] });
      }
    });
    run(() => this.#span.end({ failure: reason, cancelled }));
    this.#onEnd();
  }
}
