import type { SseEvent } from './http/sse.js';
import type { Plan } from './scripting/plan.js';
import type { Turn } from './scripting/turn.js';

/**
 * One of the APIs that generate text. Each has a folder with the same files: `request.ts` reads, `reply.ts` answers at
 * once, `chunks.ts` answers in pieces. All of it is pure, except that Responses keeps its answers.
 */
export interface GenerationApi<Request> {
  /** Throws an `ApiError` for a body that the API would reject. */
  readRequest(body: unknown): Request;
  readTurn(request: Request): Turn;
  reply(request: Request, plan: Plan): object;
  events(request: Request, plan: Plan): Iterable<SseEvent>;
  /** The event for an error in the middle of a stream. */
  errorEvent(sequence: number): SseEvent;
}
