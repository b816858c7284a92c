import type { SpanSurroundings } from '../agents/span-kinds/span-kind.js';
import type { ConnectionScope } from './connection-scope.js';

/**
 * What the spans of a run ask of their surroundings, for those that a realtime session has, too: so a tool, a
 * guardrail or a handoff reads the same in both.
 */
export function surroundings(
  { content, conversationId }: ConnectionScope,
  more: Partial<Pick<SpanSurroundings, 'agentName' | 'run' | 'toolCall'>>,
): SpanSurroundings {
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
