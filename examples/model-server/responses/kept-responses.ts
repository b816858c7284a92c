import { BoundedMap } from '../bounded-map.js';
import { derivedId } from '../ids.js';
import type { Plan } from '../scripting/plan.js';
import { cancelled, queued, type ResponseBody, reply, underway } from './reply.js';
import type { ResponsesRequest } from './request.js';

const KEPT = 1_000;

/** A response that can be retrieved. */
export interface KeptResponse {
  readonly request: ResponsesRequest;
  readonly plan: Plan;
  state: 'queued' | 'in_progress' | 'ended' | 'cancelled';
}

/** The last thousand responses of this server, except those with `store: false`. */
export class KeptResponses {
  readonly #kept = new BoundedMap<KeptResponse>(KEPT);

  keep(request: ResponsesRequest, plan: Plan): void {
    if (request.store === false) return;
    // A streamed background response ends in its stream. Any other advances each time it is retrieved.
    const waits = request.background && !request.stream;
    this.#kept.set(derivedId('resp_', plan.seed), { request, plan, state: waits ? 'queued' : 'ended' });
  }

  get(id: string): KeptResponse | undefined {
    return this.#kept.get(id);
  }

  delete(id: string): boolean {
    return this.#kept.delete(id);
  }
}

/** Returns a response, and advances one in the background: first to in progress, then to its end. */
export function lookAt(kept: KeptResponse): ResponseBody {
  if (kept.state === 'in_progress') kept.state = 'ended';
  if (kept.state === 'queued') kept.state = 'in_progress';
  return bodyOf(kept);
}

export function bodyOf({ request, plan, state }: KeptResponse): ResponseBody {
  switch (state) {
    case 'queued':
      return queued(request, plan);
    case 'in_progress':
      return underway(request, plan);
    case 'cancelled':
      return cancelled(request, plan);
    case 'ended':
      return reply(request, plan);
  }
}
