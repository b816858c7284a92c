import type { EventType } from '../chaukas/event.js';
import type { JsonValue } from '../foreign/json.js';
import type { Message } from '../semconv/messages.js';
import type { GuardrailResultSignal, McpCallDetails, McpResultSignal } from '../signals/signal.js';
import type { EventOrigin } from './event-stream.js';
import type { Session } from './session.js';
import type { SpanRole } from './span-role.js';
import type { SpanSnapshot } from './span-snapshot.js';

/** A span under way in a session, and what signals have told of it. */
export interface OpenSpan {
  readonly span: SpanSnapshot;
  /** Absent on a span that makes no events, which is kept for what is beneath it. */
  readonly role: SpanRole | undefined;
  readonly session: Session;
  readonly origin: EventOrigin;
  /** What a child's events name as their parent. */
  readonly childrenParentId: string;
  /** How many agents enclose it, itself included. */
  readonly agentDepth: number;
  modelOutput: readonly Message[] | undefined;
  toolResult: JsonValue | undefined;
  /** The guardrail that gave the tool's result in place of what the tool gave back. */
  toolResultReplacedBy: string | undefined;
  guardrailResult: GuardrailResultSignal | undefined;
  /** What the model gave with the handoff that it is. */
  readonly handoffInput: JsonValue | undefined;
  /** Of the request to an MCP server that it is, or that it makes as a tool. */
  mcpCall: McpCallDetails | undefined;
  mcpResult: McpResultSignal | undefined;
  outputEmitted: boolean;
  retries: number;
  /** Which facts were told of it, or of spans beneath it that are none of ours. */
  readonly factTypes: EventType[];
}
