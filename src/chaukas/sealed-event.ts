/**
 * An event with the hashes that prove its content and its place. Its hash and its line come from one text, which is
 * built once: the canonical JSON of the event is hashed, and with the hash inserted it is the line of a file.
 */
import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../json/json.js';
import { canonicalJson } from './canonical-json.js';
import type { ChaukasEvent } from './event.js';

type Unsealed = Omit<ChaukasEvent, 'hash_prev' | 'content_hash' | 'worm_proof_id'>;

/** An event before it has its place in a chain. Members that are `undefined` count as absent. */
export type UnsealedEvent = { [Name in keyof Unsealed]: Unsealed[Name] | undefined } & Pick<
  ChaukasEvent,
  'session_id' | 'type'
>;

/** An event that has its hash and its place. */
export interface SealedEvent {
  readonly event: ChaukasEvent;
  /** The event as a line of a file, without the end of the line. */
  readonly line: string;
}

/** The end of a session's hash chain. */
export interface ChainHead {
  /** `content_hash` of its newest event. */
  readonly hash: string;
  /** Number of events in the chain; `undefined` if its beginning was not read. */
  readonly count: number | undefined;
}

const HASH_MEMBER = '"content_hash":"';

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes these, and may escape halves of surrogate pairs.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/**
 * Seals an event: adds its hash and its place in the session's chain.
 *
 * @param hashPrev - `content_hash` of the session's previous event; empty for the first event.
 * @param wormProofId - id of the signed checkpoint that will cover the event. It is not part of the hashed text.
 */
export function sealEvent(event: UnsealedEvent, hashPrev: string, wormProofId?: string): SealedEvent {
  const sealed = orderedEvent(event, hashPrev);
  /** The hashed members, once they are not all members. */
  let hashed: string | undefined;
  let beforeHash = '';
  let afterHash = '';
  for (const field in sealed) {
    if (field === 'content_hash') {
      beforeHash = afterHash;
      afterHash = '';
      continue;
    }
    const value = sealed[field as keyof ChaukasEvent];
    const text = `"${field}":${valueText(value)},`;
    const carried = carriedValue(field, value);
    if (carried !== value) hashed ??= beforeHash + afterHash;
    afterHash += text;
    if (hashed === undefined || carried === undefined) continue;
    hashed += carried === value ? text : `"${field}":${valueText(carried)},`;
  }
  // A member always follows the hash, so the texts end with a surplus comma.
  const rest = `${afterHash.slice(0, -1)}}`;
  const contentHash = hash('sha256', `{${(hashed ?? beforeHash + afterHash).slice(0, -1)}}`);
  sealed.content_hash = contentHash;
  const line = `{${beforeHash}${HASH_MEMBER}${contentHash}",${rest}`;
  if (wormProofId === undefined) return { event: sealed as ChaukasEvent, line };
  sealed.worm_proof_id = wormProofId;
  return { event: sealed as ChaukasEvent, line: `${line.slice(0, -1)}${wormProofMember(wormProofId)}}` };
}

/**
 * Returns the hash that an event should have: lower-case hex SHA-256 of its canonical JSON, without `content_hash` and
 * `worm_proof_id`, and without the members that proto3 does not carry.
 */
export function contentHash(event: ChaukasEvent): string {
  const hashed: JsonObject = {};
  for (const [field, value] of Object.entries(event)) {
    if (field === 'content_hash' || field === 'worm_proof_id') continue;
    const carried = carriedValue(field, value);
    // Defined, not assigned: a foreign event may have a member of the name `__proto__`.
    if (carried !== undefined) Object.defineProperty(hashed, field, { value: carried, enumerable: true });
  }
  return hash('sha256', canonicalJson(hashed));
}

/**
 * Returns the hash of a line by its text alone, which saves serialising the event again. A line that another program
 * has reformatted, or that shows members which are not hashed, gets a hash that does not match.
 *
 * @param event - the event in the line.
 */
export function contentHashOfLine(line: string, event: ChaukasEvent): string {
  let text = line;
  if (event.worm_proof_id !== undefined) {
    const member = wormProofMember(event.worm_proof_id);
    if (text.endsWith(`${member}}`)) text = `${text.slice(0, -member.length - 1)}}`;
  }
  const at = hashMemberIndex(text, event);
  return hash('sha256', withoutHash(text, at, event.content_hash ?? ''));
}

/** The members of an event that are messages. The members of others, such as `metadata`, are those of a Struct. */
const MESSAGES: ReadonlySet<string> = new Set([
  'agent_handoff',
  'cost',
  'data_access',
  'error',
  'infrastructure',
  'llm_invocation',
  'mcp_call',
  'message',
  'performance',
  'policy',
  'redaction',
  'retry',
  'tool_call',
  'tool_response',
]);

/**
 * Returns the part of a member's value that every implementation of the schema keeps. In a message, proto3 does not tell
 * an empty text, zero, `false`, an empty list, `null` or the first value of an enum from a member that is not there. Such
 * a member is not hashed, so the hash survives a program that drops it. `undefined` if nothing is left. The same value if
 * nothing is dropped.
 */
