import type { Attributes, Context, Link, SpanKind, TraceState } from '@opentelemetry/api';
import { showValue } from '../text/show-value.js';
import { PACKAGE_NAME } from '../version.js';

/** `SamplingDecision` of OpenTelemetry's SDK. Named here, because SDK 2.x and 3.x export it from different places. */
const NOT_RECORD = 0;
const RECORD = 1;

/** What a sampler decided, as the SDK has it. */
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
 * Records every span, and samples those that another sampler samples: span processors see all of them, exporters those
 * that were sampled before. So the audit stream is whole while the traces are sampled, whatever the sampler, and also
 * where a remote parent was not sampled.
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
 * It costs what recording a span costs, for each span that would have been dropped. After OpenTelemetry's
 * `AlwaysRecordSampler` (specification of the trace SDK, section "AlwaysRecord").
 *
 * @throws TypeError - from the constructor, when the delegate is no sampler.
 */
export class AlwaysRecordSampler implements Sampler {
  readonly #delegate: Sampler;

  /** @param delegate - decides which spans are sampled. */
  constructor(delegate: Sampler) {
    const given = delegate as Partial<Sampler> | null | undefined;
    if (typeof given?.shouldSample !== 'function') {
      throw new TypeError(
        `${PACKAGE_NAME}: AlwaysRecordSampler needs the sampler that decides what is exported; ` +
          `it is ${showValue(delegate)}`,
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
