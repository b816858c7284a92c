import type { SseEvent } from './http/sse.js';
import type { Plan } from './scripting/plan.js';
import type { Turn } from './scripting/turn.js';

/**
 * One of the APIs that generate text. Each lives in a folder of its own, with the same files in it:
 * `request.ts` reads, `reply.ts` answers at once, `chunks.ts` answers in pieces. All of it is pure,
 * but that Responses keeps what it has answered.
 */
export interface GenerationApi<Request> {
  /** Throws an `ApiError` for a body that the API would refuse. */
  readRequest(body: unknown): Request;
  readTurn(request: Request): Turn;
  reply(request: Request, plan: Plan): object;
  events(request: Request, plan: Plan): Iterable<SseEvent>;
  /** The event that tells of an error in the middle of a stream. */
  errorEvent(sequence: number): SseEvent;
}
