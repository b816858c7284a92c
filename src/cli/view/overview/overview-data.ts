import type { SpanEdge } from '../../../chaukas/event-schema.js';
import { excerpt } from '../../events/event-summary.js';
import { StartedSpans } from '../../stats/event-stats.js';
import type { EventFacts } from '../stored/index-batch.js';
import type { Overview } from '../view-api.js';
import { CallColumns, type CallRowKind } from './call-columns.js';
import { computeOverview, type OverviewScope } from './overview.js';

const CALL_KINDS: Readonly<Record<string, CallRowKind>> = {
  AGENT: 'agent',
  MODEL_INVOCATION: 'model',
  TOOL_CALL: 'tool',
  MCP_CALL: 'mcp',
};

/** Names are shown in tables, and may be of any length. */
const NAME_CHARACTERS = 120;

const MAX_AGENTS = 1000;

/**
 * Collects what the overview needs while the index reads events. Calls and outcomes are counted as `agent-events stats`
 * counts them: an MCP call inside a tool is that tool's, and the tokens of a response that was made in the background count
 * for its model.
 */
export class OverviewData {
  readonly columns: CallColumns;
  readonly #open = new StartedSpans();
  readonly #agents = new Map<string, string>();

  constructor(columns = new CallColumns()) {
    this.columns = columns;
  }

  /**
   * @param session - number of the event's session in the index.
   * @param number - number of the event in the index; numbers ascend.
   */
  add(facts: EventFacts, session: number, number: number): void {
    const { type, edge } = facts;
    if (edge !== undefined) {
      if (edge.family in CALL_KINDS) this.#addEdge(edge, facts, session, number);
    } else if (type === 'ERROR' || type === 'RETRY') {
      this.#addRow(type === 'ERROR' ? 'error' : 'retry', facts, session, number);
    } else if (type === 'DATA_ACCESS' && facts.tokens !== undefined) {
      this.#addRow('usage', facts, session, number, facts.spanName);
    }
  }

  /** Forgets calls whose last event was removed. */
  forget(isRemoved: (event: number) => boolean): void {
    this.columns.forget(isRemoved);
  }

  overview(scope: OverviewScope): Overview {
    return computeOverview(this.columns, scope);
  }

  #addEdge({ family, edge }: SpanEdge, facts: EventFacts, session: number, number: number): void {
    const span = `${facts.spanId ?? ''} ${session}`;
    const key = `${family} ${span}`;
    if (edge === 'start') {
      this.#open.start(key, { family, name: facts.spanName, startTime: facts.time });
      return;
    }
    const started = this.#open.end(key);
    const kind = CALL_KINDS[family];
    // An MCP call inside a tool: the tool counts instead, when its END comes.
    if (kind === undefined || (kind === 'mcp' && this.#open.has(`TOOL_CALL ${span}`))) return;
    this.#addRow(kind, facts, session, number, facts.spanName ?? started?.name, started?.startTime);
  }

  #addRow(
    kind: CallRowKind,
    facts: EventFacts,
    session: number,
    number: number,
    name?: string,
    startTime?: number,
  ): void {
    const { time, agent } = facts;
    const hasUsage = kind === 'model' || kind === 'usage';
    this.columns.add({
      kind,
      outcome: facts.outcome,
      session,
      event: number,
      name,
      agent: agent && this.#agentName(agent),
      time,
      durationMs:
        facts.durationMs ?? (time === undefined || startTime === undefined ? undefined : time - startTime),
      tokens: hasUsage ? facts.tokens : undefined,
      cost: hasUsage ? facts.cost : undefined,
    });
  }

  /** An excerpt is a copy, which takes longer than to look it up. */
  #agentName(agent: string): string {
    const known = this.#agents.get(agent);
    if (known !== undefined) return known;
    const name = excerpt(agent, NAME_CHARACTERS);
    if (this.#agents.size < MAX_AGENTS && agent.length <= NAME_CHARACTERS) this.#agents.set(agent, name);
    return name;
  }
}
