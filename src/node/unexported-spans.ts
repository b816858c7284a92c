/**
 * The sampled spans that have ended and that no exporter has answered for.
 *
 * A span processor exports in batches, some seconds later, over connections that `process.exit()` and an uncaught
 * exception cut. Programs that run an agent and exit do just that. So at the exit of the process, another process exports
 * what is left; see `export-at-exit.ts`.
 */
import { type Context, TraceFlags } from '@opentelemetry/api';
import type { ExportResult, SdkSpanExporter, SdkSpanProcessor } from './opentelemetry-sdk.js';
import type { ExporterModule, WrapExporter } from './trace-export.js';

/** A span that has ended: the SDK's `ReadableSpan`, as far as this package reads it. */
export interface SampledSpan {
  spanContext(): { readonly traceFlags: number };
}

/** Numbers of spans since the start. */
export interface SpanExportStats {
  readonly exported: number;
  /** Spans that an exporter could not deliver. The SDK does not send them again. */
  readonly failed: number;
  /** Spans that have ended and are not exported yet. */
  readonly waiting: number;
}

/** Wraps the processor of one exporter and knows which of its spans are not exported. */
export class UnexportedSpans implements SdkSpanProcessor {
  readonly #processor: SdkSpanProcessor;
  readonly #maxSize: number;
  readonly #spans = new Set<object>();
  #exported = 0;
  #failed = 0;

  /**
   * @param exporter - the module with the exporter's class.
   * @param makeProcessor - makes the processor, with a wrapper around its exporter.
   * @param maxSize - the number of spans that the processor keeps. It drops further ones.
   */
  constructor(
    readonly exporter: ExporterModule,
    makeProcessor: (wrap: WrapExporter) => SdkSpanProcessor,
    maxSize: number,
  ) {
    this.#maxSize = maxSize;
    this.#processor = makeProcessor((wrapped) => this.#tracked(wrapped));
  }

  onStart(span: object, parentContext: Context): void {
    this.#processor.onStart(span, parentContext);
  }

  onEnding(span: object): void {
    this.#processor.onEnding?.(span);
  }

  onEnd(span: object): void {
    const sampled = ((span as SampledSpan).spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    if (sampled && this.#spans.size < this.#maxSize) this.#spans.add(span);
    this.#processor.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }

  stats(): SpanExportStats {
    return { exported: this.#exported, failed: this.#failed, waiting: this.#spans.size };
  }

  /** Returns the spans that are left and forgets them. */
  take(): object[] {
    const spans = [...this.#spans];
    this.#spans.clear();
    return spans;
  }

  #tracked(exporter: SdkSpanExporter): SdkSpanExporter {
    return {
      export: (spans, done) => {
        exporter.export(spans, (result) => {
          this.#answered(spans, result);
          done(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
  }

  #answered(spans: readonly object[], { code }: ExportResult): void {
    for (const span of spans) this.#spans.delete(span);
    if (code === 0) this.#exported += spans.length;
    else this.#failed += spans.length;
  }
}
