import type { ChaukasEvent } from '../event.js';
import { spanEdge } from '../event-schema.js';
import type { Findings, Subject } from './findings.js';

/** What is known of the events that have one span id. */
interface SeenSpan {
  readonly parent: string | undefined;
  /** START events without their END. Hardly ever more than one, for which a list is the least. */
  readonly open: OpenPair[];
  /** Names of the pairs that have ended. */
  readonly ended: string[];
}

interface OpenPair {
  readonly pair: string;
  readonly subject: Subject;
}

/** An event whose parent was not there when it came. */
interface EarlyChild extends Subject {
  readonly spanId: string;
  readonly parent: string;
}

/**
 * The spans of one session that is open: each START has one END, each parent stands before its children, and what a
 * span has to say stands between its START and its END. A tool that is an MCP call has two pairs on one span.
 */
export class SpanCheck {
  readonly #findings: Findings;
  readonly #spans = new Map<string, SeenSpan>();
  #earlyChildren: EarlyChild[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(event: ChaukasEvent, subject: Subject): void {
    const { span_id: spanId, parent_span_id: parent, type } = event;
    this.#checkParent(event, subject);
    let span = this.#spans.get(spanId);
    const edge = spanEdge(type);
    if (span === undefined) {
      span = { parent, open: [], ended: [] };
      this.#spans.set(spanId, span);
    } else if (edge?.edge === 'start' && span.open.length === 0) {
      this.#findings.error(
        'wrong_order',
        subject,
        'events of its span stand before its START, or after its END',
      );
    }
    if (edge === undefined) this.#checkSingle(span, subject);
    else if (edge.edge === 'start') this.#start(span, edge.family, subject);
    else this.#end(span, edge.family, subject);
  }

  /** The session has ended: nothing more belongs to it. */
  end(): void {
    for (const { open } of this.#spans.values()) {
      for (const { pair, subject } of open) {
        this.#findings.error(
          'missing_end',
          subject,
          `${pair}_START has no END: the process crashed, or still runs`,
        );
      }
    }
    for (const child of this.#earlyChildren) this.#explainEarly(child);
    this.#spans.clear();
    this.#earlyChildren = [];
  }

  #checkParent({ type, span_id: spanId, parent_span_id: parent }: ChaukasEvent, subject: Subject): void {
    const isSession = type === 'EVENT_TYPE_SESSION_START' || type === 'EVENT_TYPE_SESSION_END';
    if (isSession !== (parent === undefined)) {
      const wrong = isSession ? 'a SESSION event has no parent' : 'only SESSION events have no parent';
      this.#findings.error('wrong_parent', subject, wrong);
    }
    if (parent === undefined || (parent !== spanId && this.#spans.has(parent))) return;
    this.#earlyChildren.push({ ...subject, spanId, parent });
  }

  #explainEarly(child: EarlyChild): void {
    if (!this.#spans.has(child.parent)) {
      this.#findings.error(
        'orphan_parent',
        child,
        `its parent_span_id ${child.parent} is the span of no event of its session`,
      );
    } else if (this.#isInCycle(child)) {
      this.#findings.error('parent_cycle', child, 'following its parents leads back to its own span');
    } else {
      this.#findings.error('wrong_order', child, "it stands before its parent's START");
    }
  }

  #isInCycle({ spanId, parent }: EarlyChild): boolean {
    const seen = new Set([spanId]);
    for (
      let above: string | undefined = parent;
      above !== undefined;
      above = this.#spans.get(above)?.parent
    ) {
      if (seen.has(above)) return true;
      seen.add(above);
    }
    return false;
  }

  #checkSingle(span: SeenSpan, subject: Subject): void {
    if (span.ended.length > 0 && span.open.length === 0)
      this.#findings.error('wrong_order', subject, 'it stands after the END of its span');
  }

  #start(span: SeenSpan, pair: string, subject: Subject): void {
    if (span.ended.includes(pair) || span.open.some((open) => open.pair === pair)) {
      this.#findings.error('second_start', subject, `its span has had a ${pair}_START before`);
    }
    span.open.push({ pair, subject });
  }

  #end(span: SeenSpan, pair: string, subject: Subject): void {
    const at = span.open.findLastIndex((open) => open.pair === pair);
    if (at >= 0) span.open.splice(at, 1);
    else {
      const twice = span.ended.includes(pair);
      this.#findings.error(
        twice ? 'second_end' : 'missing_start',
        subject,
        twice ? `its span has had a ${pair}_END before` : `${pair}_END has no START before it`,
      );
    }
    if (!span.ended.includes(pair)) span.ended.push(pair);
  }
}