function carriedValue(field: string, value: unknown): unknown {
  // Most members are texts, and hashed as they are.
  if (typeof value === 'string' && value !== '' && !value.endsWith(UNSPECIFIED)) return value;
  if (typeof value !== 'object' || value === null) {
    return isDefault(value) || isUnspecified(field, value) ? undefined : value;
  }
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (!MESSAGES.has(field)) return value;
  for (const name in value) {
    if (!isDefault((value as JsonObject)[name])) continue;
    return Object.fromEntries(Object.entries(value).filter(([, member]) => !isDefault(member)));
  }
  return value;
}

/** Whether the value is the first one of the field's enum. No event of this package has one. */
function isUnspecified(field: string, value: unknown): boolean {
  return typeof value === 'string' && value.endsWith(UNSPECIFIED) && ENUM_FIELDS.has(field);
}

const UNSPECIFIED = '_UNSPECIFIED';

const ENUM_FIELDS: ReadonlySet<string> = new Set(['type', 'status', 'severity', 'author']);

function isDefault(value: unknown): boolean {
  return (
    value === '' ||
    value === 0 ||
    value === false ||
    value === null ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** A member's value as JSON. Most members are short strings that need no escape. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`;
  return canonicalJson(value as JsonValue);
}

function wormProofMember(value: string): string {
  return `,"worm_proof_id":${JSON.stringify(value)}`;
}

/**
 * The index of the hash. Handoff data stands before it and may have a member of the same name, so the search starts
 * after it. Within strings the quotes are escaped.
 */
function hashMemberIndex(text: string, { agent_handoff }: ChaukasEvent): number {
  const from = agent_handoff === undefined ? 0 : canonicalJson(asJson(agent_handoff)).length;
  return text.indexOf(HASH_MEMBER, from);
}

/** The text without the hash. The hash is never the last member, since `event_id` follows it. */
function withoutHash(text: string, at: number, value: string): string {
  return text.slice(0, at) + text.slice(at + HASH_MEMBER.length + value.length + '",'.length);
}

/** Casts, because an interface has no index signature. All members of an event are JSON. */
function asJson(value: object): JsonValue {
  return value as JsonObject;
}

/**
 * Copies the members of an event in the order of its canonical JSON. The hash is empty, and the checkpoint is left out,
 * because it stands last and is not hashed.
 *
 * Member by member: a loop over a list of names takes five times as long, and this runs for every event.
 */
export function orderedEvent(event: UnsealedEvent, hashPrev: string): Partial<ChaukasEvent> {
  const ordered: Partial<ChaukasEvent> = {};
  if (event.agent_handoff !== undefined) ordered.agent_handoff = event.agent_handoff;
  if (event.agent_id !== undefined) ordered.agent_id = event.agent_id;
  if (event.agent_name !== undefined) ordered.agent_name = event.agent_name;
  if (event.author !== undefined) ordered.author = event.author;
  if (event.branch !== undefined) ordered.branch = event.branch;
  ordered.content_hash = '';
  if (event.cost !== undefined) ordered.cost = event.cost;
  if (event.data_access !== undefined) ordered.data_access = event.data_access;
  if (event.error !== undefined) ordered.error = event.error;
  if (event.event_id !== undefined) ordered.event_id = event.event_id;
  if (event.extensions !== undefined) ordered.extensions = event.extensions;
  ordered.hash_prev = hashPrev;
  if (event.infrastructure !== undefined) ordered.infrastructure = event.infrastructure;
  if (event.invocation_id !== undefined) ordered.invocation_id = event.invocation_id;
  if (event.is_final !== undefined) ordered.is_final = event.is_final;
  if (event.is_partial !== undefined) ordered.is_partial = event.is_partial;
  if (event.llm_invocation !== undefined) ordered.llm_invocation = event.llm_invocation;
  if (event.mcp_call !== undefined) ordered.mcp_call = event.mcp_call;
  if (event.message !== undefined) ordered.message = event.message;
  if (event.metadata !== undefined) ordered.metadata = event.metadata;
  if (event.parent_span_id !== undefined) ordered.parent_span_id = event.parent_span_id;
  if (event.performance !== undefined) ordered.performance = event.performance;
  if (event.pii_categories !== undefined) ordered.pii_categories = event.pii_categories;
  if (event.policy !== undefined) ordered.policy = event.policy;
  if (event.project_id !== undefined) ordered.project_id = event.project_id;
  if (event.redaction !== undefined) ordered.redaction = event.redaction;
  if (event.response_id !== undefined) ordered.response_id = event.response_id;
  if (event.retry !== undefined) ordered.retry = event.retry;
  if (event.session_id !== undefined) ordered.session_id = event.session_id;
  if (event.severity !== undefined) ordered.severity = event.severity;
  if (event.span_id !== undefined) ordered.span_id = event.span_id;
  if (event.state_update !== undefined) ordered.state_update = event.state_update;
  if (event.status !== undefined) ordered.status = event.status;
  if (event.tags !== undefined) ordered.tags = event.tags;
  if (event.tenant_id !== undefined) ordered.tenant_id = event.tenant_id;
  if (event.timestamp !== undefined) ordered.timestamp = event.timestamp;
  if (event.tool_call !== undefined) ordered.tool_call = event.tool_call;
  if (event.tool_response !== undefined) ordered.tool_response = event.tool_response;
  if (event.trace_id !== undefined) ordered.trace_id = event.trace_id;
  if (event.type !== undefined) ordered.type = event.type;
  return ordered;
}
