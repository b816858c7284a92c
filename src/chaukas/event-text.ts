/** The text of an event that is hashed and written to files. */
import type { JsonObject, JsonValue } from '../json/json.js';
import { canonicalJson, isCanonical } from './canonical-json.js';
import type { UnsealedEvent } from './event.js';
import { EnumMember, inQuotes, TextMember, UNSPECIFIED } from './text-member.js';

/** Whether proto3 does not tell a member with this value from one that is not there. */
export function isDefault(value: unknown): boolean {
  return (
    value === '' ||
    value === 0 ||
    value === false ||
    value === null ||
    (Array.isArray(value) && value.length === 0)
  );
}

const AUTHOR = new EnumMember('author');
const SEVERITY = new EnumMember('severity');
const STATUS = new EnumMember('status');
const AGENT_ID = new TextMember('agent_id');
const AGENT_NAME = new TextMember('agent_name');
const BRANCH = new TextMember('branch');
const EVENT_ID = new TextMember('event_id');
const INVOCATION_ID = new TextMember('invocation_id');
const PARENT_SPAN_ID = new TextMember('parent_span_id');
const PROJECT_ID = new TextMember('project_id');
const RESPONSE_ID = new TextMember('response_id');
const SESSION_ID = new TextMember('session_id');
const SPAN_ID = new TextMember('span_id');
const TENANT_ID = new TextMember('tenant_id');
const TIMESTAMP = new TextMember('timestamp');
const TRACE_ID = new TextMember('trace_id');

/**
 * The canonical JSON of an event without its hashes.
 *
 * Optimised by hand: member by member, with texts that are kept for the next event.
 */
export class EventText {
  /** The text before `hash_prev`. */
  readonly before: string;
  /** The text behind `hash_prev`. */
  readonly behind: string;
  /** The index at which `content_hash` belongs. */
  readonly hashPlace: number;
  /** Whether proto3 carries all members, so that this text is the one that is hashed. */
  isCarried = true;

  constructor(event: UnsealedEvent) {
    let text = '{';
    if (event.agent_handoff !== undefined) text += this.#message('"agent_handoff":', event.agent_handoff);
    if (event.agent_id !== undefined) text += AGENT_ID.in(this, event.agent_id);
    if (event.agent_name !== undefined) text += AGENT_NAME.in(this, event.agent_name);
    if (event.author !== undefined) text += AUTHOR.in(this, event.author);
    if (event.branch !== undefined) text += BRANCH.in(this, event.branch);
    this.hashPlace = text.length;
    if (event.cost !== undefined) text += this.#message('"cost":', event.cost);
    if (event.data_access !== undefined) text += this.#message('"data_access":', event.data_access);
    if (event.error !== undefined) text += this.#message('"error":', event.error);
    if (event.event_id !== undefined) text += EVENT_ID.in(this, event.event_id);
    if (event.extensions !== undefined) text += this.#struct('"extensions":', event.extensions);
    this.before = text;
    text = '';
    if (event.infrastructure !== undefined) text += this.#message('"infrastructure":', event.infrastructure);
    if (event.invocation_id !== undefined) text += INVOCATION_ID.in(this, event.invocation_id);
    if (event.is_final !== undefined) text += this.#flag('"is_final":', event.is_final);
    if (event.is_partial !== undefined) text += this.#flag('"is_partial":', event.is_partial);
    if (event.llm_invocation !== undefined) text += this.#message('"llm_invocation":', event.llm_invocation);
    if (event.mcp_call !== undefined) text += this.#message('"mcp_call":', event.mcp_call);
    if (event.message !== undefined) text += this.#message('"message":', event.message);
    if (event.metadata !== undefined) text += this.#struct('"metadata":', event.metadata);
    if (event.parent_span_id !== undefined) text += PARENT_SPAN_ID.in(this, event.parent_span_id);
    if (event.performance !== undefined) text += this.#message('"performance":', event.performance);
    if (event.pii_categories !== undefined) text += this.#struct('"pii_categories":', event.pii_categories);
    if (event.policy !== undefined) text += this.#message('"policy":', event.policy);
    if (event.project_id !== undefined) text += PROJECT_ID.in(this, event.project_id);
    if (event.redaction !== undefined) text += this.#message('"redaction":', event.redaction);
    if (event.response_id !== undefined) text += RESPONSE_ID.in(this, event.response_id);
    if (event.retry !== undefined) text += this.#message('"retry":', event.retry);
    if (event.session_id !== undefined) text += SESSION_ID.in(this, event.session_id);
    if (event.severity !== undefined) text += SEVERITY.in(this, event.severity);
    if (event.span_id !== undefined) text += SPAN_ID.in(this, event.span_id);
    if (event.state_update !== undefined) text += this.#struct('"state_update":', event.state_update);
    if (event.status !== undefined) text += STATUS.in(this, event.status);
    if (event.tags !== undefined) text += this.#struct('"tags":', event.tags);
    if (event.tenant_id !== undefined) text += TENANT_ID.in(this, event.tenant_id);
    if (event.timestamp !== undefined) text += TIMESTAMP.in(this, event.timestamp);
    if (event.tool_call !== undefined) text += this.#message('"tool_call":', event.tool_call);
    if (event.tool_response !== undefined) text += this.#message('"tool_response":', event.tool_response);
    if (event.trace_id !== undefined) text += TRACE_ID.in(this, event.trace_id);
    if (event.type.endsWith(UNSPECIFIED)) this.isCarried = false;
    this.behind = `${text}"type":"${inQuotes(event.type)}"}`;
  }

  #flag(name: string, value: boolean): string {
    if (!value) this.isCarried = false;
    return `${name}${value},`;
  }

  /** A member of which proto3 does not carry each member. */
  #message(name: string, value: object): string {
    const message = value as JsonObject;
    let isInOrder = true;
    let previous = '';
    for (const key in message) {
      const member = message[key];
      if (isDefault(member)) this.isCarried = false;
      isInOrder &&= key >= previous && (typeof member !== 'object' || isCanonical(member));
      previous = key;
    }
    return `${name}${isInOrder ? JSON.stringify(message) : canonicalJson(message)},`;
  }

  #struct(name: string, value: object): string {
    if (Array.isArray(value) && value.length === 0) this.isCarried = false;
    return `${name}${canonicalJson(value as JsonValue)},`;
  }
}
