import type { ChaukasEvent } from '../event.js';
import { spanEdge } from '../event-schema.js';
import type { Findings, Subject } from './findings.js';

/** The state of one span id. */
interface SeenSpan {
  readonly parent: string | undefined;
  /** START events without their END. A list, since there is rarely more than one. */
  readonly open: OpenPair[];
  /** Families that have ended. */
  readonly ended: string[];
}

interface OpenPair {
  readonly family: string;
  readonly subject: Subject;
}

/** An event that came before any event of its parent. */
interface EarlyChild extends Subject {
  readonly spanId: string;
  readonly parent: string;
}

/**
 * Checks the spans of one open session: each START has one END, each parent comes before its children, and the other
 * events of a span come between its START and its END. A tool that is an MCP call has two pairs on one span.
 */
export class SpanCheck {
  readonly #findings: Findings;
  readonly #spans = new Map<string, SeenSpan>();
  #earlyChildren: EarlyChild[] = [];
  /** Whether the parents of a span lead into a cycle, as far as it is known. */
  readonly #cyclic = new Map<string, boolean>();

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
        'other events of the span come before its START, or the START comes after its END',
      );
    }
    if (edge === undefined) this.#checkSingle(span, subject);
    else if (edge.edge === 'start') this.#start(span, edge.family, subject);
    else this.#end(span, edge.family, subject);
  }

  /** Reports what is still open when the session ends. */
  end(): void {
    for (const { open } of this.#spans.values()) {
      for (const { family, subject } of open) {
        this.#findings.error(
          'missing_end',
          subject,
          `${family}_START has no END: the process crashed, or is still running`,
        );
      }
    }
    for (const child of this.#earlyChildren) this.#explainEarly(child);
    this.#spans.clear();
    this.#cyclic.clear();
    this.#earlyChildren = [];
  }

  #checkParent({ type, span_id: spanId, parent_span_id: parent }: ChaukasEvent, subject: Subject): void {
    const isSession = type === 'EVENT_TYPE_SESSION_START' || type === 'EVENT_TYPE_SESSION_END';
    if (isSession !== (parent === undefined)) {
      const wrong = isSession
        ? 'a SESSION event must not have a parent_span_id'
        : 'parent_span_id is missing';
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
        `no event of the session has the span of its parent, ${child.parent}`,
      );
    } else if (this.#isInCycle(child)) {
      this.#findings.error('parent_cycle', child, 'the parents of the event lead back to its own span');
    } else {
      this.#findings.error('wrong_order', child, "the event comes before its parent's START");
    }
  }

  #isInCycle({ spanId, parent }: EarlyChild): boolean {
    return parent === spanId || this.#leadsIntoCycle(parent) || this.#leadsIntoCycle(spanId);
  }

  /** Each span is passed once, whatever the number of questions. */
  #leadsIntoCycle(spanId: string): boolean {
    const path = new Set<string>();
    let above: string | undefined = spanId;
    let answer: boolean | undefined;
    while (above !== undefined && answer === undefined) {
      answer = path.has(above) ? true : this.#cyclic.get(above);
      path.add(above);
      above = this.#spans.get(above)?.parent;
    }
    for (const passed of path) this.#cyclic.set(passed, answer ?? false);
    return answer ?? false;
  }

  #checkSingle(span: SeenSpan, subject: Subject): void {
    if (span.ended.length > 0 && span.open.length === 0)
      this.#findings.error('wrong_order', subject, 'the event comes after the END of its span');
  }

  #start(span: SeenSpan, family: string, subject: Subject): void {
    if (span.ended.includes(family) || span.open.some((open) => open.family === family)) {
      this.#findings.error('second_start', subject, `the span already had a ${family}_START`);
    }
    span.open.push({ family, subject });
  }

  #end(span: SeenSpan, family: string, subject: Subject): void {
    const at = span.open.findLastIndex((open) => open.family === family);
    if (at >= 0) span.open.splice(at, 1);
    else {
      const twice = span.ended.includes(family);
      this.#findings.error(
        twice ? 'second_end' : 'missing_start',
        subject,
        twice ? `the span already had a ${family}_END` : `${family}_END has no START before it`,
      );
    }
    if (!span.ended.includes(family)) span.ended.push(family);
  }
}
