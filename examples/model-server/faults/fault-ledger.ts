import { type Fault, replacesReply } from './fault.js';

/** A fault together with the key under which its `times` are counted. */
export interface ScopedFault {
  readonly key: string;
  readonly fault: Fault;
}

/**
 * Counts how often each fault was met. Requests share a count if they have the same key. No other state of the server
 * changes how it answers the next model call.
 */
export class FaultLedger {
  readonly #met = new Map<string, number>();

  /**
   * Takes and counts the faults that this request meets: the first one that replaces the reply, or otherwise all that
   * change how the reply is sent. So `rate-limit;times=1, server-error;times=1` gives 429, then 500, then the reply.
   */
  take(faults: readonly ScopedFault[]): Fault[] {
    const due = faults.filter(({ key, fault }) => (this.#met.get(key) ?? 0) < (fault.times ?? Infinity));
    const replacing = due.find(({ fault }) => replacesReply(fault));
    const taken = replacing ? [replacing] : due;
    for (const { key } of taken) this.#met.set(key, (this.#met.get(key) ?? 0) + 1);
    return taken.map(({ fault }) => fault);
  }
}

/** Gives each fault of one list its own count within `scope`. */
export function scopeFaults(faults: readonly Fault[] | undefined, scope: string): ScopedFault[] {
  return (faults ?? []).map((fault, index) => ({ key: `${scope}#${index}:${fault.fault}`, fault }));
}
