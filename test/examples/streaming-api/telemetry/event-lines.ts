/** Audit events as a tree for a reader: one line each, with what the event says in a few words. */

import type { ChaukasEvent } from '../../../../src/index.js';
import type { Placeholders } from '../../../agents/situations/placeholders.js';

/**
 * Lists the events, indented under their parents. The session is named where it changes.
 *
 * @param parallel - whether branches run side by side; then the events of a branch stand together.
 */
export function eventLines(
  events: readonly ChaukasEvent[],
  placeholders: Placeholders,
  parallel: boolean,
): string[] {
  const parentOf = new Map(events.map((event) => [event.span_id, event.parent_span_id]));
  let session = '';
  return (parallel ? inBranches(events) : events).map((event) => {
    const changed =
      event.session_id === session ? '' : `  in session ${placeholders.inText(event.session_id)}`;
    session = event.session_id;
    const word = (value: string, prefix: string) => value.slice(prefix.length);
    const status = word(event.status, 'EVENT_STATUS_').toLowerCase();
    const shown = [
      `${'  '.repeat(depthOf(event, parentOf))}${word(event.type, 'EVENT_TYPE_')}`,
      event.agent_name && `of ${event.agent_name}`,
      ...(['started', 'completed'].includes(status) ? [] : [`[${status}]`]),
      placeholders.inText(contentOf(event)),
    ];
    return `${shown.filter(Boolean).join(' ')}${changed}`;
  });
}

function contentOf(event: ChaukasEvent): string {
  const {
    llm_invocation: call,
    tool_call,
    tool_response,
    policy,
    data_access,
    agent_handoff,
    message,
    state_update,
  } = event;
  if (call !== undefined) return modelCall(call);
  if (tool_call !== undefined) return `${tool_call.name}(${JSON.stringify(tool_call.arguments)})`;
  if (tool_response !== undefined) {
    const output = JSON.stringify(tool_response.output ?? tool_response.error_message);
    return `→ ${shortened(output)}`;
  }
  if (policy !== undefined) return `${policy.policy_id}: ${policy.outcome}`;
  if (data_access !== undefined) return data_access.datasource ?? '';
  if (agent_handoff !== undefined) return `to ${agent_handoff.to_agent_name}`;
  if (message !== undefined) return shortened(JSON.stringify(message.text));
  if (state_update !== undefined) {
    return ['change', 'operation', 'item_count', 'active_agent']
      .flatMap((name) => state_update[name] ?? [])
      .join(' ');
  }
  if (event.error !== undefined)
    return `${event.error.error_code}: ${shortened(event.error.error_message ?? '')}`;
  const { total_tokens: tokens, total_cost: cost, workflow } = event.metadata ?? {};
  if (tokens !== undefined) return `${tokens} tokens, ${cost} USD`;
  return typeof workflow === 'string' ? `workflow ${workflow}` : '';
}

function modelCall(call: NonNullable<ChaukasEvent['llm_invocation']>): string {
  if (call.prompt_tokens === undefined) return `${call.model} ${call.finish_reason ?? ''}`.trim();
  return `${call.model} ${call.prompt_tokens} → ${call.completion_tokens} tokens, ${call.finish_reason}`;
}

/** The first characters. The time of day, which `get_time` returns, is that of the test. */
function shortened(text: string): string {
  const timeless = text.replace(/\d\d:\d\d in/, '‹time› in');
  return timeless.length > 60 ? `${timeless.slice(0, 60)}…` : timeless;
}

function depthOf(event: ChaukasEvent, parentOf: ReadonlyMap<string, string | undefined>): number {
  let depth = 0;
  for (let parent = event.parent_span_id; parent !== undefined && depth < 50; parent = parentOf.get(parent)) {
    depth += 1;
  }
  return depth;
}

/** The events of a span, and between its start and its end those of its children, in the order in which they began. */
function inBranches(events: readonly ChaukasEvent[]): ChaukasEvent[] {
  const ids = new Set(events.map((event) => event.span_id));
  const shown = new Set<string>();
  const branch = (spanId: string): ChaukasEvent[] => {
    if (shown.has(spanId)) return [];
    shown.add(spanId);
    const own = events.filter((event) => event.span_id === spanId);
    const ends = own.filter(({ type }) => type.endsWith('_END') || type === 'EVENT_TYPE_OUTPUT_EMITTED');
    const children = events.filter((event) => event.parent_span_id === spanId);
    return [
      ...own.filter((event) => !ends.includes(event)),
      ...children.flatMap((child) => branch(child.span_id)),
      ...ends,
    ];
  };
  const roots = events.filter(({ parent_span_id: parent }) => parent === undefined || !ids.has(parent));
  return roots.flatMap((root) => branch(root.span_id));
}
