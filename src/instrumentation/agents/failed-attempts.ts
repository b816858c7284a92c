import type { SpanContext } from '@opentelemetry/api';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import type { ModelCallEnd } from '../model-span-slot.js';

interface Failed {
  readonly count: number;
  readonly call: ModelCallEnd;
  readonly errorType: string;
  readonly endedTicks: number;
}

/** The model calls of one turn that failed one after the other: the SDK's own retries (`modelSettings.retry`). */
export class FailedAttempts {
  #failed: Failed | undefined;

  ended(call: ModelCallEnd): void {
    const { errorType } = call;
    this.#failed =
      errorType === undefined
        ? undefined
        : { count: (this.#failed?.count ?? 0) + 1, call, errorType, endedTicks: performance.now() };
  }

  /** @param maxAttempts - how many the SDK makes of one call, as far as that is known. */
  tellRetry(span: SpanContext, maxAttempts: number | undefined): void {
    if (this.#failed === undefined || !signalsWanted()) return;
    const { count, call, errorType, endedTicks } = this.#failed;
    const { statusCode, requestId } = call.lastAttempt ?? {};
    publishSignal({
      type: 'model.retry',
      span,
      time: Date.now(),
      attempt: count,
      backoffMs: performance.now() - endedTicks,
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(statusCode !== undefined && { statusCode }),
      errorType,
      ...(requestId !== undefined && { requestId }),
    });
  }
}
