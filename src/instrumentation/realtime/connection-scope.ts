import type { Attributes } from '@opentelemetry/api';
import type { ContentPolicy } from '../../spans/content-policy.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { MappingContext } from '../agents/span-mappings/span-mapping.js';

/** What everything in a connection asks of it. Nothing here may lead to the session: that would keep it alive. */
export interface ConnectionScope {
  readonly telemetry: Telemetry;
  readonly content: ContentPolicy;
  /** The identifier that the application gave to what belongs together. */
  readonly conversationId: string | undefined;
  /** As it was asked for. */
  readonly model: string | undefined;
  /** Who answers: provider name and, once it is known, server address and port. */
  readonly endpoint: Attributes;
}

/**
 * What the spans of a run ask of their surroundings, for those that a realtime session has, too: so a tool, a
 * guardrail or a handoff reads the same in both.
 */
export function surroundings(
  { content, conversationId }: ConnectionScope,
  more: Partial<Pick<MappingContext, 'agentName' | 'run' | 'toolCall'>>,
): MappingContext {
  return {
    agentName: undefined,
    run: undefined,
    toolCall: undefined,
    ...more,
    conversationId,
    contentOnSpan: content.onSpan,
    contentWanted: content.wanted,
  };
}
