import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** A span and the number of its ancestors. */
export interface PlacedSpan {
  readonly span: ReadableSpan;
  readonly depth: number;
}

/** Remembers spans in the order in which they start, as their start times are rounded to milliseconds. */
export class RecordedSpans {
  #started: string[] = [];
  #ended: ReadableSpan[] = [];

  get openCount(): number {
    return this.#started.length - this.#ended.length;
  }

  onStart(span: Pick<ReadableSpan, 'spanContext'>): void {
    this.#started.push(span.spanContext().spanId);
  }

  onEnd(span: ReadableSpan): void {
    // A span that an earlier situation left open was reported there.
    if (this.#started.includes(span.spanContext().spanId)) this.#ended.push(span);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  forget(): void {
    this.#started = [];
    this.#ended = [];
  }

  /** Returns all ended spans, tree by tree, siblings in the order of their start. */
  inTrees(): PlacedSpan[] {
    const byStart = [...this.#ended].sort((a, b) => this.#startOf(a) - this.#startOf(b));
    const ids = new Set(byStart.map((span) => span.spanContext().spanId));
    const beneath = (parent: string | undefined, depth: number): PlacedSpan[] =>
      byStart
        .filter(({ parentSpanContext }) => {
          const id = parentSpanContext?.spanId;
          return parent === undefined ? id === undefined || !ids.has(id) : id === parent;
        })
        .flatMap((span) => [{ span, depth }, ...beneath(span.spanContext().spanId, depth + 1)]);
    return beneath(undefined, 0);
  }

  #startOf(span: ReadableSpan): number {
    return this.#started.indexOf(span.spanContext().spanId);
  }
}
