import type { GenerationApi } from '../generation-api.js';
import { streamError } from '../stream-error.js';
import { events } from './chunks.js';
import { reply } from './reply.js';
import { type CompletionsRequest, readRequest, readTurn } from './request.js';

/** `POST /v1/completions`. */
export const completions: GenerationApi<CompletionsRequest> = {
  readRequest,
  readTurn,
  reply,
  events,
  errorEvent: streamError,
};
