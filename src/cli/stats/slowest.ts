/** One model call, tool or MCP call that took its time. */
export interface SlowOperation {
  readonly kind: string;
  readonly name: string;
  readonly durationMs: number;
  readonly sessionId: string;
  readonly spanId: string;
  /** Where its END stands. */
  readonly input: string;
  readonly line: number;
}

/** The few that took longest. */
export class Slowest {
  readonly operations: SlowOperation[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Asked first, since nearly all are not among them. */
  takes(durationMs: number): boolean {
    const last = this.operations.at(-1);
    return this.#size > 0 && (this.operations.length < this.#size || (last?.durationMs ?? 0) < durationMs);
  }

  add(operation: SlowOperation): void {
    const at = this.operations.findIndex(({ durationMs }) => durationMs < operation.durationMs);
    this.operations.splice(at === -1 ? this.operations.length : at, 0, operation);
    if (this.operations.length > this.#size) this.operations.pop();
  }
}
