import {
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanKind,
  type SpanOptions,
  trace,
} from '@opentelemetry/api';
import * as clock from '../clock.js';
import * as semconv from '../semconv/attributes.js';
import { type Failure, recordFailure } from '../semconv/failure.js';
import type { ContentAttributes } from '../semconv/messages.js';
import { overlayWithSpan } from '../signals/overlay-context.js';
import type { FailureDetails, SpanSignal } from '../signals/signal.js';
import { publishSignal, signalsWanted } from '../signals/signal-channel.js';
import { type OfferedDetails, withSpanStartDetails } from '../signals/span-start-details.js';
import { PACKAGE_NAME } from '../version.js';
import { spanContent } from './content-attributes.js';
import type { ContentCapture, ContentPolicy } from './content-policy.js';
import { redactedFailure } from './content-redaction.js';
import { getRunSettings } from './run-settings.js';
import { startSpan, type Telemetry } from './telemetry.js';

/** The needs of a span in its life: the tracer, and whether spans carry content, such as the text of an error. */
export interface SpanTelemetry {
  readonly tracer: Telemetry['tracer'];
  readonly content: Pick<ContentCapture, 'onSpan' | 'redaction'>;
}

/** The data of a span at its start. */
export interface RecordedSpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** Messages, arguments and descriptions for span processors at the start; they are never attributes of the span. */
  readonly details?: OfferedDetails | undefined;
  /** Makes content attributes, which are set if the span records them; samplers do not see them. */
  readonly content?: (() => Attributes) | undefined;
  readonly links?: Link[] | undefined;
  /** Milliseconds since the epoch; now if absent. */
  readonly startTime?: number | undefined;
}

/** The end of the recorded operation. It succeeded if it neither failed nor was cancelled. */
export interface RecordedSpanEnd {
  /** Takes precedence over `cancelled`. */
  readonly failure?: Failure | undefined;
  /** The caller gave the operation up: neither a success nor an error. */
  readonly cancelled?: boolean | undefined;
  /** Milliseconds since the epoch, or a `Date`; now if absent. */
  readonly endTime?: number | Date | undefined;
}

type PublishedSignal = SpanSignal extends infer S
  ? S extends SpanSignal
    ? Omit<S, 'span' | 'time'> & Partial<Pick<S, 'time'>>
    : never
  : never;

/**
 * A span of this package, from its start with details for span processors to its one end.
 *
 * Invariant: the span ends exactly once, however many observers report the end; the first one wins.
 */
export class RecordedSpan {
  /** The context in which the span was started. */
  readonly #parent: Context;
  #context: Context | undefined;
  /** The end is computed from the start by the monotonic clock, as the SDK does for a span without explicit times. */
  readonly #telemetry: SpanTelemetry;
  readonly #startedMillis: number;
  readonly #startedTicks = clock.ticks();
  #ended = false;
  #content: Attributes | undefined;

  /**
   * @param parent - the context in which the span was started.
   * @param startedMillis - the time at which this object is made, in milliseconds since the epoch.
   */
  constructor(
    telemetry: SpanTelemetry,
    readonly span: Span,
    parent: Context,
    startedMillis: number = clock.now(),
  ) {
    this.#telemetry = telemetry;
    this.#startedMillis = startedMillis;
    this.#parent = parent;
  }

  static start(telemetry: SpanTelemetry, start: RecordedSpanStart, parent: Context): RecordedSpan {
    const now = clock.now();
    const span = startSpanAt(telemetry, start, start.startTime ?? now, parent);
    const recorded = new RecordedSpan(telemetry, span, parent, now);
    recorded.#content = setStartContent(span, start);
    return recorded;
  }

  /** Like {@link start}, but returns the span alone if it is not recorded. For a start without content. */
  static startRecording(
    telemetry: SpanTelemetry,
    start: RecordedSpanStart,
    parent: Context,
  ): RecordedSpan | Span {
    const now = clock.now();
    const span = startSpanAt(telemetry, start, now, parent);
    return span.isRecording() ? new RecordedSpan(telemetry, span, parent, now) : span;
  }

  /** The context in which this span is the active one, made when it is needed. */
  get context(): Context {
    this.#context ??= overlayWithSpan(this.#parent, this.span);
    return this.#context;
  }

