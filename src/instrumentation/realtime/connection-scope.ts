import type { Attributes, Context, SpanContext } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { UnknownRecord } from '../../json/readers.js';
import type { RealtimeSettings } from '../../openai-api/realtime.js';
import * as semconv from '../../semconv/attributes.js';
import type { Fact } from '../../signals/signal.js';
import { publishFact } from '../../signals/signal-channel.js';
import { type ContentPolicy, contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { MappingContext, SpanMapping } from '../agents/span-mappings/span-mapping.js';
import { setEndpoint } from '../client/endpoint.js';

/** The limit for operations of one kind that are open at the same time in one connection; beyond it the oldest ends. */
export const MAX_OPEN = 1000;

/** Settings of a session at the moment it connects. */
export interface ConnectionStart {
  readonly model: string | undefined;
  readonly workflowName: string | undefined;
  readonly groupId: string | undefined;
  /** The URL to connect to, if the application passes one. */
  readonly url: string | undefined;
  /** Whether agents of the Agents SDK answer. A socket of `openai` has none. */
  readonly hasAgents: boolean;
}

/**
 * Facts about one connection that everything recorded in it shares.
 *
 * Invariant: nothing here refers to the session, because that would keep the session alive.
 */
export class ConnectionScope {
  readonly telemetry: Telemetry;
  #content: ContentPolicy;
  /** The application's identifier for sessions that belong together. */
  readonly conversationId: string | undefined;
  readonly hasAgents: boolean;
  /** The model that the session asks for. */
  readonly model: string | undefined;
  /** The provider's name and, as soon as the URL is known, server address and port. */
  readonly endpoint: Attributes = {};
  /** The provider's latest report of how the session is configured. */
  config: RealtimeSettings | undefined;
  /** The provider's identifier of the conversation, which comes with the first response. */
  providerConversationId: string | undefined;

  /** @param outer - the context in which the application connects the session. */
  constructor(telemetry: Telemetry, { model, groupId, url, hasAgents }: ConnectionStart, outer: Context) {
    this.hasAgents = hasAgents;
    this.telemetry = telemetry;
    this.#content = contentPolicy(telemetry, outer);
    this.conversationId = groupId ?? getRunSettings(outer)?.conversationId;
    this.model = model;
    setEndpoint(this.endpoint, { baseURL: url });
  }

  get content(): ContentPolicy {
    return this.#content;
  }

  /** If the session's span records nothing, and no listener wants content, none of the session's is read. */
  started({ span }: RecordedSpan): void {
    this.#content = policyOfSpan(this.#content, span, undefined);
  }

  /** The application's conversation identifier, otherwise the provider's. */
  get knownConversationId(): string | undefined {
    return this.conversationId ?? this.providerConversationId;
  }

  publishFact(fact: Fact | undefined, span: SpanContext | undefined): void {
    if (fact !== undefined && span !== undefined) publishFact(fact, span, this.content.allowed);
  }
}

/** The context for a span mapping of the Agents SDK, so that tools, guardrails and handoffs look as in a run. */
export function mappingContext(
  { content, knownConversationId: conversationId }: ConnectionScope,
  details: Partial<Pick<MappingContext, 'agentName' | 'run' | 'toolCall'>> = {},
): MappingContext {
  return {
    agentName: undefined,
    run: undefined,
    toolCall: undefined,
    ...details,
    conversationId,
    content,
  };
}

interface MappedSpanDetails {
  /** Milliseconds since the epoch, like the end; now if absent. */
  readonly startTime?: number;
  readonly endTime?: number;
  /** Attributes that only a realtime session has. */
  readonly more?: Attributes;
}

/** Records something that is over already as one span of the Agents SDK's kind. */
export function recordMappedSpan(
  scope: ConnectionScope,
  mapping: SpanMapping,
  data: UnknownRecord,
  parent: Context,
  { startTime, endTime, more }: MappedSpanDetails = {},
): void {
  const surroundings = mappingContext(scope);
  const { name, kind, attributes } = mapping.start(data, surroundings);
  const end = mapping.end(data, surroundings, false);
  const recorded = RecordedSpan.start(
    scope.telemetry,
    {
      name,
      kind,
      attributes: {
        ...attributes,
        [semconv.ATTR_GEN_AI_CONVERSATION_ID]: scope.conversationId,
        ...end.attributes,
        ...more,
      },
      startTime,
    },
    parent,
  );
  // After the start: the span around it may have ended, and the provider's identifier must not be taken for a session.
  recorded.span.setAttributes({ [semconv.ATTR_GEN_AI_CONVERSATION_ID]: scope.knownConversationId });
  recorded.end({ endTime });
}

/** @param time - in milliseconds since the epoch, of the process's own clock. */
export function secondsSince(time: number): number {
  return Math.max(0, clock.now() - time) / 1000;
}
