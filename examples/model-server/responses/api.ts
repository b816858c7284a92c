import type { GenerationApi } from '../generation-api.js';
import { errorEvent, events } from './chunks.js';
import type { KeptResponses } from './kept-responses.js';
import { queued, reply } from './reply.js';
import { type ResponsesRequest, readRequest, readTurn } from './request.js';

/** `POST /v1/responses`. */
export function responses(kept: KeptResponses): GenerationApi<ResponsesRequest> {
  return {
    readRequest,
    readTurn,
    reply(request, plan) {
      kept.keep(request, plan);
      return request.background ? queued(request, plan) : reply(request, plan);
    },
    events(request, plan) {
      kept.keep(request, plan);
      return events(request, plan);
    },
    errorEvent,
  };
}
