/** The events that the start and the end of a span make: one row per role. */
import type { EventStatus, EventType } from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';
import * as semconv from '../semconv/attributes.js';
import type { SpanStartDetails } from '../signals/signal.js';
import {
  type AgentConfigurations,
  agentMetadata,
  handoffContent,
  handoffState,
  inputEvents,
  outputEvents,
} from './content/agent.js';
import type { CallCosts } from './content/cost.js';
import { dataAccessOfSpan } from './content/data-access.js';
import { errorEvent } from './content/error.js';
import { mcpEndContent, mcpStartContent } from './content/mcp.js';
import { inputContent, parseMessages } from './content/messages.js';
import { modelEndContent, modelStartContent } from './content/model.js';
import { modelPerformance, performanceOf } from './content/performance.js';
import { guardrailContent, guardrailTriggered } from './content/policy.js';
import { recordedRetries } from './content/retry.js';
import { toolEndContent, toolStartContent } from './content/tool.js';
import type { ToolEvents } from './content/tool-events.js';
import type { EventBody } from './event-body.js';
import { isForeign } from './foreign-spans.js';
import type { OpenSpan } from './open-span.js';
import type { PairedRole, SpanRole } from './spans/span-role.js';
import { type SpanSnapshot, textAttribute, timestampOf } from './spans/span-snapshot.js';
import { isMcpFailure, mcpEventsAtToolEnd } from './tool-mcp-calls.js';

/** The settings and the state of a stream that its rows read. */
export interface RoleEventSources {
  readonly includeContent: boolean;
  readonly toolEvents: ToolEvents;
  readonly configurations: AgentConfigurations;
  /** `undefined` if costs are switched off. */
  readonly costs: CallCosts | undefined;
}

/** A span that has ended, or whose end the stream cannot wait for. */
export interface EndedSpan {
  readonly open: OpenSpan;
  /** The span as it was when it ended. */
  readonly span: SpanSnapshot;
  readonly status: EventStatus;
  /** Why it failed, in words that the events may repeat; `undefined` if it did not fail or there are none. */
  readonly errorMessage: string | undefined;
  readonly timestamp: string;
  /** Metadata for the END event. */
  readonly metadata: JsonObject | undefined;
  /** The role of the parent span if that is still open. */
  readonly parentRole: SpanRole | undefined;
}

/** A row: the functions return the events in the order in which they are emitted. */
interface EndEvents {
  end(ended: EndedSpan, sources: RoleEventSources): readonly EventBody[];
}

interface StartAndEndEvents extends EndEvents {
  start(
    open: OpenSpan,
    details: SpanStartDetails | undefined,
    sources: RoleEventSources,
  ): readonly EventBody[];
}

type RoleEvents = Readonly<
  Record<PairedRole, StartAndEndEvents> & Record<Exclude<SpanRole, PairedRole>, EndEvents>
>;

