import type { SessionSummary, ViewOutcome } from '../view-api.js';
import type { EventFacts } from './index-batch.js';
import type { NameTable } from './name-table.js';

/** The names that sessions are filtered by. */
export type FilterNames = Readonly<Record<'agent' | 'model' | 'tool' | 'user', NameTable>>;

/** Names of one kind that a session remembers. Its events have the others, too. */
const MAX_NAMES = 20;

const NO_USER = -1;

const LEAVES: ReadonlySet<string> = new Set(['MODEL_INVOCATION', 'TOOL_CALL', 'MCP_CALL']);

/**
 * A session in the list, gathered event by event. There may be a hundred thousand, so names
 * are numbers in tables that all sessions share.
 */
export class SessionEntry {
  readonly id: string;
  /** Its place among the sessions. */
  readonly index: number;
  name: string | undefined;
  user = NO_USER;
  readonly agents: number[] = [];
  readonly models: number[] = [];
  readonly tools: number[] = [];
  firstTime: number | undefined;
  lastTime: number | undefined;
  events = 0;
  /** Number of its events that were removed. The other numbers still count them. */
  removed = 0;
  /** Number of its first event, also after that was removed. No other session has it. */
  first: number | undefined;
  /** Number of its last event. */
  last: number | undefined;
  modelCalls = 0;
  toolCalls = 0;
  retries = 0;
  decisions = 0;
  refusals = 0;
  inputTokens = 0;
  outputTokens = 0;
  totalTokens = 0;
  cachedTokens = 0;
  /** Number of the last event with a checkpoint, if the session is a stream. */
  lastCheckpoint: number | undefined;
  /** The stream that its SESSION_START names. */
  stream: string | undefined;
  #durationMs: number | undefined;
  #outcome: ViewOutcome = 'open';
  #open = 0;
  #errorEvents = 0;
  #failures = 0;
  #systemEvents = 0;
  #otherEvents = 0;
  #process = false;
  #costs: Record<string, number> | undefined;

  constructor(id: string, index: number) {
    this.id = id;
    this.index = index;
  }

  /** ERROR events; calls that failed if there are none, as in spans of other instrumentations. */
  get errors(): number {
    return this.#errorEvents > 0 ? this.#errorEvents : this.#failures;
  }

  /** Whether the session is about a process and its stream only. */
  get process(): boolean {
    return this.#process || (this.#systemEvents > 0 && this.#otherEvents === 0);
  }

  get outcome(): ViewOutcome {
    return this.#outcome;
  }

  get durationMs(): number | undefined {
    if (this.#durationMs !== undefined) return this.#durationMs;
    return this.firstTime === undefined || this.lastTime === undefined
      ? undefined
      : this.lastTime - this.firstTime;
  }

  get costs(): Readonly<Record<string, number>> {
    return this.#costs ?? {};
  }

  get cost(): number {
    return Object.values(this.costs).reduce((sum, amount) => sum + amount, 0);
  }

  add(facts: EventFacts, names: FilterNames): void {
    const { edge } = facts;
    this.events += 1;
    this.#addTime(facts.time);
    note(this.agents, names.agent, facts.agent);
    switch (facts.type) {
      case 'ERROR':
        this.#errorEvents += 1;
        break;
      case 'RETRY':
        this.retries += 1;
        break;
      case 'POLICY_DECISION':
        this.decisions += 1;
        if (facts.isRefusal) this.refusals += 1;
        break;
      case 'DATA_ACCESS':
        this.#addUsage(facts);
        break;
      case 'SYSTEM':
        this.#systemEvents += 1;
        return;
    }
    if (edge?.family === 'SESSION') {
      this.#addSessionEdge(edge.edge, facts, names);
      return;
    }
    this.#otherEvents += 1;
    if (edge !== undefined) this.#addEdge(edge.family, edge.edge, facts, names);
  }

  /** Gives its names back, when all of its events were removed. */
  release(names: FilterNames): void {
    for (const agent of this.agents) names.agent.release(agent);
    for (const model of this.models) names.model.release(model);
    for (const tool of this.tools) names.tool.release(tool);
    if (this.user !== NO_USER) names.user.release(this.user);
  }

  #addTime(time: number | undefined): void {
    if (time === undefined) return;
    if (this.firstTime === undefined || time < this.firstTime) this.firstTime = time;
    if (this.lastTime === undefined || time > this.lastTime) this.lastTime = time;
  }

