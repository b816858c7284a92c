import type { JsonObject } from '../foreign/json.js';
import {
  ATTR_GEN_AI_AGENT_ID,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_WORKFLOW_NAME,
  ATTR_OPENAI_AGENTS_TRACE_ID,
  ATTR_SESSION_ID,
} from '../semconv/attributes.js';
import type { SpanStartDetails } from '../signals/signal.js';
import { withoutAbsent } from './content/without-absent.js';
import type { OpenSpan } from './open-span.js';
import { serviceName } from './service-name.js';
import type { SessionLedger } from './session-ledger.js';
import { isPaired, type SpanRole } from './span-role.js';
import { type SpanSnapshot, textAttribute, timestampOf } from './span-snapshot.js';

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
    textAttribute(span, ATTR_SESSION_ID) ?? (over?.lifetime === 'activity' ? over.id : undefined);
  // Events of one session never hang under those of another, and none comes after its END.
  const within =
    over === undefined && (givenId === undefined || givenId === parent?.session.id) ? parent : undefined;
  const session =
    within?.session ??
    sessions.obtain({
      traceId,
      timestamp: timestampOf(span.startTime),
      givenId: givenId ?? textAttribute(span, ATTR_GEN_AI_CONVERSATION_ID),
      runTraceId: textAttribute(span, ATTR_OPENAI_AGENTS_TRACE_ID),
      spanId: role === 'session' || role === 'workflow' ? spanId : sessionSpanId(span),
      // One that was idle for long goes on, and ends when its owner, who never left, ends it.
      ownerSpanId: role === 'session' ? spanId : over?.id === givenId ? over?.ownerSpanId : undefined,
      metadata: {
        ...details?.session?.metadata,
        ...withoutAbsent<JsonObject>({
          service: serviceName(span),
          workflow: textAttribute(span, ATTR_GEN_AI_WORKFLOW_NAME),
        }),
      },
    });
  const agentName = textAttribute(span, ATTR_GEN_AI_AGENT_NAME) ?? within?.origin.agentName;
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
      agentId: textAttribute(span, ATTR_GEN_AI_AGENT_ID) ?? agentName,
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
