/**
 * Facts that the instrumentation knows about a span beyond its attributes: content, which must not go to the trace
 * backend by default, and events at the moment they happen. `signal-channel.ts` shows how they travel.
 */
import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { JsonObject, JsonValue } from '../json/json.js';
import type { GenAiMessage, MessagePart, ToolDefinition } from '../semconv/messages.js';
import type { ApplicationContext } from './application-context.js';

interface SignalOf<Type extends string> {
  readonly type: Type;
  /** The span that the signal is about. */
  readonly span: SpanContext;
  /** Time of the fact, in milliseconds since the epoch. */
  readonly time: number;
}

/** The request of a model call as it was sent, for a span whose start offered it (`ContentOffer`). */
interface ModelRequestSignal extends SignalOf<'model.request'> {
  readonly request: ModelRequestDetails;
}

/** The output of a model call, or the part that had arrived if the call was aborted; published before the span ends. */
interface ModelOutputSignal extends SignalOf<'model.output'> {
  readonly messages: readonly GenAiMessage[];
}

/** An HTTP attempt of a model call was answered with an error status. */
interface ModelRefusedSignal extends SignalOf<'model.refused'> {
  readonly statusCode: number;
}

/** An HTTP attempt of a model call failed and the next one starts now. */
export interface ModelRetrySignal extends SignalOf<'model.retry'> {
  /** Number of this retry, counted from 1. */
  readonly attempt: number;
  /** Total number of HTTP attempts that the client may make, including the first. */
  readonly maxAttempts?: number;
  /** The API's identifier for the previous attempt; absent if no response came. */
  readonly requestId?: string;
  /** Status of the previous attempt; absent if no response came. */
  readonly statusCode?: number;
  /** Error type of the previous attempt, if no response came. */
  readonly errorType?: string;
  /** The policy by which the caller waits, if known. */
  readonly strategy?: string;
  /** Measured wait between the end of the previous attempt and the start of this one. */
  readonly backoffMs: number;
}

/** The result of a tool; published before the span ends. */
interface ToolResultSignal extends SignalOf<'tool.result'> {
  /** Present only if content may be recorded. */
  readonly result?: JsonValue;
  /** The guardrail whose value replaces the tool's own result. */
  readonly replacedBy?: string;
}

/** The result of an agent's guardrail; published before the span ends. */
export interface GuardrailResultSignal extends SignalOf<'guardrail.result'> {
  /** Whether the guardrail checked the agent's input or its output. */
  readonly side: 'input' | 'output';
  /** Present only if content may be recorded. */
  readonly outputInfo?: JsonValue;
}

/** A tool calls an MCP server. The span is the tool's own. */
export interface McpCallSignal extends SignalOf<'mcp.call'> {
  readonly call: McpCallDetails;
}

/** A failure, with the error's own text apart from what may be said in any case. */
export interface FailureDetails {
  readonly type: string;
  /** The error's own text; present only if content may be recorded. */
  readonly message?: string;
  /** A description without content. */
  readonly plainMessage?: string;
}

/** The operation of a span failed; published before the span ends. */
interface FailureSignal extends SignalOf<'failure'> {
  readonly failure: FailureDetails;
}

/** The end of a request to an MCP server; published before the span ends. */
export interface McpResultSignal extends SignalOf<'mcp.result'> {
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  /** Absent if it is known only from the span's own times. */
  readonly durationMs?: number;
  readonly failure?: FailureDetails;
  /** The server's answer; present only if content may be recorded. */
  readonly response?: JsonObject;
}

/** An error that was handled, so that the span's operation continued and did not fail. */
export interface HandledErrorSignal extends SignalOf<'error.handled'> {
  readonly failure: FailureDetails;
  /** The action that was taken. */
  readonly recoveryAction: string;
}

/** The input of an agent, if it was not known when the agent's span started; published before the span ends. */
interface AgentInputSignal extends SignalOf<'agent.input'> {
  readonly messages: readonly GenAiMessage[];
}

