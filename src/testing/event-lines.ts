import type { ChaukasEvent } from '../chaukas/event.js';

/**
 * Returns the events as text, one line per event in the order of the stream, indented under their parent event: type,
 * name, and the status unless it is the usual one.
 *
 * ```
 * SESSION_START
 *   AGENT_START weather_agent
 *     TOOL_CALL_START get_weather
 *     TOOL_CALL_END (failed)
 *   AGENT_END weather_agent
 * ```
 */
export function eventLines(events: readonly ChaukasEvent[]): string[] {
  const parentOf = new Map(events.map((event) => [event.span_id, event.parent_span_id]));
  return events.map((event) => `${'  '.repeat(depthOf(event.parent_span_id, parentOf))}${describe(event)}`);
}

function depthOf(parent: string | undefined, parentOf: ReadonlyMap<string, string | undefined>): number {
  // Events of an application's own sink or file may form a circle.
  const above = new Set<string>();
  for (let id = parent; id !== undefined && !above.has(id); id = parentOf.get(id)) above.add(id);
  return above.size;
}

function describe(event: ChaukasEvent): string {
  const type = event.type.slice('EVENT_TYPE_'.length);
  const status = event.status.slice('EVENT_STATUS_'.length);
  const plain = status === 'STARTED' || status === 'COMPLETED' || type === 'ERROR' || type === 'RETRY';
  const subject = subjectOf(event);
  return `${type}${subject === undefined ? '' : ` ${subject}`}${plain ? '' : ` (${status.toLowerCase()})`}`;
}

function subjectOf(event: ChaukasEvent): string | undefined {
  if (event.type.startsWith('EVENT_TYPE_AGENT_')) {
    return event.agent_handoff?.to_agent_name ?? event.agent_name;
  }
  return (
    event.tool_call?.name ??
    event.policy?.outcome ??
    event.error?.error_code ??
    event.mcp_call?.operation ??
    event.retry?.attempt?.toString()
  );
}