  #addSessionEdge(edge: 'start' | 'end', facts: EventFacts, names: FilterNames): void {
    if (facts.isProcess) this.#process = true;
    this.name ??= facts.spanName;
    this.stream ??= facts.streamId;
    const user = facts.userId;
    if (user !== undefined && this.user === NO_USER) this.user = names.user.note(user);
    this.#open += edge === 'start' ? 1 : -1;
    if (edge === 'start') {
      this.#outcome = 'open';
      return;
    }
    // A session that was opened twice must end twice.
    if (this.#open > 0) return;
    this.#outcome = facts.outcome;
    this.#durationMs = facts.durationMs;
  }

  #addEdge(family: string, edge: 'start' | 'end', facts: EventFacts, names: FilterNames): void {
    if (family === 'MODEL_INVOCATION') note(this.models, names.model, facts.spanName);
    if (family === 'TOOL_CALL') note(this.tools, names.tool, facts.spanName);
    if (edge === 'start') {
      if (family === 'MODEL_INVOCATION') this.modelCalls += 1;
      if (family === 'TOOL_CALL') this.toolCalls += 1;
      return;
    }
    if (LEAVES.has(family) && facts.outcome === 'failed') this.#failures += 1;
    if (family === 'MODEL_INVOCATION') this.#addUsage(facts);
  }

  #addUsage({ tokens, cost }: EventFacts): void {
    if (tokens === undefined) return;
    this.inputTokens += tokens.input;
    this.outputTokens += tokens.output;
    this.totalTokens += tokens.total;
    this.cachedTokens += tokens.cached;
    if (cost === undefined) return;
    this.#costs ??= {};
    const before = Object.hasOwn(this.#costs, cost.currency) ? (this.#costs[cost.currency] ?? 0) : 0;
    // A file may name another currency in every line.
    if (before === 0 && Object.keys(this.#costs).length >= MAX_NAMES) return;
    this.#costs[cost.currency] = before + cost.amount;
  }

  summary(names: FilterNames): SessionSummary {
    const user = this.user === NO_USER ? undefined : names.user.name(this.user);
    const { durationMs } = this;
    return {
      id: this.id,
      ...(this.name !== undefined && { name: this.name }),
      ...(user !== undefined && { user }),
      agents: this.agents.map((agent) => names.agent.name(agent)),
      models: this.models.map((model) => names.model.name(model)),
      tools: this.tools.map((tool) => names.tool.name(tool)),
      ...(this.firstTime !== undefined && { startTime: this.firstTime }),
      ...(this.lastTime !== undefined && this.#outcome !== 'open' && { endTime: this.lastTime }),
      ...(durationMs !== undefined && { durationMs }),
      outcome: this.#outcome,
      events: this.events,
      modelCalls: this.modelCalls,
      toolCalls: this.toolCalls,
      errors: this.errors,
      retries: this.retries,
      decisions: this.decisions,
      refusals: this.refusals,
      tokens: {
        input: this.inputTokens,
        output: this.outputTokens,
        total: this.totalTokens,
        cached: this.cachedTokens,
      },
      // Without the noise of adding binary fractions.
      costs: Object.fromEntries(
        Object.entries(this.costs).map(([currency, amount]) => [currency, Number(amount.toPrecision(12))]),
      ),
    };
  }
}

/** Adds a name to a list, once. */
function note(list: number[], table: NameTable, name: string | undefined): void {
  if (name === undefined) return;
  const known = table.find(name);
  if (known !== undefined && list.includes(known)) return;
  if (list.length < MAX_NAMES) {
    const index = table.note(name);
    if (index >= 0) list.push(index);
  }
}
