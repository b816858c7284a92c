import { SERVER_ERROR } from './api-error.js';
import type { SseEvent } from './http/sse.js';

/** The event for an error in the middle of a stream, in every API except Responses. */
export function streamError(): SseEvent {
  return { data: { error: SERVER_ERROR } };
}
