/**
 * All facts about the event types and their contents. A new event type is a new row in {@link EVENT_SCHEMA}, and a new
 * kind of content is a new row in {@link CONTENT_SCHEMA}: defaults, wire forms, redaction and the output of
 * `agent-events` follow from the rows.
 */

export type EventStatus =
  | 'EVENT_STATUS_STARTED'
  | 'EVENT_STATUS_IN_PROGRESS'
  | 'EVENT_STATUS_COMPLETED'
  | 'EVENT_STATUS_FAILED'
  | 'EVENT_STATUS_CANCELLED';

export type Severity = 'SEVERITY_DEBUG' | 'SEVERITY_INFO' | 'SEVERITY_WARN' | 'SEVERITY_ERROR';

export type Author = 'AUTHOR_USER' | 'AUTHOR_AGENT' | 'AUTHOR_TOOL' | 'AUTHOR_SYSTEM' | 'AUTHOR_LLM';

/** Prefixes of the enum values of a field. REST JSON, CSV and CloudEvents leave them out. */
export const ENUM_PREFIXES = {
  type: 'EVENT_TYPE_',
  status: 'EVENT_STATUS_',
  severity: 'SEVERITY_',
  author: 'AUTHOR_',
} as const;

export const ENUM_FIELDS = Object.keys(ENUM_PREFIXES) as readonly (keyof typeof ENUM_PREFIXES)[];

/** Returns an enum value without the prefix of its field: `TOOL_CALL_START`. Any other text is returned as it is. */
export function shortEnumName(field: keyof typeof ENUM_PREFIXES, value: string): string {
  const prefix = ENUM_PREFIXES[field];
  return value.startsWith(prefix) ? value.slice(prefix.length) : value;
}

/** A field of an event by its path, such as `llm_invocation.model`. */
export type FieldPath = string;

/**
 * How a field is shown in a summary:
 *
 * - `text`: a string, shortened; `quote`: the same in quotation marks.
 * - `json`: any value as JSON, shortened.
 * - `number` and `duration` (milliseconds), with the label before them: `attempt 1`.
 * - `list`: a list of strings, with the label before it: `PII: email, phone`.
 * - `count`: a number, and `size`: the length of a list, both with the label as their noun: `24 events`.
 */
export type FieldFormat = 'text' | 'quote' | 'json' | 'number' | 'duration' | 'list' | 'count' | 'size';

export interface FieldPart {
  readonly as: FieldFormat;
  readonly field: FieldPath;
  readonly label?: string;
}

/**
 * A part of the one-line summary of an event. Parts that the event does not have are left out.
 *
 * - `name`: the name of the event's span.
 * - `ending`: the outcome of a span unless it is completed, and its duration.
 * - `tokens` and `cost` of a model call; `agents`: from which agent to which one a handoff goes.
 * - `first`: the first of several fields that the event has.
 */
export type SummaryPart =
  | 'name'
  | 'ending'
  | 'tokens'
  | 'cost'
  | 'agents'
  | FieldPart
  | { readonly first: readonly FieldPart[] };

/**
 * The words of a span's name, each the first of several fields that the event has. The name of a `session` is
 * `process` for the session of a process.
 */
export type SpanNameRule = 'session' | readonly (readonly FieldPath[])[];

export interface EventTypeRow {
  /** Author, status and severity of an event that does not set them itself. */
  readonly author: Author;
  readonly status: EventStatus;
  readonly severity: Severity;
  /** The event, or the span that it starts or ends, in one word. */
  readonly word: string;
  /** The name of the span that the event starts or ends. */
  readonly spanName?: SpanNameRule;
  /** One line that says what happened. */
  readonly summary: readonly SummaryPart[];
}

const STARTED = { status: 'EVENT_STATUS_STARTED', severity: 'SEVERITY_INFO' } as const;
const COMPLETED = { status: 'EVENT_STATUS_COMPLETED', severity: 'SEVERITY_INFO' } as const;

const SESSION = { author: 'AUTHOR_SYSTEM', word: 'session' } as const;
const AGENT = { author: 'AUTHOR_AGENT', word: 'agent', spanName: [['agent_name', 'agent_id']] } as const;
const MODEL = { author: 'AUTHOR_LLM', word: 'model', spanName: [['llm_invocation.model']] } as const;
const TOOL = { author: 'AUTHOR_TOOL', word: 'tool' } as const;
const MCP = {
  author: 'AUTHOR_TOOL',
  word: 'mcp',
  spanName: [['mcp_call.server_name'], ['mcp_call.operation', 'mcp_call.method']],
} as const;

