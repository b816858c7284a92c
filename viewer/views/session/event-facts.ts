/** The facts that the events of one step record, in the order in which a reader asks for it. */

export interface FactSection {
  readonly title: string;
  /** Set for what a reader looks for first. */
  readonly tone?: 'bad' | 'warn';
  readonly facts: readonly (readonly [name: string, value: unknown])[];
}

type EventFields = Readonly<Record<string, unknown>>;

/** Members of an event that are objects, and the titles of their sections. */
const SECTIONS: readonly {
  readonly member: string;
  readonly title: string;
  readonly tone?: 'bad' | 'warn';
}[] = [
  { member: 'error', title: 'Error', tone: 'bad' },
  { member: 'policy', title: 'Policy decision', tone: 'warn' },
  { member: 'retry', title: 'Retry', tone: 'warn' },
  { member: 'message', title: 'Message' },
  { member: 'llm_invocation', title: 'Model call' },
  { member: 'tool_call', title: 'Tool call' },
  { member: 'tool_response', title: 'Result' },
  { member: 'mcp_call', title: 'MCP' },
  { member: 'agent_handoff', title: 'Handoff' },
  { member: 'data_access', title: 'Data access' },
  { member: 'state_update', title: 'State' },
  { member: 'cost', title: 'Price' },
  { member: 'performance', title: 'Performance' },
  { member: 'infrastructure', title: 'Infrastructure' },
  { member: 'redaction', title: 'Redaction' },
  { member: 'metadata', title: 'Metadata' },
];

/** Members without a section of their own that say nothing about the step. */
const BOOKKEEPING = new Set([
  'content_hash',
  'hash_prev',
  'worm_proof_id',
  'event_id',
  'type',
  'timestamp',
  'status',
]);

/** The events of a step complement each other: its start has the request, its end the response. */
export function factsOf(events: readonly EventFields[]): readonly FactSection[] {
  const merged: Record<string, unknown> = {};
  for (const event of events) {
    for (const [name, value] of Object.entries(event)) {
      const old = merged[name];
      merged[name] = isObject(old) && isObject(value) ? { ...old, ...value } : value;
    }
  }
  const sections = SECTIONS.flatMap(({ member, title, tone }): FactSection[] => {
    const value = merged[member];
    if (!isObject(value) || Object.keys(value).length === 0) return [];
    const members = member === 'state_update' ? namedValues(value) : Object.entries(value);
    return [{ title, facts: factsFirst(members), ...(tone && { tone }) }];
  });
  const shown = new Set(SECTIONS.map(({ member }) => member));
  const rest = Object.entries(merged).filter(([name]) => !shown.has(name) && !BOOKKEEPING.has(name));
  return rest.length === 0 ? sections : [...sections, { title: 'Event', facts: factsFirst(rest) }];
}

const MAX_STATE_VALUES = 200;

/** The values of a state that is nested, each by its path: `cart.items`. Lists stay as they are. */
function namedValues(state: EventFields): [string, unknown][] {
  const values: [string, unknown][] = [];
  const open: [string, unknown][] = Object.entries(state).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, value] = next;
    const members =
      isObject(value) && values.length + open.length < MAX_STATE_VALUES ? Object.entries(value) : [];
    if (members.length === 0) values.push(next);
    else for (const [name, member] of members.reverse()) open.push([`${path}.${name}`, member]);
  }
  return values;
}

/** Short values before those that open. */
function factsFirst(entries: readonly [string, unknown][]): readonly [string, unknown][] {
  const nested = (value: unknown) => typeof value === 'object' && value !== null;
  return [...entries.filter(([, value]) => !nested(value)), ...entries.filter(([, value]) => nested(value))];
}

function isObject(value: unknown): value is EventFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
