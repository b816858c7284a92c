import type { SpanContext } from '@opentelemetry/api';

/** Runs that wait for a person; beyond it the oldest is forgotten, and a resume of it has no link. */
const MAX_WAITING = 1000;

/**
 * Workflows that were interrupted, by the SDK's trace id, which a resumed run keeps: so that its workflow can be
 * linked to the one that it continues. Only within this process; in another one the trace id alone connects them.
 */
export class Interruptions {
  readonly #waiting = new Map<string, SpanContext>();

  interrupted(traceId: string, workflow: SpanContext): void {
    this.#waiting.delete(traceId);
    this.#waiting.set(traceId, workflow);
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** The workflow that this one continues, once. */
  resumed(traceId: string): SpanContext | undefined {
    const workflow = this.#waiting.get(traceId);
    this.#waiting.delete(traceId);
    return workflow;
  }
}
