import type { ChaukasEvent } from '../../src/index.js';

/** The events in the order of the stream, one line per event, indented under their parent event. */
export function eventLines(events: readonly ChaukasEvent[]): string[] {
  const parentOf = new Map(events.map((event) => [event.span_id, event.parent_span_id]));
  return events.map((event) => `${'  '.repeat(depthOf(event.parent_span_id, parentOf))}${describe(event)}`);
}

function depthOf(parent: string | undefined, parentOf: ReadonlyMap<string, string | undefined>): number {
  return parent === undefined ? 0 : 1 + depthOf(parentOf.get(parent), parentOf);
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
