import type { GenerationApi } from '../generation-api.js';
import { errorEvent, events } from './chunks.js';
import { reply } from './reply.js';
import { type ResponsesRequest, readRequest, readTurn } from './request.js';

/** `POST /v1/responses`. */
export const responses: GenerationApi<ResponsesRequest> = {
  readRequest,
  readTurn,
  reply,
  events,
  errorEvent,
};
