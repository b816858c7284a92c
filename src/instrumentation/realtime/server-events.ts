/** Events of the Realtime API that change what is recorded: one row an event. */
import { SpanKind } from '@opentelemetry/api';
import type { JsonObject } from '../../json/json.js';
import { OwnData, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, asString, type UnknownRecord } from '../../json/readers.js';
import { sdkMemberValue } from '../../json/sdk-members.js';
import { readRealtimeSettings } from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import { SPAN_TYPE_CONVERSATION_ITEMS, spanName } from '../../semconv/operations.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import type { RealtimeConnection } from './realtime-connection.js';

/** Reads an event and passes its fields to the part of the connection that it changes. */
type ServerEventHandler = (
  connection: RealtimeConnection,
  event: UnknownRecord,
  session: UnknownRecord,
) => void;

const SERVER_EVENTS: ReadonlyMap<string, ServerEventHandler> = new Map<string, ServerEventHandler>([
  ['session.created', sessionConfigured],
  ['session.updated', sessionConfigured],

  [
    'response.created',
    (connection, event, session) => {
      const response = asRecord(event.response) ?? {};
      connection.conversationKnown(asNonEmptyString(response.conversation_id));
      const requestedAt = connection.requests.responseCreated(response);
      connection.exchanges.responseCreated(response, currentAgent(session), requestedAt);
    },
  ],
  ['response.output_text.delta', textDelta],
  ['response.output_audio_transcript.delta', textDelta],
  // The names of these two in the API's beta.
  ['response.text.delta', textDelta],
  ['response.audio_transcript.delta', textDelta],
  [
    'response.done',
    ({ exchanges, requests }, event) => {
      requests.responseDone();
      exchanges.responseDone(asRecord(event.response) ?? {});
    },
  ],
  [
    'error',
    (connection, event, session) =>
      connection.errorReported(asRecord(event.error) ?? {}, currentAgent(session)),
  ],

  ['conversation.item.added', itemAdded],
  // Its name in the API's beta.
  ['conversation.item.created', itemAdded],
  ['conversation.item.done', itemDone],
  [
    'conversation.item.truncated',
    (connection, event) => {
      const { audio_end_ms: end } = event;
      itemsChanged(connection, 'truncate', event, typeof end === 'number' ? { audio_end_ms: end } : {});
    },
  ],
  ['conversation.item.deleted', (connection, event) => itemsChanged(connection, 'delete', event)],

  [
    'response.output_item.added',
    ({ exchanges, hostedMcpCalls }, event, session) => {
      const responseId = asNonEmptyString(event.response_id);
      exchanges.outputAdded(asNonEmptyString(asRecord(event.item)?.id), responseId);
      hostedMcpCalls.itemAdded(event.item, currentAgent(session), responseId);
    },
  ],
  [
    'response.output_item.done',
    ({ requests, scope }, event) => {
      const item = asRecord(event.item);
      const callId = item?.type === 'function_call' ? asNonEmptyString(item.call_id) : undefined;
      if (callId !== undefined && !scope.hasAgents) requests.callRequested(callId);
    },
  ],
  [
    'response.mcp_call_arguments.done',
    ({ hostedMcpCalls }, event) => hostedMcpCalls.started(itemId(event), event.arguments),
  ],
  [
    'response.mcp_call.in_progress',
    ({ hostedMcpCalls }, event) => hostedMcpCalls.started(itemId(event), undefined),
  ],

  ['input_audio_buffer.speech_started', ({ requests }) => requests.speechStarted()],
  [
    'input_audio_buffer.speech_stopped',
    ({ requests, scope }) => requests.speechStopped(scope.config?.answersSpeech !== false),
  ],
  ['input_audio_buffer.cleared', ({ requests }) => requests.speechCleared()],
  [
    'input_audio_buffer.committed',
    ({ exchanges, transcriptions }, event) => {
      exchanges.spoken(itemId(event));
      transcriptions.begin(itemId(event));
    },
  ],
  [
    'conversation.item.input_audio_transcription.completed',
    ({ exchanges, transcriptions }, event) => {
      exchanges.transcribed(itemId(event), asNonEmptyString(event.transcript));
      transcriptions.complete(itemId(event), event);
    },
  ],
  [
    'conversation.item.input_audio_transcription.failed',
    ({ exchanges, transcriptions }, event) => {
      exchanges.transcribed(itemId(event), undefined);
      transcriptions.fail(itemId(event), event);
    },
  ],
]);

