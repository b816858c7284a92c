import type { ChaukasEvent } from '../chaukas/event.js';
import {
  CONTENT_NAMES,
  CONTENT_SCHEMA,
  type ContentName,
  type MemberKind,
  type MemberKinds,
} from '../chaukas/event-schema.js';

import * as semconv from '../semconv/attributes.js';

export type { MemberKind, MemberKinds } from '../chaukas/event-schema.js';

type RedactableMember = ContentName | 'metadata' | 'tags' | 'extensions';

/**
 * The members of an event that are redacted. All others are ids, enum values, times, numbers and hashes. The order, the
 * hash chain and the sums of the stream depend on them.
 */
export const EVENT_MEMBERS: Readonly<Record<RedactableMember, MemberKind | MemberKinds>> = {
  ...(Object.fromEntries(CONTENT_NAMES.map((name) => [name, CONTENT_SCHEMA[name].redacted])) as Record<
    ContentName,
    MemberKind | MemberKinds
  >),
  metadata: 'struct',
  tags: 'texts',
  extensions: 'structs',
};

export const EVENT_MEMBER_NAMES = Object.keys(EVENT_MEMBERS) as readonly RedactableMember[];

/**
 * The content on spans and in log records by attribute, each with the places in events that hold the same. A field path
 * for such a place names the attribute as well.
 */
export const ATTRIBUTE_PLACES: Readonly<Record<string, ReadonlyArray<readonly string[]>>> = {
  [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: [['llm_invocation', 'request', 'messages']],
  [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: [['llm_invocation', 'response', 'messages']],
  [semconv.ATTR_GEN_AI_SYSTEM_INSTRUCTIONS]: [['llm_invocation', 'request', 'system_instructions']],
  [semconv.ATTR_GEN_AI_TOOL_DEFINITIONS]: [['llm_invocation', 'request', 'tools']],
  [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: [
    ['tool_call', 'arguments'],
    ['mcp_call', 'request', 'arguments'],
  ],
  [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: [
    ['tool_response', 'output'],
    ['mcp_call', 'response'],
  ],
  [semconv.ATTR_GEN_AI_RETRIEVAL_QUERY_TEXT]: [['metadata', 'query']],
  [semconv.ATTR_GEN_AI_RETRIEVAL_DOCUMENTS]: [],
  [semconv.ATTR_GEN_AI_EVALUATION_EXPLANATION]: [['metadata', 'feedback', 'comment']],
  [semconv.ATTR_EXCEPTION_MESSAGE]: [
    ['error', 'error_message'],
    ['tool_response', 'error_message'],
  ],
  [semconv.ATTR_USER_ID]: [['metadata', 'user_id']],
  [semconv.ATTR_OPENAI_AGENTS_TAGS]: [['tags']],
};

/** The messages on a span have their content in `parts`, those in an event in `content`. */
export const MESSAGE_ATTRIBUTES: ReadonlySet<string> = new Set([
  semconv.ATTR_GEN_AI_INPUT_MESSAGES,
  semconv.ATTR_GEN_AI_OUTPUT_MESSAGES,
]);

/** Members that are not redacted, but are set by the application and may therefore contain any characters. */
export const APPLICATION_NAMES = [
  'session_id',
  'agent_id',
  'agent_name',
  'tenant_id',
  'project_id',
  'branch',
  'response_id',
] as const satisfies ReadonlyArray<keyof ChaukasEvent>;