/** In the order of their numbers in the .proto file. */
const EVENT_ROWS = {
  EVENT_TYPE_SESSION_START: { ...SESSION, ...STARTED, spanName: 'session', summary: ['name'] },
  EVENT_TYPE_SESSION_END: {
    ...SESSION,
    ...COMPLETED,
    summary: ['ending', count('metadata.event_count', 'event')],
  },
  EVENT_TYPE_AGENT_START: { ...AGENT, ...STARTED, summary: [text('metadata.model')] },
  EVENT_TYPE_AGENT_END: { ...AGENT, ...COMPLETED, summary: ['ending'] },
  EVENT_TYPE_AGENT_HANDOFF: {
    author: 'AUTHOR_AGENT',
    ...COMPLETED,
    word: 'handoff',
    summary: ['agents', quote('agent_handoff.reason')],
  },
  EVENT_TYPE_MODEL_INVOCATION_START: { ...MODEL, ...STARTED, summary: ['name'] },
  EVENT_TYPE_MODEL_INVOCATION_END: {
    ...MODEL,
    ...COMPLETED,
    summary: ['name', 'ending', 'tokens', 'cost', text('llm_invocation.finish_reason')],
  },
  EVENT_TYPE_TOOL_CALL_START: {
    ...TOOL,
    ...STARTED,
    spanName: [['tool_call.name', 'tool_call.function_name']],
    summary: ['name', json('tool_call.arguments')],
  },
  EVENT_TYPE_TOOL_CALL_END: {
    ...TOOL,
    ...COMPLETED,
    summary: ['ending', { first: [quote('tool_response.error_message'), json('tool_response.output')] }],
  },
  EVENT_TYPE_MCP_CALL_START: { ...MCP, ...STARTED, summary: ['name'] },
  EVENT_TYPE_MCP_CALL_END: { ...MCP, ...COMPLETED, summary: ['name', 'ending'] },
  EVENT_TYPE_INPUT_RECEIVED: {
    author: 'AUTHOR_USER',
    ...COMPLETED,
    word: 'input',
    summary: [{ first: [quote('message.text'), text('message.role')] }],
  },
  EVENT_TYPE_OUTPUT_EMITTED: {
    author: 'AUTHOR_AGENT',
    ...COMPLETED,
    word: 'output',
    summary: [{ first: [quote('message.text'), text('message.role')] }],
  },
  EVENT_TYPE_ERROR: {
    author: 'AUTHOR_SYSTEM',
    status: 'EVENT_STATUS_FAILED',
    severity: 'SEVERITY_ERROR',
    word: 'error',
    summary: [text('error.error_code'), quote('error.error_message')],
  },
  EVENT_TYPE_RETRY: {
    author: 'AUTHOR_SYSTEM',
    status: 'EVENT_STATUS_IN_PROGRESS',
    severity: 'SEVERITY_WARN',
    word: 'retry',
    summary: [
      { as: 'number', field: 'retry.attempt', label: 'attempt' },
      { as: 'number', field: 'metadata.http_status', label: 'HTTP' },
      { as: 'duration', field: 'retry.backoff_ms', label: 'waits' },
    ],
  },
  EVENT_TYPE_POLICY_DECISION: {
    author: 'AUTHOR_SYSTEM',
    ...COMPLETED,
    word: 'policy',
    summary: [text('policy.policy_id'), text('policy.outcome'), quote('policy.rationale')],
  },
  EVENT_TYPE_DATA_ACCESS: {
    author: 'AUTHOR_SYSTEM',
    ...COMPLETED,
    word: 'data',
    summary: [
      text('data_access.datasource'),
      size('data_access.document_ids', 'document'),
      size('data_access.chunk_ids', 'chunk'),
      { as: 'list', field: 'data_access.pii_categories', label: 'PII:' },
    ],
  },
  EVENT_TYPE_STATE_UPDATE: {
    author: 'AUTHOR_SYSTEM',
    ...COMPLETED,
    word: 'state',
    summary: [json('state_update')],
  },
  EVENT_TYPE_SYSTEM: {
    author: 'AUTHOR_SYSTEM',
    ...COMPLETED,
    word: 'system',
    summary: [
      text('metadata.message'),
      text('metadata.feedback.name'),
      json('metadata.feedback.value'),
      text('metadata.feedback.label'),
      quote('metadata.feedback.comment'),
    ],
  },
} as const satisfies Readonly<Record<string, EventTypeRow>>;

function text(field: FieldPath): FieldPart {
  return { as: 'text', field };
}

function quote(field: FieldPath): FieldPart {
  return { as: 'quote', field };
}

function json(field: FieldPath): FieldPart {
  return { as: 'json', field };
}

function count(field: FieldPath, label: string): FieldPart {
  return { as: 'count', field, label };
}

function size(field: FieldPath, label: string): FieldPart {
  return { as: 'size', field, label };
}

export type EventType = keyof typeof EVENT_ROWS;

export const EVENT_SCHEMA: Readonly<Record<EventType, EventTypeRow>> = EVENT_ROWS;

/** The 19 event types, in the order of their numbers. */
export const EVENT_TYPES = Object.keys(EVENT_ROWS) as readonly EventType[];