/** Events after which the latest error can still be the reason for losing the connection. */
const KEEP_LAST_ERROR: ReadonlySet<string> = new Set(['error', 'conversation.item.done']);

/**
 * Reads what the client sends, as far as it changes what is due. The rest of it comes back as events of the server.
 *
 * @param value - an object of the application or the SDK, of which only data is read.
 * @returns a function to call if the event could not be sent.
 */
export function readClientEvent(
  { exchanges, requests }: RealtimeConnection,
  value: unknown,
): (() => void) | undefined {
  switch (ownValue(value, 'type')) {
    case 'response.create':
      return requests.requested(value);
    case 'conversation.item.create':
      requests.itemSent(value);
      exchanges.itemSent(ownValue(value, 'item'));
      return undefined;
    case 'input_audio_buffer.clear':
      requests.speechCleared();
      return undefined;
    default:
      return undefined;
  }
}

/** @param session - the SDK's `RealtimeSession`. */
export function readServerEvent(
  connection: RealtimeConnection,
  value: unknown,
  session: UnknownRecord,
): void {
  const type = asNonEmptyString(ownValue(value, 'type'));
  if (type === undefined) return;
  if (!KEEP_LAST_ERROR.has(type)) connection.transportRecovered();
  const handler = SERVER_EVENTS.get(type) ?? (isResponseDelta(type) ? responseDelta : undefined);
  handler?.(connection, new OwnData().record(value), session);
}

function isResponseDelta(type: string): boolean {
  return type.startsWith('response.') && type.endsWith('.delta');
}

function sessionConfigured(connection: RealtimeConnection, event: UnknownRecord): void {
  const { scope } = connection;
  scope.config = readRealtimeSettings(asRecord(event.session) ?? {}, scope.content.wanted);
  connection.identified(scope.config.id);
}

function responseDelta({ exchanges }: RealtimeConnection, event: UnknownRecord): void {
  exchanges.turnOf(event)?.addChunk();
}

function textDelta({ exchanges }: RealtimeConnection, event: UnknownRecord): void {
  const turn = exchanges.turnOf(event);
  turn?.addChunk();
  turn?.addText(itemId(event) ?? '', asString(event.delta) ?? '');
}

function itemAdded(
  { exchanges, hostedMcpCalls, requests }: RealtimeConnection,
  event: UnknownRecord,
  session: UnknownRecord,
): void {
  const item = asRecord(event.item) ?? {};
  requests.itemAdded(item);
  exchanges.itemAdded(item);
  hostedMcpCalls.itemAdded(item, currentAgent(session));
}

/** Only this event says that a hosted MCP call has ended, and how. By default the session then requests a response. */
function itemDone(
  { hostedMcpCalls }: RealtimeConnection,
  event: UnknownRecord,
  session: UnknownRecord,
): void {
  const requested = ownValue(ownValue(session, 'options'), 'automaticallyTriggerResponseForMcpToolCalls');
  hostedMcpCalls.itemDone(event.item, requested !== false);
}

/** Records that the provider's stored conversation changed: an answer that was not heard is cut or deleted. */
function itemsChanged(
  { scope, exchanges }: RealtimeConnection,
  action: 'truncate' | 'delete',
  event: UnknownRecord,
  details: JsonObject = {},
): void {
  const id = itemId(event);
  if (id === undefined) return;
  const conversationId = scope.knownConversationId;
  const span = RecordedSpan.start(
    scope.telemetry,
    {
      name: spanName(SPAN_TYPE_CONVERSATION_ITEMS, action),
      kind: SpanKind.CLIENT,
      attributes: {
        [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: SPAN_TYPE_CONVERSATION_ITEMS,
        ...scope.endpoint,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        [semconv.ATTR_OPENAI_AGENTS_CONVERSATION_ITEMS_ACTION]: action,
      },
    },
    exchanges.context,
  );
  const state = {
    ...(conversationId !== undefined && { conversation_id: conversationId }),
    action,
    item_ids: [id],
    ...details,
  };
  scope.publishFact({ type: 'state.update', state }, span.span.spanContext());
  span.end({});
}

function itemId(event: UnknownRecord): string | undefined {
  return asNonEmptyString(event.item_id);
}

export function currentAgent(session: UnknownRecord): UnknownRecord {
  return asRecord(sdkMemberValue(session, 'currentAgent')) ?? {};
}
