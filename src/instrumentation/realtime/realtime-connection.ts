import { type Attributes, type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { JsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord, asString, type UnknownRecord } from '../../json/readers.js';
import { describeRealtimeError, readSessionConfig, type SessionConfig } from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure, recordFailure } from '../../semconv/failure.js';
import { SPAN_TYPE_CONVERSATION_ITEMS, SPAN_TYPE_REALTIME, spanName } from '../../semconv/operations.js';
import type { Fact } from '../../signals/signal.js';
import { publishFact, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { contentPolicy } from '../../spans/content-policy.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { getRunSettings, withRunSettings } from '../../spans/run-settings.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';
import { AgentTotals } from '../agents/agent-totals.js';
import { guardrail as guardrailKind } from '../agents/span-mappings/guardrail.js';
import { type ApprovalAnswer, approvalGiven, approvalRequested } from '../agents/tool-decisions.js';
import { setEndpoint } from '../client/endpoint.js';
import { AgentExchange, type ExchangeObserver } from './agent-exchange.js';
import { type ConnectionScope, surroundings } from './connection-scope.js';
import { FunctionCall, getFunctionCall, showHandoff } from './function-call.js';
import { asMcpCallItem, HostedMcpCall } from './hosted-mcp-call.js';
import { InputTranscription } from './input-transcription.js';
import { ResponseTurn } from './response-turn.js';
import { ConversationInput, UserInput } from './user-input.js';

/** Things of one kind that may go on at the same time in one connection; beyond it the oldest is taken for lost. */
const MAX_OPEN = 1000;

/** Words of an answer as they come; the second name of each is that of the API's beta. */
const TEXT_DELTAS: ReadonlySet<string> = new Set([
  'response.output_audio_transcript.delta',
  'response.audio_transcript.delta',
  'response.output_text.delta',
  'response.text.delta',
]);

/** `error.type` where the other side has gone without a word. */
const CONNECTION_CLOSED = 'connection_closed';

/** What is known of a session when it connects. */
interface ConnectionStart {
  readonly model: string | undefined;
  readonly workflowName: string | undefined;
  readonly groupId: string | undefined;
  /** Where it connects to, if the application says so itself. */
  readonly url: string | undefined;
}

/**
 * One connection of a session, from `connect()` until it is closed, lost or given up.
 *
 * Its span and all beneath it end exactly once. It holds nothing of the SDK or the application, only what was read
 * of them: it is what remains when the session itself is collected.
 */
export class RealtimeConnection implements ExchangeObserver {
  /** In which its span is the active one: the socket is opened in it, so what comes over the socket runs in it, too. */
  readonly context: Context;

  readonly #scope: ConnectionScope;
  readonly #span: Span;
  readonly #onEnd: () => void;
  readonly #input: ConversationInput;
  readonly #totals = new AgentTotals();
  readonly #exchanges = new Set<AgentExchange>();
  readonly #turns = new OpenItems<ResponseTurn>(MAX_OPEN, (turn) => turn.cancel());
  readonly #calls = new OpenItems<FunctionCall>(MAX_OPEN, (call) => call.abandon());
  readonly #mcpCalls = new OpenItems<HostedMcpCall>(MAX_OPEN, (call) => call.abandon());
  readonly #transcriptions = new OpenItems<InputTranscription>(MAX_OPEN, (one) => one.abandon());
  /** Calls that a person has been asked about. */
  readonly #approvals = new OpenItems<true>(MAX_OPEN, () => {});
  #exchange: AgentExchange | undefined;
  #config: SessionConfig | undefined;
  #conversationId: string | undefined;
  #connected = false;
  #lastError: Failure | undefined;
  #ended = false;

  constructor(telemetry: Telemetry, start: ConnectionStart, onEnd: () => void) {
    const outer = context.active();
    const enclosing = getRunSettings(outer);
    const endpoint: Attributes = {};
    setEndpoint(endpoint, { baseURL: start.url });
    this.#onEnd = onEnd;
    this.#scope = {
      telemetry,
      content: contentPolicy(telemetry.content, outer),
      conversationId: start.groupId ?? enclosing?.conversationId,
      model: start.model,
      endpoint,
    };
    this.#input = new ConversationInput(this.#scope.content.wanted);
    this.#span = startSpan(
      telemetry,
      spanName(SPAN_TYPE_REALTIME, start.model),
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_REALTIME,
          ...endpoint,
          [semconv.ATTR_GEN_AI_REQUEST_MODEL]: start.model,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: this.#scope.conversationId,
          [semconv.ATTR_GEN_AI_WORKFLOW_NAME]: start.workflowName,
        },
      },
      outer,
    );
    this.context = withRunSettings(trace.setSpan(outer, this.#span), {
      ...enclosing,
      conversationId: this.#scope.conversationId,
      contentAllowed: this.#scope.content.allowed,
    });
  }

  // The connection itself

  /** @param url - of the socket, where the transport tells it. */
  reaches(url: string | undefined): void {
    if (url === undefined || this.#ended) return;
    const { endpoint } = this.#scope;
    setEndpoint(endpoint, { baseURL: url });
    this.#span.setAttributes(endpoint);
  }

  connected(): void {
    this.#connected = true;
  }

  connectFailed(error: unknown): void {
    this.end(describeRealtimeError(error), false);
  }

  /** An error of the connection: if it is lost now, then for this reason. */
  transportFailed(error: unknown): void {
    this.#lastError = describeRealtimeError(error);
  }

  /** The connection is gone, and the session did not close it. Of an attempt to connect, `connect()` tells more. */
  lost(): void {
    if (!this.#connected) return;
    const busy = this.#exchanges.size > 0;
    const reason = busy
      ? failure(CONNECTION_CLOSED, 'The connection was closed in the middle of an answer')
      : undefined;
    this.end(this.#lastError ?? reason, false);
  }

  /** The session has closed it. */
  closed(): void {
    this.end(undefined, !this.#connected);
  }

  /** Nobody can tell any more what becomes of it. */
  forgotten(): void {
    this.end(undefined, true);
  }

  end(reason: Failure | undefined, cancelled: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const exchanges = [...this.#exchanges].reverse();
    // None may end by itself, as if it were done, while its parts are taken from it.
    for (const exchange of exchanges) exchange.begin();
    for (const turn of this.#turns.takeAll()) {
      if (reason === undefined) turn.cancel();
      else turn.fail(reason);
    }
    for (const entries of [this.#calls, this.#mcpCalls, this.#transcriptions]) {
      for (const entry of entries.takeAll()) entry.abandon();
    }
    for (const exchange of exchanges) exchange.end(reason, true);
    const totals = this.#totals.attributes();
    for (const name of [
      semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS,
      semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
      semconv.ATTR_OPENAI_AGENTS_USAGE_AGGREGATED,
    ]) {
      this.#span.setAttributes({ [name]: totals[name] });
    }
    if (reason !== undefined) recordFailure(this.#span, reason);
    else if (cancelled)
      this.#span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    this.#span.end();
    this.#onEnd();
  }

  // What the provider tells

  /** @param agent - whose turn it is. */
  serverEvent(value: unknown, agent: UnknownRecord): void {
    const event = asRecord(value);
    const type = asNonEmptyString(event?.type);
    if (event === undefined || type === undefined) return;
    if (type !== 'error') this.#lastError = undefined;
    const itemId = asNonEmptyString(event.item_id);
    switch (type) {
      case 'session.created':
      case 'session.updated':
        this.#configured(asRecord(event.session) ?? {});
        break;
      case 'response.created':
        this.#responseCreated(asRecord(event.response) ?? {}, agent);
        break;
      case 'response.done':
        this.#responseDone(asRecord(event.response) ?? {});
        break;
      case 'conversation.item.added':
      // Its name in the API's beta.
      case 'conversation.item.created': {
        const item = asRecord(event.item) ?? {};
        this.#input.add(item);
        this.#mcpCallSeen(item, agent);
        break;
      }
      case 'response.output_item.added':
        this.#mcpCallSeen(event.item, agent, asNonEmptyString(event.response_id));
        break;
      case 'response.mcp_call_arguments.done':
        this.#mcpCalls.get(itemId ?? '')?.start(event.arguments);
        break;
      case 'response.mcp_call.in_progress':
        this.#mcpCalls.get(itemId ?? '')?.start(undefined);
        break;
      case 'input_audio_buffer.committed':
        this.#spoken(itemId);
        break;
      case 'conversation.item.input_audio_transcription.completed':
        this.#transcribed(itemId, asNonEmptyString(event.transcript));
        this.#transcription(itemId).complete(event);
        break;
      case 'conversation.item.input_audio_transcription.failed':
        this.#transcribed(itemId, undefined);
        this.#transcription(itemId).fail(event);
        break;
      case 'conversation.item.truncated':
        this.#itemsChanged('truncate', itemId, endOf(event));
        break;
      case 'conversation.item.deleted':
        this.#itemsChanged('delete', itemId, {});
        break;
      default:
        if (type.startsWith('response.') && type.endsWith('.delta')) this.#delta(type, event);
    }
  }

  /** @param responds - whether the session asks for a response by itself. */
  mcpCallCompleted(value: unknown, responds: boolean): void {
    const item = asMcpCallItem(value);
    if (item !== undefined) this.#mcpCalls.take(asNonEmptyString(item.id) ?? '')?.complete(item, responds);
  }

  #configured(session: UnknownRecord): void {
    this.#config = readSessionConfig(session, this.#scope.content.wanted);
    this.#span.setAttributes({ [semconv.ATTR_OPENAI_AGENTS_REALTIME_SESSION_ID]: this.#config.id });
  }

  #responseCreated(response: UnknownRecord, agent: UnknownRecord): void {
    this.#conversationId = asNonEmptyString(response.conversation_id) ?? this.#conversationId;
    const { hasUserInput } = this.#input;
    const { all, byUser } = this.#input.take();
    const current = this.#exchange;
    const continues =
      current !== undefined &&
      current.agentName === asNonEmptyString(agent.name) &&
      !(hasUserInput && current.answered);
    const isTranscribed = this.#config?.transcriptionModel !== undefined;
    const exchange = continues ? current : this.#beginExchange(agent, new UserInput(byUser, isTranscribed));
    this.#turns.add(
      asNonEmptyString(response.id) ?? '',
      new ResponseTurn(this.#scope, exchange, response, all, this.#config),
    );
  }

  #responseDone(response: UnknownRecord): void {
    this.#turns.take(asNonEmptyString(response.id) ?? '')?.done(response);
  }

  #delta(type: string, event: UnknownRecord): void {
    const turn = this.#turns.get(asNonEmptyString(event.response_id) ?? '');
    turn?.chunk();
    if (TEXT_DELTAS.has(type)) turn?.said(asNonEmptyString(event.item_id) ?? '', asString(event.delta) ?? '');
  }

  #mcpCallSeen(value: unknown, agent: UnknownRecord, responseId?: string): void {
    const item = asMcpCallItem(value);
    const id = asNonEmptyString(item?.id);
    if (item === undefined || id === undefined || this.#mcpCalls.get(id) !== undefined) return;
    const call = new HostedMcpCall(this.#scope, this.#exchangeOf(agent, responseId), item);
    this.#mcpCalls.add(id, call);
    // One that had to be approved is there with all that it is.
    if (asNonEmptyString(item.arguments) !== undefined) call.start(item.arguments);
  }

  #transcribed(itemId: string | undefined, transcript: string | undefined): void {
    this.#input.transcribed(itemId, transcript);
    for (const exchange of this.#exchanges) exchange.transcribed(itemId, transcript);
  }

  #spoken(itemId: string | undefined): void {
    const model = this.#config?.transcriptionModel;
    if (model === undefined || itemId === undefined) return;
    this.#transcriptions.add(
      itemId,
      new InputTranscription(this.#scope, this.context, model, this.#knownConversationId),
    );
  }

  /** The one that goes on, or one of which nothing was told before. */
  #transcription(itemId: string | undefined): InputTranscription {
    return (
      (itemId === undefined ? undefined : this.#transcriptions.take(itemId)) ??
      new InputTranscription(
        this.#scope,
        this.context,
        this.#config?.transcriptionModel,
        this.#knownConversationId,
      )
    );
  }

  /** The conversation's items are the provider's store: what was said but not heard is taken out of it. */
  #itemsChanged(action: 'truncate' | 'delete', itemId: string | undefined, more: JsonObject): void {
    if (itemId === undefined) return;
    const conversationId = this.#knownConversationId;
    const span = startSpan(
      this.#scope.telemetry,
      spanName(SPAN_TYPE_CONVERSATION_ITEMS, action),
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_CONVERSATION_ITEMS,
          ...this.#scope.endpoint,
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
          [semconv.ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION]: action,
        },
      },
      this.#exchange?.context ?? this.context,
    );
    const state = {
      ...(conversationId !== undefined && { conversation_id: conversationId }),
      action,
      item_ids: [itemId],
      ...more,
    };
    this.#tell({ type: 'state.update', state }, span);
    span.end();
  }

  // What the session does

  /** @returns the context to handle the call in. */
  callAsked(asked: UnknownRecord, agent: UnknownRecord): Context | undefined {
    const id = callId(asked);
    return id === undefined ? undefined : this.#call(id, asked, agent).context;
  }

  toolStarted(agent: UnknownRecord, tool: unknown, details: unknown): void {
    const toolCall = asRecord(asRecord(details)?.toolCall) ?? {};
    const id = callId(toolCall);
    if (id !== undefined) this.#call(id, toolCall, agent).start(tool, toolCall);
  }

  toolEnded(result: unknown, details: unknown): void {
    const id = callId(asRecord(asRecord(details)?.toolCall) ?? {});
    if (id !== undefined) this.#calls.take(id)?.complete(result);
  }

  /**
   * The model has its answer; of a tool it comes before the tool is told to have ended.
   *
   * @param responds - whether the session asks for a response.
   */
  callAnswered(asked: UnknownRecord, responds: boolean): void {
    const id = callId(asked);
    const call = id === undefined ? undefined : this.#calls.get(id);
    if (id === undefined || call === undefined) return;
    if (responds) call.exchange?.awaitResponse();
    if (!call.isRunning) this.#calls.take(id)?.close();
  }

  /** An approved call that failed tells so nowhere but to who approved it. */
  callFailed(id: string, error: unknown): void {
    this.#calls.take(id)?.fail(describeRealtimeError(error));
  }

  handedOff(from: UnknownRecord, to: UnknownRecord): void {
    const names = [asNonEmptyString(from.name), asNonEmptyString(to.name)] as const;
    const call = this.#handledCall();
    if (call !== undefined) call.handedOff(...names);
    else showHandoff(this.#scope, this.#exchange?.context ?? this.context, ...names);
    this.#leaveExchange();
  }

  guardrailTripped(error: unknown): void {
    const result = asRecord(asRecord(error)?.result);
    const name = asNonEmptyString(asRecord(result?.guardrail)?.name);
    const around = surroundings(this.#scope, {});
    const data = { name, triggered: true };
    const start = guardrailKind.start(data, around);
    startSpan(
      this.#scope.telemetry,
      start.name,
      {
        kind: start.kind,
        attributes: { ...start.attributes, ...guardrailKind.end(data, around, false).attributes },
      },
      // It judges an answer that may be given already.
      this.#exchange?.context ?? this.context,
    ).end();
  }

  approvalRequested(agent: UnknownRecord, request: unknown): void {
    const item = asRecord(asRecord(request)?.approvalItem) ?? {};
    const exchange = this.#exchangeOf(agent);
    this.#tell(approvalRequested(item), exchange.span);
    const id = approvalId(item);
    if (id !== undefined) {
      this.#approvals.add(id, true);
      this.#calls.get(id)?.suspend();
    }
    exchange.settle();
  }

  /**
   * A person has answered.
   *
   * @returns the call that goes on now; `undefined` where there is none, or the answer is not the first.
   */
  approvalGiven(agent: UnknownRecord, item: UnknownRecord, answer: ApprovalAnswer): FunctionCall | undefined {
    const id = approvalId(item);
    if (id === undefined || this.#approvals.take(id) === undefined) return undefined;
    const exchange = this.#exchangeOf(agent);
    this.#tell(approvalGiven(item, answer), exchange.span);
    const call = this.#calls.get(id);
    call?.resume(exchange, context.active(), answer.approved);
    exchange.settle();
    return call;
  }

  interrupted(): void {
    const turn = this.#turns.newest;
    if (turn === undefined) this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_INTERRUPTED);
    else turn.interrupted();
  }

  /** The session's `error` event: of a call that it is handling, or one that it goes on after. */
  failed(error: unknown): void {
    const call = this.#handledCall();
    if (call !== undefined) {
      this.callFailed(call.id, error);
      return;
    }
    const { type, message } = describeRealtimeError(error);
    if (signalsWanted()) {
      publishSignal({
        type: 'recorded',
        time: Date.now(),
        span: this.#span.spanContext(),
        spanRecording: this.#span.isRecording(),
        fact: {
          type: 'system.message',
          message: `Error in a realtime session: ${message}`,
          severity: 'error',
          metadata: { error_type: type },
        },
      });
    }
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REALTIME_ERROR, {
      [semconv.ATTR_ERROR_TYPE]: type,
      'exception.message': message,
    });
  }

  // ExchangeObserver

  modelCallEnded(end: ModelCallEnd): void {
    this.#totals.add(end);
  }

  exchangeEnded(exchange: AgentExchange): void {
    this.#exchanges.delete(exchange);
    if (this.#exchange === exchange) this.#exchange = undefined;
  }

  /** The application's, else the provider's, which it tells with its first response. */
  get #knownConversationId(): string | undefined {
    return this.#scope.conversationId ?? this.#conversationId;
  }

  #call(id: string, asked: UnknownRecord, agent: UnknownRecord): FunctionCall {
    const known = this.#calls.get(id);
    if (known !== undefined) return known;
    const call = new FunctionCall(
      this.#scope,
      this.#exchangeOf(agent, asNonEmptyString(asked.responseId)),
      id,
      asked,
    );
    this.#calls.add(id, call);
    return call;
  }

  /** The call in whose context this runs, unless it is over. */
  #handledCall(): FunctionCall | undefined {
    const call = getFunctionCall(context.active());
    return call !== undefined && this.#calls.get(call.id) === call ? call : undefined;
  }

  /** @param responseId - of the response that asked for it: the agent may be another one since. */
  #exchangeOf(agent: UnknownRecord, responseId?: string): AgentExchange {
    const turn = responseId === undefined ? undefined : this.#turns.get(responseId);
    if (turn !== undefined) return turn.exchange;
    const current = this.#exchange;
    return current !== undefined && current.agentName === asNonEmptyString(agent.name)
      ? current
      : this.#beginExchange(agent, new UserInput([], false));
  }

  #beginExchange(agent: UnknownRecord, input: UserInput): AgentExchange {
    this.#leaveExchange();
    const exchange = new AgentExchange(this.#scope, this.context, agent, input, this);
    this.#exchange = exchange;
    this.#exchanges.add(exchange);
    return exchange;
  }

  #leaveExchange(): void {
    const former = this.#exchange;
    this.#exchange = undefined;
    former?.supersede();
  }

  #tell(fact: Fact | undefined, span: Span): void {
    if (fact !== undefined) publishFact(fact, span.spanContext(), this.#scope.content.allowed);
  }
}

