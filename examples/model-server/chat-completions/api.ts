import type { GenerationApi } from '../generation-api.js';
import { streamError } from '../stream-error.js';
import { events } from './chunks.js';
import { reply } from './reply.js';
import { type ChatRequest, readRequest, readTurn } from './request.js';

/** `POST /v1/chat/completions`. */
export const chatCompletions: GenerationApi<ChatRequest> = {
  readRequest,
  readTurn,
  reply,
  events,
  errorEvent: streamError,
};
