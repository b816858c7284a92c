import { type SpanEdge, spanEdge } from '../../../chaukas/event-schema.js';
import { asNonEmptyString, asRecord } from '../../../json/readers.js';
import { eventSpanName, excerpt } from '../../events/event-summary.js';
import { typeName } from '../../events/event-type.js';
import { costOf, durationOf, outcomeOf, timeOf, tokensOf } from '../../events/measures.js';
import type { ReadEvent } from '../../input/read-events.js';
import { StartedSpans } from '../../stats/event-stats.js';
import { viewTokens } from '../stored/session-entry.js';
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

/**
 * Collects what the overview needs while the index reads events. Calls and outcomes are counted as `agent-events stats`
 * counts them: an MCP call inside a tool is that tool's, and the tokens of a response that was made in the background count
 * for its model.
 */
export class OverviewData {
  readonly columns: CallColumns;
  readonly #open = new StartedSpans();

  constructor(columns = new CallColumns()) {
    this.columns = columns;
  }

  /**
   * @param session - number of the event's session in the index.
   * @param number - number of the event in the index; numbers ascend.
   */
  add(event: ReadEvent, session: number, number: number): void {
    const type = typeName(event);
    const edge = spanEdge(type);
    if (edge !== undefined) {
      if (edge.family in CALL_KINDS) this.#addEdge(edge, event, session, number);
    } else if (type === 'ERROR' || type === 'RETRY') {
      this.#addRow(type === 'ERROR' ? 'error' : 'retry', event, session, number);
    } else if (type === 'DATA_ACCESS' && tokensOf(event) !== undefined) {
      const model = asNonEmptyString(asRecord(event.metadata)?.model);
      this.#addRow('usage', event, session, number, model);
    }
  }

  /** Forgets calls that ended before an event, after the index has removed the events before it. */
  forgetBefore(number: number): void {
    this.columns.forgetBefore(number);
  }

  overview(scope: OverviewScope): Overview {
    return computeOverview(this.columns, scope);
  }

  #addEdge({ family, edge }: SpanEdge, event: ReadEvent, session: number, number: number): void {
    const span = `${asNonEmptyString(event.span_id) ?? ''} ${session}`;
    const key = `${family} ${span}`;
    if (edge === 'start') {
      const name = eventSpanName(event, NAME_CHARACTERS);
      this.#open.start(key, { family, name, startTime: timeOf(event) });
      return;
    }
    const started = this.#open.end(key);
    const kind = CALL_KINDS[family];
    // An MCP call inside a tool: the tool counts instead, when its END comes.
    if (kind === undefined || (kind === 'mcp' && this.#open.has(`TOOL_CALL ${span}`))) return;
    const name = eventSpanName(event, NAME_CHARACTERS) ?? started?.name;
    this.#addRow(kind, event, session, number, name, started?.startTime);
  }

  #addRow(
    kind: CallRowKind,
    event: ReadEvent,
    session: number,
    number: number,
    name?: string,
    startTime?: number,
  ): void {
    const time = timeOf(event);
    const hasUsage = kind === 'model' || kind === 'usage';
    const agent = asNonEmptyString(event.agent_name) ?? asNonEmptyString(event.agent_id);
    this.columns.add({
      kind,
      outcome: outcomeOf(event),
      session,
      event: number,
      name: name && excerpt(name, NAME_CHARACTERS),
      agent: agent && excerpt(agent, NAME_CHARACTERS),
      time,
      durationMs:
        durationOf(event) ?? (time === undefined || startTime === undefined ? undefined : time - startTime),
      tokens: hasUsage ? viewTokens(event) : undefined,
      cost: hasUsage ? costOf(event) : undefined,
    });
  }
}
