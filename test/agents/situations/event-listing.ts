import type { ChaukasEvent } from '../../../src/index.js';
import type { Placeholders } from './placeholders.js';

/** Members that the line shows in another form, or that differ from run to run without meaning for a reader. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'event_id',
  'timestamp',
  'type',
  'status',
  'severity',
  'author',
  'session_id',
  'trace_id',
  'span_id',
  'parent_span_id',
  'agent_id',
  'agent_name',
  'invocation_id',
  'content_hash',
  'hash_prev',
  'cost',
]);

/**
 * Lists the audit events, one line per event, indented under their parent. Session, trace and invocation are named if
 * they differ from those of the line before.
 *
 * @param shutdownFrom - number of events before the processor was shut down.
 * @param parallel - whether branches run side by side, so that the order between them differs from run to run. Then the
 *   events of a span stand together, its children's between its START and its END, in the order in which they began.
 */
export function eventListing(
  events: readonly ChaukasEvent[],
  placeholders: Placeholders,
  { parallel, shutdownFrom }: { parallel: boolean; shutdownFrom: number },
): string[] {
  const ordered = parallel ? inBranches(events) : events;
  const parentOf = new Map(events.map((event) => [event.span_id, event.parent_span_id]));
  const spanOf = new Map(events.map((event) => [event.event_id, event.span_id]));
  let last: ChaukasEvent | undefined;
  return ordered.map((event) => {
    const line = `${'  '.repeat(depthOf(event, parentOf))}${describe(withoutIds(event, spanOf), last, placeholders)}`;
    last = event;
    return events.indexOf(event) < shutdownFrom ? line : `at shutdown: ${line}`;
  });
}

function depthOf(event: ChaukasEvent, parentOf: ReadonlyMap<string, string | undefined>): number {
  let depth = 0;
  for (let parent = event.parent_span_id; parent !== undefined && depth < 50; parent = parentOf.get(parent)) {
    depth += 1;
  }
  return depth;
}

/** The event of the earlier messages is shown by its span, and their hash, which depends on the ids in them, not at all. */
function withoutIds(event: ChaukasEvent, spanOf: ReadonlyMap<string, string>): ChaukasEvent {
  const since = event.metadata?.messages_since;
  if (typeof since !== 'string') return event;
  const { messages_sha256: _hash, ...metadata } = event.metadata ?? {};
  return { ...event, metadata: { ...metadata, messages_since: spanOf.get(since) ?? since } };
}

function describe(event: ChaukasEvent, last: ChaukasEvent | undefined, placeholders: Placeholders): string {
  const word = (value: string, prefix: string) => value.slice(prefix.length).toLowerCase();
  const severity = event.severity === 'SEVERITY_INFO' ? '' : ` ${word(event.severity, 'SEVERITY_')}`;
  const agent = event.agent_name === undefined ? '' : ` of ${event.agent_name}`;
  const agentId = event.agent_id === event.agent_name ? '' : ` (agent id ${event.agent_id})`;
  const changed = (['session_id', 'trace_id', 'invocation_id'] as const)
    .filter((name) => event[name] !== last?.[name])
    .map((name) => ` ${name.slice(0, -'_id'.length)}=${placeholders.inText(String(event[name]))}`)
    .join('');
  const rest = Object.entries(withoutStreamId(event)).filter(([name]) => !LEFT_OUT.has(name));
  const content =
    rest.length === 0 ? '' : ` ${JSON.stringify(placeholders.inValue(Object.fromEntries(rest)))}`;
  return (
    `${event.type.slice('EVENT_TYPE_'.length)} ${word(event.status, 'EVENT_STATUS_')}${severity}` +
    ` by ${word(event.author, 'AUTHOR_')}${agent}${agentId} at ${placeholders.inText(event.span_id)}` +
    `${changed}${content}`
  );
}

/** The id of the stream is in the metadata of each SESSION_START. */
function withoutStreamId(event: ChaukasEvent): ChaukasEvent {
  if (event.metadata?.stream_id === undefined) return event;
  const { metadata, ...rest } = event;
  const { stream_id: _id, ...others } = metadata;
  return Object.keys(others).length === 0 ? rest : { ...rest, metadata: others };
}

function inBranches(events: readonly ChaukasEvent[]): ChaukasEvent[] {
  const ids = new Set(events.map((event) => event.span_id));
  const roots = events.filter(({ parent_span_id: parent }) => parent === undefined || !ids.has(parent));
  const shown = new Set<string>();
  return spansOf(roots).flatMap((id) => branch(id, events, shown));
}

function branch(spanId: string, events: readonly ChaukasEvent[], shown: Set<string>): ChaukasEvent[] {
  if (shown.has(spanId)) return [];
  shown.add(spanId);
  const own = events.filter((event) => event.span_id === spanId);
  const ends = own.filter((event) => event.type.endsWith('_END'));
  const children = spansOf(events.filter((event) => event.parent_span_id === spanId));
  return [
    ...own.filter((event) => !ends.includes(event)),
    ...children.flatMap((child) => branch(child, events, shown)),
    ...ends,
  ];
}

function spansOf(events: readonly ChaukasEvent[]): string[] {
  return [...new Set(events.map((event) => event.span_id))];
}
