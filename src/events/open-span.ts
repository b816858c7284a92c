import type { EventType } from '../chaukas/event.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import { withoutAbsent } from '../json/without-undefined.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage } from '../semconv/messages.js';
import type {
  FailureDetails,
  GuardrailResultSignal,
  McpCallDetails,
  McpResultSignal,
  SpanStartDetails,
} from '../signals/signal.js';
import type { CallerFlow } from '../signals/span-start-details.js';
import type { EventOrigin } from './audit-stream.js';
import type { EventSession } from './sessions/session.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { applicationOf } from './spans/application-of-span.js';
import { isPaired, type SpanRole } from './spans/span-role.js';
import { type SpanSnapshot, serviceName, textAttribute, timestampOf } from './spans/span-snapshot.js';

/** An open span of a session, with what signals have reported about it. */
export interface OpenSpan {
  readonly span: SpanSnapshot;
  /** `undefined` if the span makes no events. It is kept because spans beneath it may. */
  readonly role: SpanRole | undefined;
  readonly session: EventSession;
  origin: EventOrigin;
  /** The parent span id of the events of its children. */
  readonly childrenParentId: string;
  /** The closest span with a role around a span without one. */
  readonly enclosing?: OpenSpan | undefined;
  /** The number of agents that enclose it, itself included. */
  readonly agentDepth: number;
  modelOutput: readonly GenAiMessage[] | undefined;
  toolResult: JsonValue | undefined;
  /** The guardrail whose output replaced what the tool returned. */
  toolResultReplacedBy: string | undefined;
  guardrailResult: GuardrailResultSignal | undefined;
  /** Why its operation failed. */
  failure: FailureDetails | undefined;
  /** The arguments that the model passed with a handoff. */
  readonly handoffInput: JsonValue | undefined;
  /** The request to an MCP server that the span is, or that it sends as a tool. */
  mcpCall: McpCallDetails | undefined;
  /** Whether the START of an MCP call has been emitted for this tool span. */
  mcpCallStarted: boolean;
  mcpResult: McpResultSignal | undefined;
  outputEmitted: boolean;
  /** The flow of the application in which it was called, if no span encloses the call. */
  readonly callerFlow: CallerFlow | undefined;
  /** Whether an agent of the Agents SDK is described: the SDK reports its own retries. */
  readonly isDescribedAgent: boolean;
  /** The error status of the newest HTTP attempt. */
  failedStatus: number | undefined;
  retries: number;
  /** The event types of the facts recorded about it, or about spans beneath it that have no role. */
  readonly factTypes: EventType[];
  /** Whether spans of this package beneath it describe its operation as well, so that their tokens are its tokens. */
  repeated?: boolean;
  /** The entry that took its place, since a span of this package beneath it describes its operation. */
  replacedBy?: OpenSpan;
}

/** Returns the place of a span in the stream: its session, which is started if necessary, its parent and its agent. */
export function placeSpan(
  sessions: SessionLedger,
  span: SpanSnapshot,
  role: SpanRole,
  parent: OpenSpan | undefined,
  details: SpanStartDetails | undefined,
  callerFlow: CallerFlow | undefined,
): OpenSpan {
  const { traceId, spanId } = span.spanContext();
  const endedSession = parent?.session.ended === true ? parent.session : undefined;
  const explicitId =
    textAttribute(span, semconv.ATTR_SESSION_ID) ??
    (endedSession?.lifetime === 'activity' ? endedSession.id : undefined);
  // The parent of an event is in the same session, and no event follows the END of a session.
  const inParentSession =
    endedSession === undefined && (explicitId === undefined || explicitId === parent?.session.id);
  const within = inParentSession ? parent : undefined;
  const application = applicationOf(span) ?? parent?.origin.application;
  const session =
    within?.session ??
    sessions.obtain({
      traceId,
      timestamp: timestampOf(span.startTime),
      explicitId: explicitId ?? textAttribute(span, semconv.ATTR_GEN_AI_CONVERSATION_ID),
      runTraceId: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_TRACE_ID),
      spanId: role === 'session' || role === 'workflow' ? spanId : sessionSpanId(span),
      // A session that ended because it was idle is opened again, and its owner, which is still open, can end it.
      application,
      ownerSpanId:
        role === 'session' ? spanId : endedSession?.id === explicitId ? endedSession?.ownerSpanId : undefined,
      metadata: {
        ...details?.session?.metadata,
        ...withoutAbsent<JsonObject>({
          service: serviceName(span),
          workflow: textAttribute(span, semconv.ATTR_GEN_AI_WORKFLOW_NAME),
        }),
      },
    });
  const isDescribedAgent = role === 'agent' && details?.agent !== undefined;
  // The agent of a run without a workflow span stands for the run.
  const isRun = role === 'workflow' || (isDescribedAgent && within?.origin.invocationId === undefined);
  const agentName = textAttribute(span, semconv.ATTR_GEN_AI_AGENT_NAME) ?? within?.origin.agentName;
  const parentSpanId = within?.childrenParentId ?? session.spanId;
  return {
    span,
    role,
    session,
    origin: {
      traceId,
      spanId,
      parentSpanId,
      agentName,
      // An agent that is defined in code is identified by its name.
      agentId: textAttribute(span, semconv.ATTR_GEN_AI_AGENT_ID) ?? agentName,
      invocationId: isRun ? spanId : within?.origin.invocationId,
      application,
    },
    childrenParentId: isPaired(role) ? spanId : parentSpanId,
    agentDepth: (within?.agentDepth ?? 0) + (role === 'agent' ? 1 : 0),
    modelOutput: undefined,
    toolResult: undefined,
    toolResultReplacedBy: undefined,
    guardrailResult: undefined,
    failure: undefined,
    handoffInput: details?.handoff?.input,
    mcpCall: details?.mcpCall,
    mcpCallStarted: false,
    mcpResult: undefined,
    outputEmitted: false,
    callerFlow,
    isDescribedAgent,
    failedStatus: undefined,
    retries: 0,
    factTypes: [],
  };
}

/**
 * Returns the span id of a session whose first span makes events itself. It cannot be the id of that span, because each
 * would be the parent of the other. It is the id of the parent span; without a parent, the random half of the trace id.
 */
function sessionSpanId(span: SpanSnapshot): string {
  return span.parentSpanContext?.spanId ?? span.spanContext().traceId.slice(16);
}
