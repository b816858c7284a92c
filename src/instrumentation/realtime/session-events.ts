/** Events that a `RealtimeSession` and its transport emit, as far as they change what is recorded: one row an event. */
import type { Context } from '@opentelemetry/api';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue, trustMembers } from '../../json/sdk-members.js';
import { guardrail } from '../agents/span-mappings/guardrail.js';
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
  ['guardrail_tripped', (connection, [, , error]) => guardrailTripped(connection, error)],
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
    (connection) => {
      connection.lost();
      return undefined;
    },
  ],
  [
    'connection_change',
    (connection, status, _session, transport) => {
      if (status === 'disconnected') connection.lost();
      else connection.reaches(socketUrl(transport));
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

/** The URL of the transport's socket; only some transports show it. */
export function socketUrl(transport: unknown): string | undefined {
  const socket = ownValue(memberValue(transport, 'connectionState'), 'websocket');
  // The class of the platform's sockets; the one of the package `ws` keeps the URL as data.
  if (socket !== undefined) trustMembers(globalThis.WebSocket?.prototype);
  return asNonEmptyString(memberValue(socket, 'url')) ?? asNonEmptyString(ownValue(socket, '_url'));
}

/** The guardrail judges an answer that may have ended already, so its span is not beneath the response. */
function guardrailTripped({ scope, exchanges }: RealtimeConnection, error: unknown): void {
  const tripped = ownValue(ownValue(error, 'result'), 'guardrail');
  const data = { name: memberValue(tripped, 'name'), triggered: true };
  recordMappedSpan(scope, guardrail, data, exchanges.context);
}

/** The session's `error` event is about the function call that is being handled, or about the session itself. */
function failed(connection: RealtimeConnection, error: unknown): void {
  const call = connection.functionCalls.active;
  if (call !== undefined) connection.functionCalls.failed(call.id, error);
  else connection.errorOccurred(error);
}
