import { spanEdge } from '../event-schema.js';
import { isDigit, isEarlier } from '../utc-timestamp.js';
import { type Finding, type Findings, keyOf, type Subject } from './findings.js';
import type { PlacedEvent, ScannedPlace } from './line-check.js';

/** Maximum number of spans that are remembered at once, in all open sessions together: about 150 MB. */
const MAX_SPANS = 500_000;

/** Maximum number of events that wait for an event of their parent. */
const MAX_EARLY_CHILDREN = 10_000;

/** The state of one span id. */
interface SeenSpan {
  readonly parent: string | undefined;
  /** START events without their END. A list, since there is rarely more than one. */
  open: readonly OpenPair[];
  /** Families that have ended. */
  ended: readonly string[];
}

interface OpenPair {
  readonly family: string;
  readonly timestamp: string;
  readonly subject: Subject;
}

/** An event that came before any event of its parent. */
interface EarlyChild extends Subject {
  readonly spanId: string;
  readonly parent: string;
}

/** Most spans have neither at the same time, and a list for each would cost more than the rest of the span. */
const NONE: readonly never[] = [];

/** The numbers of spans that all sessions of a verification hold together, which have a limit. */
export class SpanLimits {
  spans = 0;
  earlyChildren = 0;
}

/** The reason for a START without END, and how bad that is. */
export interface OpenSpansVerdict {
  readonly severity: Finding['severity'];
  readonly reason: string;
}

const SESSION_ENDED: OpenSpansVerdict = { severity: 'error', reason: 'the session ended before it' };

/**
 * Checks the spans of one open session: each START has one END, each parent comes before its children, and the other
 * events of a span come between its START and its END. A tool that is an MCP call has two pairs on one span.
 */
export class SpanCheck {
  readonly #findings: Findings;
  readonly #limits: SpanLimits;
  readonly #spans = new Map<string, SeenSpan>();
  #earlyChildren: EarlyChild[] = [];
  /** Whether the parents of a span lead into a cycle, as far as it is known. */
  readonly #cyclic = new Map<string, boolean>();
  /** Number of START events without END. */
  #open = 0;
  /** Whether spans were not remembered, so that an unknown one may be in order. */
  #isPartial = false;

  constructor(findings: Findings, limits: SpanLimits) {
    this.#findings = findings;
    this.#limits = limits;
  }

  /** Number of START events without END. */
  get open(): number {
    return this.#open;
  }

  add(event: PlacedEvent): void {
    this.#checkParent(event);
    const edge = spanEdge(event.type);
    const span = this.#spanOf(event, edge?.edge === 'start');
    if (span === undefined) return;
    if (edge === undefined) this.#checkSingle(span, event);
    else if (edge.edge === 'start') this.#start(span, keyOf(edge.family), event);
    else this.#end(span, keyOf(edge.family), event);
  }

  /** Reports what is still open, and forgets everything. */
  end({ severity, reason }: OpenSpansVerdict = SESSION_ENDED): void {
    for (const { open } of this.#spans.values()) {
      for (const { family, subject } of open) {
        this.#findings.add(severity, 'missing_end', subject, `${family}_START has no END: ${reason}`);
      }
    }
    this.forget();
  }

  /** Forgets everything, and reports only what is no question of time. */
  forget(): void {
    for (const child of this.#earlyChildren) this.#explainEarly(child);
    this.#limits.spans -= this.#spans.size;
    this.#limits.earlyChildren -= this.#earlyChildren.length;
    this.#spans.clear();
    this.#cyclic.clear();
    this.#earlyChildren = [];
    this.#open = 0;
    this.#isPartial = false;
  }

  /** The span of an event. Beyond the limit it is `undefined`. */
  #spanOf(event: PlacedEvent, isStart: boolean): SeenSpan | undefined {
    const spanId = keyOf(event.span_id);
    let span = this.#spans.get(spanId);
    if (span === undefined) {
      if (this.#limits.spans >= MAX_SPANS) {
        this.#isPartial = true;
        const message = `more than ${MAX_SPANS} spans of open sessions: the pairs and parents of further ones are not checked`;
        this.#findings.limit('warning', event.subject, message);
        return undefined;
      }
      const { parent_span_id: parent } = event;
      span = { parent: parent === undefined ? undefined : keyOf(parent), open: NONE, ended: NONE };
      this.#spans.set(spanId, span);
      this.#limits.spans += 1;
    } else if (isStart && span.open.length === 0) {
      const message = 'other events of the span come before its START, or the START comes after its END';
      this.#findings.error('wrong_order', event.subject, message);
    }
    return span;
  }