/** The final output of an agent; published before the span ends. */
interface AgentOutputSignal extends SignalOf<'agent.output'> {
  /** Present only if content may be recorded. */
  readonly output?: JsonValue;
}

/** A person who decides, in the application's own words. */
export interface Approver {
  /** Identifier of the person: `u-17`, `alice@example.com`. `metadata.approver.id` of the event. */
  readonly id: string;
  /** `metadata.approver.name` of the event. */
  readonly name?: string;
  /** The role in which the person decides: `finance`, `on-call`. `metadata.approver.role` of the event. */
  readonly role?: string;
  /** The way by which the answer came: `web`, `slack`. `metadata.approver.channel` of the event. */
  readonly channel?: string;
}

/** A guardrail, a moderation or a person decided what may be done or said. */
export interface PolicyDecisionSignal extends SignalOf<'policy.decision'> {
  readonly policyId: string;
  readonly outcome: 'allow' | 'deny' | 'review';
  readonly ruleIds?: readonly string[];
  readonly rationale?: string;
  /** Whether a person decided or the system; the system if absent. */
  readonly author?: 'user' | 'system';
  /** The person who decided, if the application named one. */
  readonly approver?: Approver | undefined;
  /** The subject of the decision, without content. */
  readonly metadata?: JsonObject;
  /** The subject of the decision; present only if content may be recorded. */
  readonly content?: JsonObject;
}

/** Stored data was read. */
export interface DataAccessSignal extends SignalOf<'data.access'> {
  /** A URI-like name, such as `vector://vs_1`. */
  readonly datasource: string;
  readonly documentIds?: readonly string[];
  readonly chunkIds?: readonly string[];
  readonly piiCategories?: readonly string[];
  /** The query and its results; present only if content may be recorded. */
  readonly content?: JsonObject;
  /** Further facts, without content. */
  readonly metadata?: JsonObject;
  /** The call whose response this access is the first to see ended. */
  readonly settled?: SettledCall;
}

/** A model call whose tokens became known after it had ended, because the provider worked in the background. */
export interface SettledCall {
  readonly span: SpanContext;
  /** The attributes of its span at the start, and those of the response. */
  readonly attributes: Attributes;
  /** Why there is no answer: the response failed, or was cancelled. */
  readonly failure?: FailureDetails | undefined;
}

/** State that outlives the call changed. */
export interface StateUpdateSignal extends SignalOf<'state.update'> {
  readonly state: JsonObject;
  /** The new value; present only if content may be recorded. */
  readonly content?: JsonObject | undefined;
  /** The author of the change, if known. */
  readonly author?: 'agent' | 'system';
  /** Further facts, without content. */
  readonly metadata?: JsonObject;
}

/** A message of the application about itself: a start, a stop, a change of its configuration. */
interface SystemMessage {
  readonly type: 'system.message';
  readonly message: string;
  readonly severity?: 'debug' | 'info' | 'warn' | 'error';
  readonly metadata?: JsonObject;
  /** Details of the message; present only if content may be recorded. */
  readonly content?: JsonObject;
}

/** A signal without its span and time. */
export type FactOf<SomeSignal> = Omit<SomeSignal, 'span' | 'time'>;

/** An effect of a call other than calling a model, before it is known on which span it happened. */
export type Fact = FactOf<PolicyDecisionSignal> | FactOf<DataAccessSignal> | FactOf<StateUpdateSignal>;

/** A fact that the application records, because no SDK knows it. */
export type RecordedFact = Fact | SystemMessage;

/**
 * The application itself recorded a fact, or decided on a run that waits. It is part of the event stream even if no span
 * of this package is active.
 */
export interface RecordedSignal {
  readonly type: 'recorded';
  readonly time: number;
  /** The active span, whichever library created it, or the one that the application named. */
  readonly span?: SpanContext | undefined;
  /** Whether that span is still open and recorded. */
  readonly spanRecording: boolean;
  /** The session that the application opened with `withSession()`, or that of the run which the fact is about. */
  readonly sessionId?: string | undefined;
  /** Whether the session of the span goes before that one, because the fact is about a span that the application named. */
  readonly inSessionOfSpan?: boolean | undefined;
  /** Metadata of that session, if the fact opens it. */
  readonly sessionMetadata?: JsonObject | undefined;
  /** The span that the fact is about, which may have ended. Without an active span the fact has its trace. */
  readonly about?: SpanContext | undefined;
  /** The user and the tags around the code that recorded it. */
  readonly application?: ApplicationContext | undefined;
  readonly fact: RecordedFact;
}

