import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';
import { showValue } from '../text/show-value.js';
import { PACKAGE_NAME } from '../version.js';

/** `SamplingDecision` of OpenTelemetry's SDK. Named here, because SDK 2.x and 3.x export it from different places. */
const NOT_RECORD = 0;
const RECORD = 1;

/** The SDK's `SamplingResult`, by its shape. */
export interface SamplingResult {
  decision: 0 | 1 | 2;
  attributes?: Readonly<Attributes>;
  traceState?: TraceState;
}

/** The SDK's `Sampler`, by its shape. */
export interface Sampler {
  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult;
  toString(): string;
}

/**
 * A sampler that records every span and samples the spans that another sampler samples. Span processors see all spans,
 * exporters only the sampled ones. The audit stream is therefore complete while the traces are sampled, with any
 * sampler, and also if a remote parent was not sampled.
 *
 * ```ts
 * new NodeSDK({
 *   sampler: new AlwaysRecordSampler(
 *     new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) }),
 *   ),
 *   spanProcessors: [new BatchSpanProcessor(exporter), new ChaukasSpanProcessor({ sinks })],
 * });
 * ```
 *
 * Its cost is that of recording a span, for each span that the delegate would have dropped. Modelled on OpenTelemetry's
 * `AlwaysRecordSampler` (specification of the trace SDK, section "AlwaysRecord").
 *
 * @throws TypeError - from the constructor, if the delegate is not a sampler.
 */
export class AlwaysRecordSampler implements Sampler {
  readonly #delegate: Sampler;

  /** @param delegate - decides which spans are sampled. */
  constructor(delegate: Sampler) {
    if (typeof (delegate as Partial<Sampler> | null | undefined)?.shouldSample !== 'function') {
      throw new TypeError(
        `${PACKAGE_NAME}: AlwaysRecordSampler: the delegate is ${showValue(delegate)}; ` +
          'it must be the sampler that decides which spans are exported',
      );
    }
    this.#delegate = delegate;
  }

  shouldSample(...span: Parameters<Sampler['shouldSample']>): SamplingResult {
    const result = this.#delegate.shouldSample(...span);
    return result.decision === NOT_RECORD ? { ...result, decision: RECORD } : result;
  }

  toString(): string {
    return `AlwaysRecordSampler{${this.#delegate.toString()}}`;
  }
}