  #checkParent(event: PlacedEvent): void {
    const { type, span_id: spanId, parent_span_id: parent } = event;
    const isSession = type === 'EVENT_TYPE_SESSION_START' || type === 'EVENT_TYPE_SESSION_END';
    if (isSession !== (parent === undefined)) {
      const wrong = isSession
        ? 'a SESSION event must not have a parent_span_id'
        : 'parent_span_id is missing';
      this.#findings.error('wrong_parent', event.subject, wrong);
    }
    if (parent === undefined || (parent !== spanId && this.#spans.has(keyOf(parent)))) return;
    const child = { ...event.subject, spanId: keyOf(spanId), parent: keyOf(parent) };
    if (this.#limits.earlyChildren >= MAX_EARLY_CHILDREN) {
      this.#explainEarly(child);
    } else {
      this.#limits.earlyChildren += 1;
      this.#earlyChildren.push(child);
    }
  }

  #explainEarly(child: EarlyChild): void {
    if (!this.#spans.has(child.parent)) {
      if (this.#isPartial) return;
      const message = `no event of the session has the span of its parent, ${child.parent}`;
      this.#findings.error('orphan_parent', child, message);
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

  #checkSingle(span: SeenSpan, event: PlacedEvent): void {
    if (span.ended.length > 0 && span.open.length === 0)
      this.#findings.error('wrong_order', event.subject, 'the event comes after the END of its span');
  }

  #start(span: SeenSpan, family: string, { timestamp, subject }: PlacedEvent): void {
    if (span.ended.includes(family) || span.open.some((open) => open.family === family)) {
      this.#findings.error('second_start', subject, `the span already had a ${family}_START`);
    }
    // A list that grows without end costs time for each START of the span.
    if (span.open.length >= MAX_OPEN_PER_SPAN) return;
    this.#open += 1;
    const pair = { family, timestamp: keyOf(timestamp), subject };
    span.open = span.open.length === 0 ? [pair] : [...span.open, pair];
  }

  #end(span: SeenSpan, family: string, event: PlacedEvent): void {
    const start = span.open.findLast((open) => open.family === family);
    if (start !== undefined) {
      span.open = span.open.length === 1 ? NONE : span.open.filter((open) => open !== start);
      this.#open -= 1;
      if (isEventEarlier(event, start.timestamp)) {
        const message = `${family}_END has the time ${keyOf(event.timestamp)}, which is before that of its START`;
        this.#findings.warning('time_goes_back', event.subject, message);
      }
    } else if (span.ended.includes(family)) {
      this.#findings.error('second_end', event.subject, `the span already had a ${family}_END`);
    } else if (!this.#isPartial) {
      this.#findings.error('missing_start', event.subject, `${family}_END has no START before it`);
    }
    if (span.ended.length === 0) span.ended = [family];
    else if (!span.ended.includes(family) && span.ended.length < MAX_OPEN_PER_SPAN)
      span.ended = [...span.ended, family];
  }
}

/** Far more pairs than one span can have. */
const MAX_OPEN_PER_SPAN = 100;

/** Whether an event is earlier than a time. Bytes tell so of most events that are not, without a string of their time. */
export function isEventEarlier(event: PlacedEvent, than: string): boolean {
  const { scanned } = event;
  if (scanned !== undefined && !mayBeEarlier(scanned, than)) return false;
  return isEarlier(event.timestamp, than);
}

/** `false` for the same text, and if the first character that differs is a greater digit. */
function mayBeEarlier({ bytes, timeAt, timeLength }: ScannedPlace, than: string): boolean {
  const length = Math.min(timeLength, than.length);
  for (let at = 0; at < length; at += 1) {
    const code = bytes[timeAt + at] as number;
    const other = than.charCodeAt(at);
    if (code !== other) return code < other || !isDigit(code) || !isDigit(other);
  }
  return timeLength !== than.length;
}
