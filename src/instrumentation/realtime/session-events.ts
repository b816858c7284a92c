/** Events that a `RealtimeSession` and its transport emit, as far as they change what is recorded: one row an event. */
import type { Context } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import * as semconv from '../../semconv/attributes.js';
import { guardrail } from '../agents/span-mappings/guardrail.js';
import { closeOf, watchClose } from './connection-loss.js';
import { recordMappedSpan } from './connection-scope.js';
import type { RealtimeConnection } from './realtime-connection.js';
import { currentAgent, readServerEvent } from './server-events.js';

/**
 * Reads the arguments of an event that the session emits. The first argument of most is the run's context, which is
 * not read.
 */
type SessionEventHandler = (
  connection: RealtimeConnection,
  args: readonly unknown[],
  session: UnknownRecord,
) => void;

export const SESSION_EVENTS: ReadonlyMap<unknown, SessionEventHandler> = new Map<
  unknown,
  SessionEventHandler
>([
  ['transport_event', (connection, [event], session) => readServerEvent(connection, event, session)],
  [
    'agent_tool_start',
    ({ functionCalls }, [, agent, tool, details]) =>
      functionCalls.toolStarted(asRecord(agent) ?? {}, tool, details),
  ],
  [
    'agent_tool_end',
    ({ functionCalls }, [, , , result, details]) => functionCalls.toolEnded(result, details),
  ],
  [
    'agent_handoff',
    ({ functionCalls }, [, from, to]) => functionCalls.handedOff(asRecord(from) ?? {}, asRecord(to) ?? {}),
  ],
  ['guardrail_tripped', (connection, [, , error, details]) => guardrailTripped(connection, error, details)],
  [
    'tool_approval_requested',
    ({ functionCalls }, [, agent, request]) =>
      functionCalls.approvalRequested(asRecord(agent) ?? {}, request),
  ],
  ['audio_interrupted', (connection) => connection.interrupted()],
  ['error', (connection, [error]) => failed(connection, error)],
]);

/** Reads an event of the transport, and returns the context for the listeners of the event if it is not the active one. */
type TransportEventHandler = (
  connection: RealtimeConnection,
  event: unknown,
  session: UnknownRecord,
  transport: UnknownRecord,
) => Context | undefined;

/** The session reports neither the end of its connection nor a function call before its tool starts. */
export const TRANSPORT_EVENTS: ReadonlyMap<unknown, TransportEventHandler> = new Map<
  unknown,
  TransportEventHandler
>([
  [
    'function_call',
    ({ functionCalls }, event, session) =>
      functionCalls.requested(asRecord(event) ?? {}, currentAgent(session)),
  ],
  [
    'disconnected',
    (connection, _event, session, transport) => {
      connection.lost(closeOfTransport(transport), currentAgent(session));
      return undefined;
    },
  ],
  [
    'connection_change',
    (connection, status, session, transport) => {
      if (status === 'disconnected') connection.lost(closeOfTransport(transport), currentAgent(session));
      else connection.reaches(socketUrl(socketOf(transport)));
      return undefined;
    },
  ],
  [
    'error',
    (connection, error) => {
      connection.transportFailed(error);
      return undefined;
    },
  ],
]);

/** The sockets of transports, which no longer show them when they are closed. */
const sockets = new WeakMap<object, object>();

/** The transport's socket; only some transports show it. */
export function socketOf(transport: unknown): unknown {
  const socket = ownValue(memberValue(transport, 'connectionState'), 'websocket');
  if (isRecord(socket) && isRecord(transport) && sockets.get(transport) !== socket) {
    sockets.set(transport, socket);
    // Before the transport listens, so that the code is known when the transport reports the end (0.20.0).
    watchClose(socket);
  }
  return socket;
}

function closeOfTransport(transport: UnknownRecord): ReturnType<typeof closeOf> {
  return closeOf(sockets.get(transport));
}

export function socketUrl(socket: unknown): string | undefined {
  // The class of the platform's sockets; the one of the package `ws` keeps the URL as data.
  if (socket !== undefined) trustMembers(globalThis.WebSocket?.prototype);
  return asNonEmptyString(memberValue(socket, 'url')) ?? asNonEmptyString(ownValue(socket, '_url'));
}

/**
 * The guardrail judges an answer that may have ended already, when another agent may be the current one. Its span is
 * therefore beneath the agent that gave the answer, not beneath the response.
 *
 * @param details - `{ itemId }`.
 */
function guardrailTripped({ scope, exchanges }: RealtimeConnection, error: unknown, details: unknown): void {
  const tripped = ownValue(ownValue(error, 'result'), 'guardrail');
  const { context, agentName, responseId } = exchanges.answerOf(
    asNonEmptyString(ownValue(details, 'itemId')),
  );
  const data = { name: memberValue(tripped, 'name'), triggered: true };
  recordMappedSpan(scope, guardrail, data, context, {
    more: {
      [semconv.ATTR_GEN_AI_AGENT_NAME]: agentName,
      [semconv.ATTR_GEN_AI_RESPONSE_ID]: responseId,
    },
  });
}

/** The session's `error` event is about the function call that is being handled, or about the session itself. */
function failed(connection: RealtimeConnection, error: unknown): void {
  if (!connection.functionCalls.errorReported(error)) connection.errorOccurred(error);
}
