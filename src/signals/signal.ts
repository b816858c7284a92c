/**
 * What the instrumentation knows about a span beyond its attributes: message content, which must not go to the
 * trace backend unasked, and things at the moment they happen. See `signal-channel.ts` for how they travel.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { JsonObject, JsonValue } from '../json/json.js';
import type { Message, MessagePart, ToolDefinition } from '../semconv/messages.js';

interface SignalOf<Type extends string> {
  readonly type: Type;
  /** The span that this is about. */
  readonly span: SpanContext;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** The output of a model call; comes before the span's end, with what had arrived when the call was given up. */
interface ModelOutputSignal extends SignalOf<'model.output'> {
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
interface ToolResultSignal extends SignalOf<'tool.result'> {
  /** Only where content may be recorded. */
  readonly result?: JsonValue;
  /** The guardrail that gave it in place of what the tool gave back. */
  readonly replacedBy?: string;
}

/** What an agent's guardrail said; comes before the span's end. */
export interface GuardrailResultSignal extends SignalOf<'guardrail.result'> {
  /** What it was asked about: what the agent was given, or what it answers. */
  readonly side: 'input' | 'output';
  /** Only where content may be recorded. */
  readonly outputInfo?: JsonValue;
}

/** A tool calls an MCP server, on the tool's own span. */
export interface McpCallSignal extends SignalOf<'mcp.call'> {
  readonly call: McpCallDetails;
}

/** How a request to an MCP server ended; comes before the span's end. */
export interface McpResultSignal extends SignalOf<'mcp.result'> {
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  /** Absent where nothing but the span's own times tells it. */
  readonly durationMs?: number;
  readonly failure?: { readonly type: string; readonly message: string };
  /** What the server answered; only where content may be recorded. */
  readonly response?: JsonObject;
}

/** Something failed, and it went on all the same: the span that this is about is not failed by it. */
export interface HandledErrorSignal extends SignalOf<'error.handled'> {
  readonly failure: { readonly type: string; readonly message: string };
  /** What was done about it. */
  readonly recoveryAction: string;
}

/** What an agent was told, where that was not known when its span started; comes before the span's end. */
interface AgentInputSignal extends SignalOf<'agent.input'> {
  readonly messages: readonly Message[];
}

/** An agent produced its final output; comes before the span's end. */
interface AgentOutputSignal extends SignalOf<'agent.output'> {
  /** Only where content may be recorded. */
  readonly output?: JsonValue;
}

/** Something decided what may be done or said: a guardrail, a moderation, a person. */
export interface PolicyDecisionSignal extends SignalOf<'policy.decision'> {
  readonly policyId: string;
  readonly outcome: 'allow' | 'deny' | 'review';
  readonly ruleIds?: readonly string[];
  readonly rationale?: string;
  /** What was decided on, without content. */
  readonly metadata?: JsonObject;
  /** What was decided on; only where content may be recorded. */
  readonly content?: JsonObject;
}

/** Stored data was read. */
export interface DataAccessSignal extends SignalOf<'data.access'> {
  /** A URI-like name: `vector://vs_1`. */
  readonly datasource: string;
  readonly documentIds?: readonly string[];
  readonly chunkIds?: readonly string[];
  readonly piiCategories?: readonly string[];
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
  /** Who changed it, where that is known. */
  readonly author?: 'agent' | 'system';
  /** What else there is to know, without content. */
  readonly metadata?: JsonObject;
}

/** What the application tells of itself: a start, a stop, a change of its configuration. */
interface SystemMessage {
  readonly type: 'system.message';
  readonly message: string;
  readonly severity?: 'debug' | 'info' | 'warn' | 'error';
  readonly metadata?: JsonObject;
}

/** What a signal tells, apart from whose it is and when it was. */
export type FactOf<Told> = Omit<Told, 'span' | 'time'>;

/** What an application can tell that no SDK knows. */
export type RecordedFact =
  | FactOf<PolicyDecisionSignal>
  | FactOf<DataAccessSignal>
  | FactOf<StateUpdateSignal>
  | SystemMessage;

/** The application itself recorded something. That has its place in the stream also where no span of ours is. */
export interface RecordedSignal {
  readonly type: 'recorded';
  readonly time: number;
  /** The span that was active, whoever made it. */
  readonly span?: SpanContext | undefined;
  /** Whether that span goes on and is recorded. */
  readonly spanRecording: boolean;
  /** The session that the application had opened around it. */
  readonly sessionId?: string | undefined;
  readonly fact: RecordedFact;
}

/** An instrumentation was switched on or off. */
export interface InstrumentationSignal {
  readonly type: 'instrumentation.started' | 'instrumentation.stopped';
  readonly time: number;
  readonly instrumentation: RunningInstrumentation;
}

/** What there is to know of an instrumentation without knowing what it instruments. Holds no secrets. */
export interface RunningInstrumentation {
  readonly version: string;
  /** When it was switched on, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly config: JsonObject;
  /** Versions of the modules that it has instrumented so far, by their names; where they are known. */
  readonly modules: ReadonlyMap<string, string>;
}

/** What is told of one span. */
export type SpanSignal =
  | ModelOutputSignal
  | ModelRetrySignal
  | ToolResultSignal
  | GuardrailResultSignal
  | McpCallSignal
  | McpResultSignal
  | AgentInputSignal
  | AgentOutputSignal
  | HandledErrorSignal
  | PolicyDecisionSignal
  | DataAccessSignal
  | StateUpdateSignal;

export type Signal = SpanSignal | RecordedSignal | InstrumentationSignal;

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

/** What is known of a request to an MCP server when it is made. */
export interface McpCallDetails {
  /** Without credentials and query. */
  readonly serverUrl?: string;
  /** Which tool, prompt or resource is asked for. */
  readonly request?: JsonObject;
  /** All that is asked; only where content may be recorded. */
  readonly content?: JsonObject;
}

/** What is known of an agent when its span starts. */
export interface AgentDetails {
  readonly instructions?: string;
  readonly model?: string;
  /** Absent where all of them are an MCP server's, which is not known before it has been asked. */
  readonly tools?: readonly string[];
  /** Names of the MCP servers whose tools it has beside its own: servers of its own and those that the provider asks. */
  readonly mcpServers?: readonly string[];
  readonly handoffs?: readonly string[];
  readonly handoffDescription?: string;
  /** Input of the run, on the first agent of an outermost run only; empty where content may not be recorded. */
  readonly runInput?: readonly Message[];
}

/** What is known of a handoff when its span starts. */
interface HandoffDetails {
  /** What the model gave with it. */
  readonly input: JsonValue;
}

/** What is known of a session when its span starts. */
interface SessionDetails {
  readonly metadata: JsonObject;
}

/** Handed over with the span's parent context, since no signal can name a span that has not started. */
export interface SpanStartDetails {
  readonly modelRequest?: ModelRequestDetails;
  readonly toolCall?: ToolCallDetails;
  readonly mcpCall?: McpCallDetails;
  readonly agent?: AgentDetails;
  readonly handoff?: HandoffDetails;
  readonly session?: SessionDetails;
}
