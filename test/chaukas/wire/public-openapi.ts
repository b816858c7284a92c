/**
 * The schema `Event` of the public OpenAPI document of chaukas-spec, version 1.0.4, as a table: the required members of
 * each kind of content, and members that are not texts. Members that it does not name are allowed everywhere.
 */

const TYPES = [
  ...['SESSION', 'AGENT', 'MODEL_INVOCATION', 'TOOL_CALL', 'MCP_CALL'].flatMap((name) => [
    `${name}_START`,
    `${name}_END`,
  ]),
  ...['AGENT_HANDOFF', 'INPUT_RECEIVED', 'OUTPUT_EMITTED', 'ERROR', 'RETRY', 'POLICY_DECISION'],
  ...['DATA_ACCESS', 'STATE_UPDATE', 'SYSTEM'],
];

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  type: TYPES,
  status: ['STARTED', 'IN_PROGRESS', 'COMPLETED', 'FAILED', 'CANCELLED'],
  severity: ['DEBUG', 'INFO', 'WARN', 'ERROR'],
  author: ['USER', 'AGENT', 'TOOL', 'SYSTEM', 'LLM'],
  outcome: ['allow', 'deny', 'review'],
  handoff_type: ['sequential', 'parallel', 'conditional'],
};

const REQUIRED = ['event_id', 'type', 'status', 'timestamp', 'session_id'];

const REQUIRED_BY_KIND: Readonly<Record<string, readonly string[]>> = {
  message: ['text'],
  tool_call: ['name'],
  tool_response: ['tool_call_id'],
  llm_invocation: ['provider', 'model'],
  policy_decision: ['policy_id', 'outcome'],
  data_access: ['datasource'],
  error_info: ['error_message'],
  agent_handoff: ['from_agent_id', 'to_agent_id'],
  mcp_call: ['server_name', 'operation'],
};

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const STRUCTS = ['metadata', 'arguments', 'output', 'request', 'response', 'handoff_data'];
const INTEGERS = ['prompt_tokens', 'completion_tokens', 'total_tokens', 'max_tokens', 'http_status'];
const NUMBERS = ['duration_ms', 'execution_time_ms', 'temperature', 'top_p'];
const LISTS = ['tags', 'pii_categories', 'rule_ids', 'document_ids', 'chunk_ids'];
const TIMES = ['timestamp', 'start_time', 'end_time'];
const FLAGS = ['is_partial', 'is_final', 'recoverable', 'auth_required'];

type Members = Readonly<Record<string, unknown>>;

/** Returns what makes an event invalid; an empty list if it is valid. */
export function openApiProblems(event: Members): string[] {
  const { content } = event;
  const problems = [...missing(event, REQUIRED), ...memberProblems(event)];
  if (content === undefined) return problems;
  const members = content as Members;
  const required = REQUIRED_BY_KIND[String(members.kind)];
  if (required === undefined) return [...problems, `content has the unknown kind ${members.kind}`];
  return [...problems, ...missing(members, required), ...memberProblems(members)];
}

function missing(members: Members, required: readonly string[]): string[] {
  return required.filter((name) => members[name] === undefined).map((name) => `${name} is missing`);
}

function memberProblems(members: Members): string[] {
  return Object.entries(members)
    .filter(([name, value]) => !isValid(name, value))
    .map(([name, value]) => `${name} is ${JSON.stringify(value)}`);
}

const OBJECTS = ['content', 'retry', 'redaction', 'performance', 'infrastructure', 'cost', 'state_update'];

function isValid(name: string, value: unknown): boolean {
  if (STRUCTS.includes(name) || OBJECTS.includes(name)) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
  if (INTEGERS.includes(name)) return Number.isInteger(value);
  if (NUMBERS.includes(name) || name.endsWith('_penalty')) return typeof value === 'number';
  if (FLAGS.includes(name)) return typeof value === 'boolean';
  if (LISTS.includes(name)) return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (typeof value !== 'string') return false;
  return TIMES.includes(name) ? DATE_TIME.test(value) : (ENUMS[name]?.includes(value) ?? true);
}
