import { SERVER_ERROR } from './api-error.js';
import type { SseEvent } from './http/sse.js';

/** The error in the middle of a stream, as every API but Responses tells it. */
export function streamError(): SseEvent {
  return { data: { error: SERVER_ERROR } };
}
