/** How a function call ended. */
export type FunctionOutcome = 'success' | 'failure' | 'timeout' | 'denied' | 'invalid';

/** State of the circuit in front of the model endpoint. */
export type CircuitPhase = 'closed' | 'half_open' | 'open';

/**
 * Receives what the platform does beyond model calls, which the instrumentation counts by itself. An observer must not
 * throw.
 */
export interface PlatformObserver {
  cacheHit(model: string): void;
  cacheMiss(model: string): void;
  functionCalled(name: string, outcome: FunctionOutcome, seconds: number): void;
  /** @param code - the code in the problem details, such as `upstream_timeout`. */
  requestFailed(code: string): void;
  circuitChanged(phase: CircuitPhase): void;
  batchFinished(status: string, counts: BatchCounts): void;
}

/** Number of requests in a batch, by their state. */
export interface BatchCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** An observer that ignores everything. */
export const SILENT_OBSERVER: PlatformObserver = {
  cacheHit() {},
  cacheMiss() {},
  functionCalled() {},
  requestFailed() {},
  circuitChanged() {},
  batchFinished() {},
};
