import type { Attributes, SpanContext } from '@opentelemetry/api';
import * as clock from '../clock.js';
import type { Guard } from '../diagnostics/guard.js';
import type { RecordedSignal, SpanSignal, SpanStartDetails } from '../signals/signal.js';
import type { CallerFlow } from '../signals/span-start-details.js';
import type { AuditTrail } from './audit-trail.js';
import type { SpanTrail } from './late-spans.js';
import { spanRole } from './spans/span-role.js';
import type { SpanSnapshot } from './spans/span-snapshot.js';

interface DeferredTrailOptions {
  readonly includeContent: boolean;
  /** The number of entries that may wait. If there are more, all of them are passed at once. */
  readonly maxWaiting: number;
  /** Whether nothing may wait: the first event says how the process was set up at that moment. */
  readonly mustPass: () => boolean;
  /** Called for each entry that waits: `pass()` must follow. */
  readonly schedule: () => void;
  /** Called with the time at which the next entry happened, in milliseconds since the epoch, and without one at the end. */
  readonly atTime: (millis: number | undefined) => void;
  readonly guard: Guard;
}

interface WaitingEntry {
  /** Names the work in a diagnostic about a fault. */
  readonly what: string;
  readonly pass: () => void;
  /** In milliseconds since the epoch. */
  readonly time: number;
}

/**
 * Passes the lives of spans to the audit trail in a later turn of the event loop, in the order in which they happened, so
 * that the application does not wait until events are made of them. The caller's turn takes a copy of the span's
 * attributes: less than 1 µs an event instead of 8 (`npm run bench:events`).
 *
 * Invariant: nothing that waits is changed by the application. A span is passed with the attributes that it had at that
 * moment, and with its name; signals are data of ours.
 */
export class DeferredTrail implements SpanTrail {
  readonly #trail: AuditTrail;
  readonly #options: DeferredTrailOptions;
  #waiting: WaitingEntry[] = [];
  /** The number of entries at the beginning of `#waiting` that are passed. */
  #passed = 0;
  #isPassing = false;

  constructor(trail: AuditTrail, options: DeferredTrailOptions) {
    this.#trail = trail;
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length - this.#passed;
  }

  spanStarted(span: SpanSnapshot, details: SpanStartDetails | undefined, callerFlow?: CallerFlow): void {
    const role = this.#trail.roleOf(span);
    if (role === undefined) {
      this.#add(START, () => this.#trail.spanStarted(span, role, details, callerFlow));
      return;
    }
    // The content of a call must be asked for before the call goes on.
    const offer = this.#options.includeContent ? details?.contentOffer : undefined;
    if (offer !== undefined) offer.accepted = true;
    const started = new SpanAtMoment(span);
    this.#add(START, () => {
      this.#trail.spanStarted(started, role, details, callerFlow);
      started.follow();
    });
  }

  spanDecided(span: SpanSnapshot, beneath?: SpanSnapshot): void {
    const decided = new SpanAtMoment(span);
    this.#add(START, () => {
      this.#trail.spanDecided(decided, beneath);
      decided.follow();
    });
  }

  spanEnded(span: SpanSnapshot, beneath?: SpanSnapshot): void {
    // Another span processor may change the attributes of a span that has ended.
    const ended = spanRole(span) === undefined ? span : new SpanAtMoment(span);
    this.#add(END, () => this.#trail.spanEnded(ended, beneath));
  }

  signalled(signal: SpanSignal): void {
    this.#add(SIGNAL, () => this.#trail.signalled(signal));
  }

  recorded(signal: RecordedSignal): void {
    this.#add(SIGNAL, () => this.#trail.recorded(signal));
  }

  /**
   * Passes what waits, oldest first.
   *
   * @param isOver - called after each entry; stops if it returns `true`.
   */
  pass(isOver: () => boolean = () => false): void {
    // A callback of the application may ask for counts meanwhile.
    if (this.#isPassing) return;
    this.#isPassing = true;
    const { atTime, guard } = this.#options;
    while (this.#passed < this.#waiting.length) {
      const { what, pass, time } = this.#waiting[this.#passed] as WaitingEntry;
      this.#passed += 1;
      atTime(time);
      guard.run(what, pass);
      if (isOver()) break;
    }
    atTime(undefined);
    this.#waiting = this.#waiting.slice(this.#passed);
    this.#passed = 0;
    this.#isPassing = false;
  }

  #add(what: string, pass: () => void): void {
    const { maxWaiting, mustPass, schedule } = this.#options;
    this.#waiting.push({ what, pass, time: clock.now() });
    if (this.waiting > maxWaiting || mustPass()) this.pass();
    else schedule();
  }
}

const START = 'Making the events of a span that starts';
const END = 'Making the events of a span that ends';
const SIGNAL = 'Reading a signal';

/** A span with the name and the attributes that it has now; everything else that may change is read from the span. */
class SpanAtMoment implements SpanSnapshot {
  readonly kind: number | undefined;
  readonly parentSpanContext: SpanContext | undefined;
  readonly startTime: SpanSnapshot['startTime'];
  readonly resource: SpanSnapshot['resource'];
  readonly instrumentationScope: SpanSnapshot['instrumentationScope'];
  readonly #span: SpanSnapshot;
  #name: string | undefined;
  #attributes: Attributes | undefined;

  constructor(span: SpanSnapshot) {
    this.kind = span.kind;
    this.parentSpanContext = span.parentSpanContext;
    this.startTime = span.startTime;
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.#span = span;
    this.#name = span.name;
    this.#attributes = { ...span.attributes };
  }

  get attributes(): Attributes {
    return this.#attributes ?? this.#span.attributes;
  }

  get name(): string {
    return this.#name ?? this.#span.name;
  }

  get endTime(): SpanSnapshot['endTime'] {
    return this.#span.endTime;
  }

  get status(): SpanSnapshot['status'] {
    return this.#span.status;
  }

  get events(): SpanSnapshot['events'] {
    return this.#span.events;
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  /** From now on the name and the attributes are those of the span, which is still open. */
  follow(): void {
    this.#name = undefined;
    this.#attributes = undefined;
  }
}