export const ROLE_EVENTS: RoleEvents = {
  // The session ledger emits the events of a session.
  session: { end: () => [] },

  workflow: {
    // The failed step may be one that makes no events itself: a function of the SDK's trace, a connection.
    end: (ended) =>
      hasFailed(ended) && !ended.open.session.failedInvocations.has(ended.open.origin.spanId)
        ? [errorOf(ended)]
        : [],
  },

  agent: {
    start: (open, details, { includeContent, configurations }) => {
      const { span, session, origin } = open;
      const timestamp = timestampOf(span.startTime);
      const agent = details?.agent;
      const configuration = agent && configurations.seen(session, origin.agentName ?? '', agent);
      const input =
        agent?.runInput ??
        // A remote agent, which the client calls like a model.
        details?.modelRequest?.messages ??
        (isForeign(span) ? parseMessages(span.attributes[semconv.ATTR_GEN_AI_INPUT_MESSAGES]) : undefined);
      return [
        startEvent(open, 'EVENT_TYPE_AGENT_START', { metadata: agentMetadata(span, agent, includeContent) }),
        ...(configuration === undefined
          ? []
          : [{ type: 'EVENT_TYPE_STATE_UPDATE' as const, timestamp, state_update: configuration }]),
        ...(input === undefined ? [] : inputEvents(open, input, timestamp, includeContent)),
      ];
    },
    end: (ended, { includeContent }) => {
      const { open, span, timestamp } = ended;
      // The messages on an agent's span of ours are those of its model calls; its output comes as a signal.
      const onSpan = isForeign(span) ? span.attributes[semconv.ATTR_GEN_AI_OUTPUT_MESSAGES] : undefined;
      const output = open.modelOutput ?? parseMessages(onSpan);
      const message = () => output && { ...inputContent(output), role: 'assistant' };
      return [
        ...(output === undefined ? [] : outputEvents(open, message, timestamp, includeContent)),
        ...failureEvents(ended),
        endEvent(ended, 'EVENT_TYPE_AGENT_END', {}),
      ];
    },
  },

  model: {
    start: (open, details, { includeContent }) => [
      startEvent(
        open,
        'EVENT_TYPE_MODEL_INVOCATION_START',
        modelStartContent(open.span, details?.modelRequest, includeContent),
      ),
    ],
    end: (ended, { includeContent, costs }) => {
      const { open, span, status } = ended;
      return [
        // A span without signals has its retries as span events.
        ...(open.retries === 0 ? recordedRetries(span) : []),
        ...failureEvents(ended),
        endEvent(ended, 'EVENT_TYPE_MODEL_INVOCATION_END', {
          ...(status === 'EVENT_STATUS_CANCELLED' && { is_partial: true }),
          cost: costs?.of(span),
          performance: modelPerformance(span),
          response_id: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_ID),
          ...modelEndContent(span, open.modelOutput, includeContent),
        }),
      ];
    },
  },

  tool: {
    start: (open, details, { includeContent }) => [
      startEvent(
        open,
        'EVENT_TYPE_TOOL_CALL_START',
        toolStartContent(open.span, details?.toolCall, includeContent),
      ),
    ],
    end: (ended, sources) => {
      const { open, span, status, errorMessage, timestamp } = ended;
      return [
        ...mcpEventsAtToolEnd(open, span, status, timestamp, sources.includeContent),
        ...namedToolEvents(ended, sources),
        ...(isMcpFailure(open, span) ? [] : failureEvents(ended)),
        endEvent(ended, 'EVENT_TYPE_TOOL_CALL_END', {
          ...toolEndContent(span, open.toolResult, errorMessage, sources.includeContent),
          ...(open.toolResultReplacedBy !== undefined && {
            metadata: { output_replaced_by: open.toolResultReplacedBy },
          }),
        }),
      ];
    },
  },

  mcp: {
    start: (open, details, { includeContent }) => [
      startEvent(
        open,
        'EVENT_TYPE_MCP_CALL_START',
        mcpStartContent(open.span, details?.mcpCall, includeContent),
      ),
    ],
    end: (ended, sources) => {
      const { open, span, parentRole } = ended;
      return [
        // Beneath a tool the call has the name of that tool, which makes these events itself.
        ...(parentRole === 'tool' ? [] : namedToolEvents(ended, sources)),
        ...failureEvents(ended),
        endEvent(
          ended,
          'EVENT_TYPE_MCP_CALL_END',
          mcpEndContent(span, open.mcpCall, open.mcpResult, sources.includeContent),
        ),
      ];
    },
  },

  handoff: {
    end: (ended, { includeContent }) => {
      const { open, span, timestamp } = ended;
      // Without a target the handoff did not take place. With a target it did, although the SDK may flag the span as
      // failed because of other handoffs that it rejected.
      if (hasFailed(ended) && textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO) === undefined) {
        return [errorOf(ended)];
      }
      return [
        {
          type: 'EVENT_TYPE_AGENT_HANDOFF',
          timestamp,
          ...handoffContent(span, open.handoffInput, includeContent),
        },
        { type: 'EVENT_TYPE_STATE_UPDATE', timestamp, ...handoffState(span) },
      ];
    },
  },

  guardrail: {
    end: (ended, { includeContent }) => {
      const { open, span, timestamp } = ended;
      const failed = hasFailed(ended);
      return [
        {
          type: 'EVENT_TYPE_POLICY_DECISION',
          timestamp,
          ...((guardrailTriggered(span) || failed) && { severity: 'SEVERITY_WARN' as const }),
          ...guardrailContent(span, failed, open.guardrailResult, includeContent),
        },
      ];
    },
  },

  retrieval: {
    end: (ended, { includeContent }) => {
      const { open, span, timestamp } = ended;
      // A retrieval that failed has read nothing.
      if (hasFailed(ended)) return [errorOf(ended)];
      if (open.factTypes.includes('EVENT_TYPE_DATA_ACCESS')) return [];
      return [{ type: 'EVENT_TYPE_DATA_ACCESS', timestamp, ...dataAccessOfSpan(span, includeContent) }];
    },
  },

  // A signal reports whether stored data was read or changed.
  'stored-data': { end: failureEvents },
};

/** The members of an event that do not follow from the span itself. */
type EventDetails = Omit<EventBody, 'type' | 'timestamp' | 'status'>;

// `content` is spread after the fixed members: spread first, the events of a span take 40 % longer to make (19 instead
// of 13 µs per event from span to stream, Node 20).
function startEvent(open: OpenSpan, type: EventType, content: EventDetails): EventBody {
  return { type, timestamp: timestampOf(open.span.startTime), ...content };
}

function endEvent(
  { span, status, timestamp, metadata }: EndedSpan,
  type: EventType,
  content: EventDetails,
): EventBody {
  return {
    type,
    timestamp,
    status,
    performance: performanceOf(span),
    ...content,
    ...(metadata !== undefined && { metadata: { ...content.metadata, ...metadata } }),
  };
}

function failureEvents(ended: EndedSpan): readonly EventBody[] {
  return hasFailed(ended) ? [errorOf(ended)] : [];
}

function hasFailed({ status }: EndedSpan): boolean {
  return status === 'EVENT_STATUS_FAILED';
}

function errorOf({ span, errorMessage, timestamp }: EndedSpan): EventBody {
  return errorEvent(span, errorMessage, timestamp);
}

/**
 * Returns the events that the name of a tool stands for. A call that did not complete makes none of them. An event that
 * the application recorded itself takes the place of one that is only derived from the name.
 */
function namedToolEvents(
  { open, span, status, timestamp }: EndedSpan,
  { toolEvents }: RoleEventSources,
): readonly EventBody[] {
  if (status !== 'EVENT_STATUS_COMPLETED') return [];
  return toolEvents.of(span, open, timestamp).filter(({ type }) => !open.factTypes.includes(type));
}
