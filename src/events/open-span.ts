import type { EventType } from '../chaukas/event.js';
import type { JsonObject, JsonValue } from '../json/json.js';
import { withoutAbsent } from '../json/without-undefined.js';
import * as semconv from '../semconv/attributes.js';
import type { Message } from '../semconv/messages.js';
import type {
  GuardrailResultSignal,
  McpCallDetails,
  McpResultSignal,
  SpanStartDetails,
} from '../signals/signal.js';
import type { EventOrigin } from './event-stream.js';
import type { Session } from './sessions/session.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { isPaired, type SpanRole } from './spans/span-role.js';
import { type SpanSnapshot, serviceName, textAttribute, timestampOf } from './spans/span-snapshot.js';

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

/** Where a span stands in the stream: in which session, begun now if need be, under which parent, of which agent. */
export function placeSpan(
  sessions: SessionLedger,
  span: SpanSnapshot,
  role: SpanRole,
  parent: OpenSpan | undefined,
  details: SpanStartDetails | undefined,
): OpenSpan {
  const { traceId, spanId } = span.spanContext();
  const over = parent?.session.ended === true ? parent.session : undefined;
  const givenId =
    textAttribute(span, semconv.ATTR_SESSION_ID) ?? (over?.lifetime === 'activity' ? over.id : undefined);
  // Events of one session never hang under those of another, and none comes after its END.
  const within =
    over === undefined && (givenId === undefined || givenId === parent?.session.id) ? parent : undefined;
  const session =
    within?.session ??
    sessions.obtain({
      traceId,
      timestamp: timestampOf(span.startTime),
      givenId: givenId ?? textAttribute(span, semconv.ATTR_GEN_AI_CONVERSATION_ID),
      runTraceId: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_TRACE_ID),
      spanId: role === 'session' || role === 'workflow' ? spanId : sessionSpanId(span),
      // One that was idle for long goes on, and ends when its owner, who never left, ends it.
      ownerSpanId: role === 'session' ? spanId : over?.id === givenId ? over?.ownerSpanId : undefined,
      metadata: {
        ...details?.session?.metadata,
        ...withoutAbsent<JsonObject>({
          service: serviceName(span),
          workflow: textAttribute(span, semconv.ATTR_GEN_AI_WORKFLOW_NAME),
        }),
      },
    });
  const agentName = textAttribute(span, semconv.ATTR_GEN_AI_AGENT_NAME) ?? within?.origin.agentName;
  const parentSpanId = within?.childrenParentId ?? session.spanId;
  return {
    span,
    role,
    session,
    origin: {
      session,
      traceId,
      spanId,
      parentSpanId,
      agentName,
      // An agent that is defined in code has no other identity than its name.
      agentId: textAttribute(span, semconv.ATTR_GEN_AI_AGENT_ID) ?? agentName,
      invocationId: role === 'workflow' ? spanId : within?.origin.invocationId,
    },
    childrenParentId: isPaired(role) ? spanId : parentSpanId,
    agentDepth: (within?.agentDepth ?? 0) + (role === 'agent' ? 1 : 0),
    modelOutput: undefined,
    toolResult: undefined,
    toolResultReplacedBy: undefined,
    guardrailResult: undefined,
    handoffInput: details?.handoff?.input,
    mcpCall: details?.mcpCall,
    mcpResult: undefined,
    outputEmitted: false,
    retries: 0,
    factTypes: [],
  };
}

/**
 * A session whose first span makes events itself cannot have that span's id: the two would be one another's parent.
 * The span above it stands for the session; where there is none, the trace itself, by the random half of its id.
 */
function sessionSpanId(span: SpanSnapshot): string {
  return span.parentSpanContext?.spanId ?? span.spanContext().traceId.slice(16);
}
