import type { SpanContext } from '@opentelemetry/api';
import type { RunScope } from './run-scope.js';

/** Runs that wait for a person; beyond it the oldest is forgotten, and a resume of it has no link. */
const MAX_WAITING = 1000;

interface Waiting {
  readonly workflow: SpanContext;
  /** Where spans of it are still open. */
  readonly scope: RunScope | undefined;
}

/**
 * Workflows that were interrupted, by the SDK's trace id, which a resumed run keeps: so that its workflow can be
 * linked to the one that it continues. Only within this process; in another one the trace id alone connects them.
 */
export class Interruptions {
  readonly #waiting = new Map<string, Waiting>();

  interrupted(traceId: string, workflow: SpanContext, scope: RunScope | undefined): void {
    this.#waiting.delete(traceId);
    this.#waiting.set(traceId, { workflow, scope });
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** The workflow that this one continues, once. */
  resumed(traceId: string): SpanContext | undefined {
    const workflow = this.#waiting.get(traceId)?.workflow;
    this.#waiting.delete(traceId);
    return workflow;
  }

  /** The scope that this trace goes on in, once: up to 0.13 an interruption leaves the agent's span open. */
  takeWaiting(traceId: string): RunScope | undefined {
    const scope = this.#waiting.get(traceId)?.scope;
    if (!scope?.waits) return undefined;
    this.#waiting.delete(traceId);
    return scope;
  }
}
