import { asArray, asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { ReadEvent } from '../input/read-events.js';
import { counted, formatCost, formatDuration } from '../output/quantities.js';
import { typeName } from './event-type.js';
import { costOf, durationOf, outcomeOf, tokensOf } from './measures.js';

type Parts = readonly (string | undefined)[];

const NO_MEMBERS: UnknownRecord = {};

/** What an event says, in the words of one line; each type has its own. */
const PARTS: Readonly<Record<string, (event: ReadEvent) => Parts>> = {
  SESSION_START: (event) => [sessionName(event)],
  SESSION_END: (event) => {
    const count = asNumber(members(event.metadata).event_count);
    return [...ending(event), count === undefined ? undefined : counted(count, 'event')];
  },
  AGENT_START: (event) => [text(members(event.metadata).model)],
  AGENT_END: ending,
  MODEL_INVOCATION_START: (event) => [eventSpanName(event)],
  MODEL_INVOCATION_END: (event) => {
    const tokens = tokensOf(event);
    const cost = costOf(event);
    return [
      eventSpanName(event),
      ...ending(event),
      tokens && counted(tokens.total, 'token'),
      cost && formatCost(cost.amount, cost.currency),
      text(members(event.llm_invocation).finish_reason),
    ];
  },
  TOOL_CALL_START: (event) => [eventSpanName(event), jsonExcerpt(members(event.tool_call).arguments)],
  TOOL_CALL_END: (event) => {
    const { error_message, output } = members(event.tool_response);
    return [...ending(event), quoted(error_message) ?? jsonExcerpt(output)];
  },
  MCP_CALL_START: (event) => [eventSpanName(event)],
  MCP_CALL_END: (event) => [eventSpanName(event), ...ending(event)],
  AGENT_HANDOFF: (event) => {
    const { from_agent_name, from_agent_id, to_agent_name, to_agent_id, reason } = members(
      event.agent_handoff,
    );
    const from = text(from_agent_name) ?? text(from_agent_id) ?? '?';
    return [`${from} → ${text(to_agent_name) ?? text(to_agent_id) ?? '?'}`, quoted(reason)];
  },
  INPUT_RECEIVED: messageParts,
  OUTPUT_EMITTED: messageParts,
  ERROR: (event) => {
    const { error_code, error_message } = members(event.error);
    return [text(error_code), quoted(error_message)];
  },
  RETRY: (event) => {
    const { attempt, backoff_ms } = members(event.retry);
    const status = asNumber(members(event.metadata).http_status);
    const wait = asNumber(backoff_ms);
    return [
      asNumber(attempt) === undefined ? undefined : `attempt ${attempt}`,
      status === undefined ? undefined : `HTTP ${status}`,
      wait === undefined ? undefined : `waits ${formatDuration(wait)}`,
    ];
  },
  POLICY_DECISION: (event) => {
    const { policy_id, outcome, rationale } = members(event.policy);
    return [text(policy_id), text(outcome), quoted(rationale)];
  },
  DATA_ACCESS: (event) => {
    const { datasource, document_ids, chunk_ids, pii_categories } = members(event.data_access);
    const pii = asArray(pii_categories).map(String);
    return [
      text(datasource),
      some(document_ids, 'document'),
      some(chunk_ids, 'chunk'),
      pii.length === 0 ? undefined : `PII: ${pii.join(', ')}`,
    ];
  },
  STATE_UPDATE: (event) => [jsonExcerpt(event.state_update)],
  SYSTEM: (event) => [text(members(event.metadata).message)],
};

/** One short text for what an event says, cut where it is long. */
export function eventSummary(event: ReadEvent): string {
  const parts = Object.hasOwn(PARTS, typeName(event)) ? PARTS[typeName(event)]?.(event) : undefined;
  return (parts ?? [jsonExcerpt(event.metadata)])
    .filter((part) => part !== undefined && part !== '')
    .join('  ');
}

/** What a span is of: its model, its tool, its agent. */
export function eventSpanName(event: ReadEvent): string | undefined {
  const model = members(event.llm_invocation);
  const tool = members(event.tool_call);
  const mcp = members(event.mcp_call);
  switch (typeName(event)) {
    case 'SESSION_START':
      return sessionName(event);
    case 'AGENT_START':
    case 'AGENT_END':
      return text(event.agent_name) ?? text(event.agent_id);
    case 'MODEL_INVOCATION_START':
    case 'MODEL_INVOCATION_END':
      return text(model.model);
    case 'TOOL_CALL_START':
      return text(tool.name) ?? text(tool.function_name);
    case 'MCP_CALL_START':
    case 'MCP_CALL_END':
      return [text(mcp.server_name), text(mcp.operation) ?? text(mcp.method)]
        .filter((part) => part !== undefined)
        .join(' ');
    default:
      return undefined;
  }
}

function sessionName(event: ReadEvent): string | undefined {
  const { name, workflow, scope, service } = members(event.metadata);
  if (scope === 'process') return 'process';
  return text(name) ?? text(workflow) ?? text(service);
}

function ending(event: ReadEvent): Parts {
  const outcome = outcomeOf(event);
  const duration = durationOf(event);
  return [
    outcome === 'completed' ? undefined : outcome,
    duration === undefined ? undefined : formatDuration(duration),
  ];
}

function messageParts(event: ReadEvent): Parts {
  const message = members(event.message);
  return [quoted(message.text) ?? text(message.role)];
}

function members(value: unknown): UnknownRecord {
  return asRecord(value) ?? NO_MEMBERS;
}

function text(value: unknown): string | undefined {
  const given = asNonEmptyString(value);
  return given === undefined ? undefined : excerpt(given);
}

function quoted(value: unknown): string | undefined {
  const given = text(value);
  return given === undefined ? undefined : `"${given}"`;
}

function some(values: unknown, one: string): string | undefined {
  const { length } = asArray(values);
  return length === 0 ? undefined : counted(length, one);
}

/** What fits beside the other columns of a line. */
const MAX_CHARACTERS = 72;

/**
 * The beginning of a text, on one line. A copy: a piece of a string keeps the whole string in memory, and this one is
 * kept for as long as its session is open.
 */
export function excerpt(text: string, maxCharacters = MAX_CHARACTERS): string {
  const looked = text.slice(0, 4 * maxCharacters);
  const begin = looked.trim().replace(/\s+/g, ' ');
  const cut = begin.length > maxCharacters || looked.length < text.length;
  // Half of a surrogate pair is no character.
  const kept = begin.slice(0, maxCharacters - 1).replace(/[\ud800-\udbff]$/, '');
  const shown = cut ? `${kept.trimEnd()}…` : begin;
  return Buffer.from(shown).toString();
}

/** JSON of a value that somebody else made, beginning only. */
function jsonExcerpt(value: unknown, maxCharacters = MAX_CHARACTERS): string {
  if (value === undefined) return '';
  try {
    return excerpt(JSON.stringify(value) ?? '', maxCharacters);
  } catch {
    // Nested beyond what the stack holds.
    return '…';
  }
}
