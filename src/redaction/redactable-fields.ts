import type { ChaukasEvent } from '../chaukas/event.js';

/**
 * What a member of an event is for redaction.
 *
 * - `text`: people or models wrote it.
 * - `struct`: JSON of any shape, which must stay an object.
 * - `structs`: a list of them.
 * - `identifier`: credentials are taken out, as is what a field path names; a name is no personal data, and an audit
 *   needs it.
 * - `identifiers`: a list of them.
 */
export type MemberKind = 'text' | 'struct' | 'structs' | 'identifier' | 'identifiers';

export type MemberKinds = Readonly<Record<string, MemberKind>>;

/**
 * The members that are looked at. All others are ids, enum values, times, numbers and hashes, on which the order, the
 * chain and the sums of the stream rest.
 */
export const EVENT_MEMBERS = {
  message: { text: 'text', metadata: 'struct' },
  tool_call: { name: 'identifier', arguments: 'struct', function_name: 'identifier' },
  tool_response: { output: 'struct', error_message: 'text' },
  llm_invocation: { request: 'struct', response: 'struct' },
  policy: { policy_id: 'identifier', rule_ids: 'identifiers', rationale: 'text' },
  data_access: { datasource: 'identifier', document_ids: 'identifiers', chunk_ids: 'identifiers' },
  state_update: 'struct',
  error: { error_message: 'text', stack_trace: 'text', recovery_action: 'text' },
  agent_handoff: { handoff_data: 'struct', reason: 'text' },
  mcp_call: { server_name: 'identifier', server_url: 'identifier', request: 'struct', response: 'struct' },
  metadata: 'struct',
  extensions: 'structs',
} as const satisfies { readonly [Name in keyof ChaukasEvent]?: MemberKind | MemberKinds };

export const EVENT_MEMBER_NAMES = Object.keys(EVENT_MEMBERS) as ReadonlyArray<keyof typeof EVENT_MEMBERS>;

/** Not looked at, but the application may have put any characters there. */
export const APPLICATION_NAMES = [
  'session_id',
  'agent_id',
  'agent_name',
  'tenant_id',
  'project_id',
  'branch',
  'response_id',
] as const satisfies ReadonlyArray<keyof ChaukasEvent>;