/**
 * How redaction treats a member of an event:
 *
 * - `text`: written by people or models; `texts`: a list of them.
 * - `struct`: JSON of any shape, which must stay an object; `structs`: a list of them.
 * - `identifier`: credentials are removed, and whatever a field path names. A name is not personal data, and an audit
 *   needs it. `identifiers`: a list of them.
 */
export type MemberKind = 'text' | 'texts' | 'struct' | 'structs' | 'identifier' | 'identifiers';

export type MemberKinds = Readonly<Record<string, MemberKind>>;

export interface ContentRow {
  /** The `kind` of the content in REST JSON; `undefined` if that has none, and the content stays a field of its own. */
  readonly restKind: string | undefined;
  /** The texts that REST JSON requires. It also requires a policy's outcome, which has no empty value. */
  readonly restRequired: readonly string[];
  /** The members that redaction looks at, or the kind of the content as a whole. */
  readonly redacted: MemberKind | MemberKinds;
  /** Columns of the CSV form, each with the member that it shows. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** The members of the `content` oneof, in the order of their numbers. */
const CONTENT_ROWS = {
  message: {
    restKind: 'message',
    restRequired: ['text'],
    redacted: { text: 'text', metadata: 'struct' },
    columns: { role: 'role', text: 'text' },
  },
  tool_call: {
    restKind: 'tool_call',
    restRequired: ['name'],
    redacted: { name: 'identifier', arguments: 'struct', function_name: 'identifier' },
    columns: { tool_name: 'name', tool_call_id: 'id' },
  },
  tool_response: {
    restKind: 'tool_response',
    restRequired: ['tool_call_id'],
    redacted: { output: 'struct', error_message: 'text' },
    columns: { tool_call_id: 'tool_call_id', error_message: 'error_message' },
  },
  llm_invocation: {
    restKind: 'llm_invocation',
    restRequired: ['provider', 'model'],
    redacted: { request: 'struct', response: 'struct' },
    columns: {
      provider: 'provider',
      model: 'model',
      prompt_tokens: 'prompt_tokens',
      completion_tokens: 'completion_tokens',
      total_tokens: 'total_tokens',
      finish_reason: 'finish_reason',
    },
  },
  policy: {
    restKind: 'policy_decision',
    restRequired: ['policy_id'],
    redacted: { policy_id: 'identifier', rule_ids: 'identifiers', rationale: 'text' },
    columns: { policy_id: 'policy_id', policy_outcome: 'outcome' },
  },
  data_access: {
    restKind: 'data_access',
    restRequired: ['datasource'],
    redacted: { datasource: 'identifier', document_ids: 'identifiers', chunk_ids: 'identifiers' },
    columns: { datasource: 'datasource' },
  },
  state_update: { restKind: undefined, restRequired: [], redacted: 'struct' },
  error: {
    restKind: 'error_info',
    restRequired: ['error_message'],
    redacted: { error_message: 'text', stack_trace: 'text', recovery_action: 'text' },
    columns: { error_code: 'error_code', error_message: 'error_message' },
  },
  agent_handoff: {
    restKind: 'agent_handoff',
    restRequired: ['from_agent_id', 'to_agent_id'],
    redacted: { handoff_data: 'struct', reason: 'text' },
  },
  mcp_call: {
    restKind: 'mcp_call',
    restRequired: ['server_name', 'operation'],
    redacted: { server_name: 'identifier', server_url: 'identifier', request: 'struct', response: 'struct' },
    columns: { mcp_server: 'server_name', mcp_operation: 'operation' },
  },
} as const satisfies Readonly<Record<string, ContentRow>>;

export type ContentName = keyof typeof CONTENT_ROWS;

export const CONTENT_SCHEMA: Readonly<Record<ContentName, ContentRow>> = CONTENT_ROWS;

export const CONTENT_NAMES = Object.keys(CONTENT_ROWS) as readonly ContentName[];

/** The two ends of a span: its family, such as `TOOL_CALL`, and whether the event starts or ends it. */
export interface SpanEdge {
  readonly family: string;
  readonly edge: 'start' | 'end';
}

const EDGE = /^(?:EVENT_TYPE_)?(.+)_(START|END)$/;

/** Results by type, since a stream repeats few types. Bounded, since a file may have another type in every line. */
const edges = new Map<string, SpanEdge | undefined>();
const MAX_EDGES = 1000;

/**
 * The edge of a span that events of a type stand for; `undefined` if they are single events. Types of a newer
 * specification count, too.
 *
 * @param type - with or without its prefix.
 */
export function spanEdge(type: string): SpanEdge | undefined {
  const known = edges.get(type);
  if (known !== undefined || edges.has(type)) return known;
  const [, family, end] = EDGE.exec(type) ?? [];
  const edge: SpanEdge | undefined =
    family === undefined ? undefined : { family, edge: end === 'START' ? 'start' : 'end' };
  if (edges.size < MAX_EDGES) edges.set(type, edge);
  return edge;
}