function callId(asked: UnknownRecord): string | undefined {
  return asNonEmptyString(asked.callId) ?? asNonEmptyString(asked.id);
}

/** A hosted MCP call has no identifier but that of the item which asks for the approval. */
function approvalId(item: UnknownRecord): string | undefined {
  const raw = asRecord(item.rawItem) ?? {};
  return (
    asNonEmptyString(raw.callId) ??
    asNonEmptyString(asRecord(raw.providerData)?.itemId) ??
    asNonEmptyString(raw.id)
  );
}

function endOf({ audio_end_ms: end }: UnknownRecord): JsonObject {
  return typeof end === 'number' ? { audio_end_ms: end } : {};
}

/** What has begun and not ended, by identifier: never more than so many, or the oldest is given up. */
export class OpenItems<T> {
  readonly #entries = new Map<string, T>();

  constructor(
    readonly limit: number,
    readonly giveUp: (entry: T) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): T | undefined {
    return this.#entries.get(id);
  }

  get newest(): T | undefined {
    return [...this.#entries.values()].at(-1);
  }

  /** Of two by one identifier the first is given up: nobody can end it any more. */
  add(id: string, entry: T): void {
    const former = this.take(id);
    if (former !== undefined) this.giveUp(former);
    this.#entries.set(id, entry);
    if (this.#entries.size <= this.limit) return;
    const [oldest] = this.#entries;
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.giveUp(oldest[1]);
  }

  /** Whatever is there by this identifier, which is open no longer. */
  take(id: string): T | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry;
  }

  /** All of it, newest first: what is within comes before what it is in. */
  takeAll(): T[] {
    const entries = [...this.#entries.values()].reverse();
    this.#entries.clear();
    return entries;
  }
}