/** An instrumentation was enabled or disabled. */
export interface InstrumentationSignal {
  readonly type: 'instrumentation.started' | 'instrumentation.stopped';
  readonly time: number;
  readonly instrumentation: RunningInstrumentation;
}

/** Description of an enabled instrumentation. Contains no secrets. */
export interface RunningInstrumentation {
  readonly version: string;
  /** Time when it was enabled, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly config: JsonObject;
  /** Versions of the modules that it has instrumented so far, by module name, if they are known. */
  readonly modules: ReadonlyMap<string, string>;
  /** Labels of the modules that the application passed to `manuallyInstrument()`. */
  readonly manual: ReadonlySet<string>;
}

/** A signal about one span. */
export type SpanSignal =
  | ModelRequestSignal
  | ModelOutputSignal
  | ModelRefusedSignal
  | ModelRetrySignal
  | ToolResultSignal
  | GuardrailResultSignal
  | McpCallSignal
  | McpResultSignal
  | AgentInputSignal
  | AgentOutputSignal
  | FailureSignal
  | HandledErrorSignal
  | PolicyDecisionSignal
  | DataAccessSignal
  | StateUpdateSignal;

export type Signal = SpanSignal | RecordedSignal | InstrumentationSignal;

/** The content of the request of a model call. */
export interface ModelRequestDetails {
  readonly messages: readonly GenAiMessage[];
  readonly systemInstructions?: readonly MessagePart[];
  readonly toolDefinitions?: readonly ToolDefinition[];
}

/** The details of a tool call that are known when its span starts. */
export interface ToolRequestDetails {
  readonly arguments: JsonValue;
}

/** The details of a request to an MCP server that are known when it is sent. */
export interface McpCallDetails {
  /** The server's URL without credentials and query. */
  readonly serverUrl?: string;
  /** The tool, prompt or resource that is requested. */
  readonly request?: JsonObject;
  /** The whole request; present only if content may be recorded. */
  readonly content?: JsonObject;
}

/** The details of an agent that are known when its span starts. */
export interface AgentDetails {
  readonly instructions?: string;
  readonly model?: string;
  /** Absent if all tools come from MCP servers, which have not been asked for them yet. */
  readonly tools?: readonly string[];
  /** Names of the MCP servers whose tools the agent also has, whether this process or the provider connects to them. */
  readonly mcpServers?: readonly string[];
  readonly handoffs?: readonly string[];
  readonly handoffDescription?: string;
  /** Input of the run, only on the first agent of an outermost run; empty if content may not be recorded. */
  readonly runInput?: readonly GenAiMessage[];
}

/** The details of a handoff that are known when its span starts. */
interface HandoffDetails {
  /** The input that the model passed with the handoff. */
  readonly input: JsonValue;
}

/** The details of a session that are known when its span starts. */
interface SessionDetails {
  readonly metadata: JsonObject;
}

/**
 * The content of a call that a client sends. It is not read at the start of the span, because only the client may
 * serialise the application's objects. It follows in signals if a span processor accepts the offer.
 */
export interface ContentOffer {
  /** Whether `model.request` follows, at the latest before the span ends. */
  readonly request: boolean;
  /** Set by each span processor that wants the content of this span. */
  accepted: boolean;
}

/** Passed with the span's parent context, because a signal cannot name a span that has not started. */
export interface SpanStartDetails {
  readonly modelRequest?: ModelRequestDetails;
  readonly contentOffer?: ContentOffer;
  readonly toolCall?: ToolRequestDetails;
  readonly mcpCall?: McpCallDetails;
  readonly agent?: AgentDetails;
  readonly handoff?: HandoffDetails;
  readonly session?: SessionDetails;
}
