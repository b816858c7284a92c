import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type Buckets, bucketsSince, quantile } from './metric-points.js';
import { requestBuckets, totalsOf } from './summary.js';
import type { HistorySample, Totals } from './summary-schema.js';

/** An hour at the default interval. */
const KEPT = 720;

/** The last samples of the metrics, so that the page has a past when it is opened. */
export class History {
  readonly #read: () => Promise<ResourceMetrics>;
  readonly #samples: HistorySample[] = [];
  readonly #timer: NodeJS.Timeout;
  #before: { readonly totals: Totals; readonly buckets: Buckets } | undefined;

  constructor(read: () => Promise<ResourceMetrics>, intervalSeconds: number) {
    this.#read = read;
    this.#timer = setInterval(() => void this.sample(), intervalSeconds * 1_000).unref();
    void this.sample();
  }

  samples(): readonly HistorySample[] {
    return this.#samples;
  }

  /** Never rejects. */
  async sample(): Promise<void> {
    const metrics = await this.#read().catch(() => undefined);
    if (metrics === undefined) return;
    const now = { totals: totalsOf(metrics), buckets: requestBuckets(metrics) };
    if (this.#before !== undefined) {
      this.#samples.push(sampleOf(now, this.#before));
      if (this.#samples.length > KEPT) this.#samples.shift();
    }
    this.#before = now;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

type State = { readonly totals: Totals; readonly buckets: Buckets };

function sampleOf(now: State, before: State): HistorySample {
  const buckets = bucketsSince(now.buckets, before.buckets);
  const since = (name: keyof Totals) => now.totals[name] - before.totals[name];
  return {
    time: Math.floor(Date.now() / 1_000),
    requests: since('requests'),
    failedRequests: since('failedRequests'),
    p50Seconds: quantile(0.5, buckets),
    p95Seconds: quantile(0.95, buckets),
    inputTokens: since('inputTokens'),
    outputTokens: since('outputTokens'),
    costUsd: since('costUsd'),
    cacheHits: since('cacheHits'),
    cacheMisses: since('cacheMisses'),
    functionCalls: since('functionCalls'),
    failedFunctionCalls: since('failedFunctionCalls'),
  };
}
