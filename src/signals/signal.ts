/**
 * What the instrumentation knows about a span beyond its attributes: message content, which must not go to the
 * trace backend unasked, and things at the moment they happen. See `signal-channel.ts` for how they travel.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { JsonObject, JsonValue } from '../foreign/json.js';
import type { Message, MessagePart, ToolDefinition } from '../semconv/messages.js';

interface SignalOf<Type extends string> {
  readonly type: Type;
  /** The span that this is about. */
  readonly span: SpanContext;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** The output of a model call; comes before the span's end, with what had arrived when the call was given up. */
export interface ModelOutputSignal extends SignalOf<'model.output'> {
  readonly messages: readonly Message[];
}

/** An HTTP attempt of a model call failed and the next one begins now. */
export interface ModelRetrySignal extends SignalOf<'model.retry'> {
  /** Number of this retry, counted from 1. */
  readonly attempt: number;
  /** HTTP attempts in all that the client may make, the first one included. */
  readonly maxAttempts?: number;
  /** The API's identifier of the attempt before it; absent when no response came. */
  readonly requestId?: string;
  /** Status of the attempt before it; absent when no response came. */
  readonly statusCode?: number;
  /** Error type of the attempt before it when no response came. */
  readonly errorType?: string;
  /** Measured wait between the end of the attempt before it and the start of this one. */
  readonly backoffMs: number;
}

/** What a tool gave back; comes before the span's end. */
export interface ToolResultSignal extends SignalOf<'tool.result'> {
  readonly result: JsonValue;
}

/** An agent produced its final output; comes before the span's end. */
export interface AgentOutputSignal extends SignalOf<'agent.output'> {
  readonly output: JsonValue;
}

/** Something decided what may be done or said: a guardrail, a moderation, a person. */
export interface PolicyDecisionSignal extends SignalOf<'policy.decision'> {
  readonly policyId: string;
  readonly outcome: 'allow' | 'deny' | 'review';
  readonly ruleIds?: readonly string[];
  readonly rationale?: string;
}

/** Stored data was read. */
export interface DataAccessSignal extends SignalOf<'data.access'> {
  /** A URI-like name: `vector://vs_1`. */
  readonly datasource: string;
  readonly documentIds?: readonly string[];
  readonly chunkIds?: readonly string[];
  /** What was asked and got; only where content may be recorded. */
  readonly content?: JsonObject;
  /** What else there is to know, without content. */
  readonly metadata?: JsonObject;
}

/** State that outlives the call was changed. */
export interface StateUpdateSignal extends SignalOf<'state.update'> {
  readonly state: JsonObject;
  /** What it was changed to; only where content may be recorded. */
  readonly content?: JsonObject;
}

export type Signal =
  | ModelOutputSignal
  | ModelRetrySignal
  | ToolResultSignal
  | AgentOutputSignal
  | PolicyDecisionSignal
  | DataAccessSignal
  | StateUpdateSignal;

/** What is known of a model call when its span starts. */
export interface ModelRequestDetails {
  readonly messages: readonly Message[];
  readonly systemInstructions?: readonly MessagePart[];
  readonly toolDefinitions?: readonly ToolDefinition[];
}

/** What is known of a tool call when its span starts. */
export interface ToolCallDetails {
  readonly arguments: JsonValue;
}

/** What is known of an agent when its span starts. */
export interface AgentDetails {
  readonly instructions?: string;
  readonly model?: string;
  readonly tools?: readonly string[];
  readonly handoffs?: readonly string[];
  readonly handoffDescription?: string;
  /** Input of the run, on the first agent of an outermost run only. */
  readonly runInput?: readonly Message[];
}

/** What is known of a session when its span starts. */
export interface SessionDetails {
  readonly metadata: JsonObject;
}

/** Handed over with the span's parent context, since no signal can name a span that has not started. */
export interface SpanStartDetails {
  readonly modelRequest?: ModelRequestDetails;
  readonly toolCall?: ToolCallDetails;
  readonly agent?: AgentDetails;
  readonly session?: SessionDetails;
}