  /** Returns a context in which this span is the active one, with one more value. */
  contextWith(key: symbol, value: unknown): Context {
    return overlayWithSpan(this.#parent, this.span, key, value);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Seconds since the start, by the monotonic clock. */
  get elapsed(): number {
    return (clock.ticks() - this.#startedTicks) / 1000;
  }

  /** Adds a span event with the current time. */
  addEvent(name: string, attributes?: Attributes): void {
    this.span.addEvent(name, attributes, this.#now());
  }

  /** Sets content attributes, if the policy lets content stand on spans. */
  setContent(content: ContentAttributes, policy: ContentPolicy): void {
    if (!policy.onSpan || !this.span.isRecording()) return;
    const attributes = spanContent(content, policy);
    this.#content = this.#content === undefined ? attributes : { ...this.#content, ...attributes };
    this.span.setAttributes(attributes);
  }

  /** The content attributes that were set on the span, until it ends. */
  get content(): Attributes | undefined {
    return this.#content;
  }

  /** Publishes a signal about this span, by default with the current time; `build` runs only if there is a listener. */
  publish(build: () => PublishedSignal | undefined): void {
    if (!signalsWanted()) return;
    const signal = build();
    if (signal === undefined) return;
    publishSignal({ time: clock.now(), ...signal, span: this.span.spanContext() } as SpanSignal);
  }

  /** Ends the span. Later calls change nothing. */
  end({ failure, cancelled, endTime }: RecordedSpanEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#content = undefined;
    try {
      if (failure !== undefined) this.#recordFailure(failure);
      else if (cancelled)
        this.span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    } finally {
      this.span.end(endTime ?? this.#now());
    }
  }

  #recordFailure(failure: Failure): void {
    const allowed = getRunSettings(this.context)?.contentAllowed !== false;
    const { content } = this.#telemetry;
    const withContent = allowed && content.onSpan;
    recordFailure(this.span, withContent ? redactedFailure(failure, content) : failure, withContent);
    this.publish(() => ({ type: 'failure', failure: failureDetails(failure, allowed) }));
  }

  /** Milliseconds since the epoch. */
  #now(): number {
    return this.#startedMillis + clock.ticks() - this.#startedTicks;
  }
}

/** @param withContent - whether the error may be quoted. */
export function failureDetails(
  { type, message, plainMessage }: Failure,
  withContent: boolean,
): FailureDetails {
  return {
    type,
    ...(withContent && message !== plainMessage && { message }),
    ...(plainMessage !== undefined && { plainMessage }),
  };
}

/** Starts a span without a {@link RecordedSpan}, for a caller that manages its life in another way. */
export function startRecordedSpan(telemetry: SpanTelemetry, start: RecordedSpanStart, parent: Context): Span {
  const span = startSpanAt(telemetry, start, start.startTime ?? clock.now(), parent);
  setStartContent(span, start);
  return span;
}

function startSpanAt(
  telemetry: SpanTelemetry,
  { name, kind, attributes, details, links }: RecordedSpanStart,
  time: number,
  parent: Context,
): Span {
  const startTime = noEarlierThanParent(time, parent);
  const options: SpanOptions = { kind, attributes, startTime };
  if (links !== undefined) options.links = links;
  const span = startSpan(
    telemetry,
    name,
    options,
    details === undefined ? parent : withSpanStartDetails(parent, details),
  );
  if (shownStart(span) === undefined && span.isRecording()) startTimes.set(span, startTime);
  return span;
}

/** Returns the content attributes that were set; `undefined` if the start has none, or nothing records them. */
function setStartContent(span: Span, { content }: RecordedSpanStart): Attributes | undefined {
  if (content === undefined || !span.isRecording()) return undefined;
  const attributes = content();
  span.setAttributes(attributes);
  return attributes;
}

/** The starts of recorded spans of this package that do not show it, in milliseconds since the epoch. */
const startTimes = new WeakMap<Span, number>();

/**
 * Returns the start of a span of this package in milliseconds since the epoch, as the SDK's spans show it; `undefined`
 * for another span.
 *
 * Optimised by hand: an entry in the `WeakMap` for each span costs 0.1 kB (`npm run bench:count -- --no-instructions`,
 * Node 20).
 */
function shownStart(span: Span): number | undefined {
  const { startTime, instrumentationScope } = span as Span & {
    readonly startTime?: unknown;
    readonly instrumentationScope?: { readonly name?: unknown };
  };
  if (!Array.isArray(startTime) || instrumentationScope?.name !== PACKAGE_NAME) return undefined;
  const seconds: unknown = startTime[0];
  const nanoseconds: unknown = startTime[1];
  return typeof seconds === 'number' && typeof nanoseconds === 'number'
    ? seconds * 1e3 + nanoseconds / 1e6
    : undefined;
}

/** A start that is given in retrospect may come from another clock than that of the parent. */
function noEarlierThanParent(startTime: number, parent: Context): number {
  const parentSpan = trace.getSpan(parent);
  const parentStart = parentSpan && (shownStart(parentSpan) ?? startTimes.get(parentSpan));
  return parentStart === undefined ? startTime : Math.max(startTime, parentStart);
}
